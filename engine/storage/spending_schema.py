"""The tables of money and of limits."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from engine.storage.columns import MOMENT, TENANT, UUID, metadata

spend = Table(
    "spend",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("period", String(16), nullable=False),
    Column("person", String(64), nullable=False),
    Column("spent_nano_usd", BigInteger, nullable=False),
    Column("held_nano_usd", BigInteger, nullable=False),
    Column("refused", Integer, nullable=False),
    PrimaryKeyConstraint("tenant", "person", "period"),
)
"""What the models' calls cost in a month (`2026-11`), a day (`2026-11-23`) or an hour
(`2026-11-23T08`) of the workspace's time zone, in billionths of a dollar. person: empty for all of
the tenant. held: reserved for calls that are not settled. refused: calls that it had no room for.
"""

admissions = Table(
    "admissions",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("person", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("refused_by", String(16)),
    Column("free_at", MOMENT),
    Column("told", Boolean, nullable=False),
    PrimaryKeyConstraint("tenant", "question_id", "revision"),
    Index("ix_admissions_tenant_at", "tenant", "at"),
    Index("ix_admissions_tenant_person_at", "tenant", "person", "at"),
    Index("ix_admissions_tenant_channel_at", "tenant", "channel", "at"),
)
"""Questions that were counted against the limits, kept for the length of a window. refused_by: the
limit that refused it; NULL: it was let in. free_at: when it would be let in. told: whether its
asker is told of the refusal, as once in each window."""
