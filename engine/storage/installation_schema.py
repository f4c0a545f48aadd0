"""The tables of workspaces that installed the app."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, PrimaryKeyConstraint, String, Table, Text

from engine.storage.columns import MOMENT, TENANT, metadata

installations = Table(
    "installations",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("name", String(128), nullable=False),
    Column("app", String(64), nullable=False),
    Column("bot_user", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("installed_by", String(64), nullable=False),
    Column("installed_at", MOMENT, nullable=False),
    Column("ended_at", MOMENT),
    Column("token", Text),
    Column("refresh_token", Text),
    Column("expires_at", MOMENT),
    Column("settings", JSON(none_as_null=True), nullable=False),
    Column("revision", Integer, nullable=False),
    PrimaryKeyConstraint("tenant"),
)
"""One row a workspace, named by its team id. token, refresh_token: encrypted (`Keyring`); NULL from
the moment the app is removed there, which `ended_at` tells. expires_at: of the token; NULL where
Slack does not rotate it. settings: by their environment names, what differs in this workspace.
revision: goes up with every change, by which replicas notice it."""

install_states = Table(
    "install_states",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("state", String(64), nullable=False),
    Column("until", MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "state"),
)
"""Installations that were begun in a browser: each state is taken once, until then. tenant: of the
settings, as it is not known yet which workspace it will be."""
