"""The table of leases."""

from __future__ import annotations

from sqlalchemy import Column, Double, PrimaryKeyConstraint, String, Table

from engine.storage.columns import TENANT, metadata

leases = Table(
    "leases",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("name", String(32), nullable=False),
    Column("holder", String(128), nullable=False),
    Column("until", Double, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)
"""What one process at a time does. holder: names the process. until: in seconds since 1970 by the
database's own clock, so that no machine's wrong clock takes or keeps a lease."""
