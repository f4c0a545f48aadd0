"""The table of what admins and reviewers did, which is only ever added to."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table

from engine.storage.columns import MOMENT, TENANT, metadata

audit = Table(
    "audit",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("who", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(128), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("through", Integer),
    Column("before_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("tenant", "sequence"),
    Index("ix_audit_tenant_at", "tenant", "at"),
)
Index(
    "ix_audit_through",
    audit.c.tenant,
    audit.c.through,
    sqlite_where=audit.c.through.is_not(None),
    postgresql_where=audit.c.through.is_not(None),
)
"""Who did what to what, without a word of what people wrote. sequence: from 1, without a gap, in
each tenant. who: a Slack id, or `cli:` and the account of whoever typed a command. hash: of this
row and the one before, whose hash is before_hash; so no row can be changed, taken out or put in
without the next one telling. through: of an anchor, which retention leaves: rows up to this
sequence were removed, and `object` is the hash of the last of them. Triggers refuse every UPDATE,
and every DELETE of a row that no anchor covers."""
