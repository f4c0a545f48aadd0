"""The tables of delivery: what was asked, what was said, and who took the doubtful cases."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.storage.columns import MOMENT, NUMBER, TENANT, UUID, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=True),
    Column("id", UUID, nullable=False),
    Column("tenant", TENANT, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("thread_ts", Text),
    Column("root", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("user_team", Text),
    Column("surface", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("files", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    Column("asked_at", MOMENT, nullable=False),
    Column("received_at", MOMENT, nullable=False),
    Column("edited_at", MOMENT),
    Column("deleted_at", MOMENT),
    Column("revision", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease", UUID),
    Column("lease_until", MOMENT),
    Column("trace_id", UUID),
    Column("outcome", Text),
    Column("done_at", MOMENT),
    UniqueConstraint("id"),
    UniqueConstraint("tenant", "team", "channel", "ts"),
    Index("ix_inbox_queue", "tenant", "state", "turn", "sequence", "due_at", "user"),
    Index("ix_inbox_waiting", "tenant", "state", "user", "turn"),
    Index("ix_inbox_conversation", "tenant", "team", "channel", "root", "state", "sequence"),
    Index("ix_inbox_user", "tenant", "user", "sequence"),
    Index("ix_inbox_tenant_asked_at", "tenant", "asked_at"),
)
Index(
    "ix_inbox_deleted",
    inbox.c.tenant,
    inbox.c.deleted_at,
    sqlite_where=inbox.c.deleted_at.is_not(None),
    postgresql_where=inbox.c.deleted_at.is_not(None),
)
"""Questions. root: the first message of the conversation, which is `ts` outside a thread.
turn: place in the fair order; a user's questions stand in turns one after another, so that each
user has one in each round. lease: made anew by each claim; who holds it may change the row.
trace_id, outcome: of the present revision; NULL until there are. deleted_at: of the message, which
ends a question that has no answer yet."""

replies = Table(
    "replies",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, ForeignKey("inbox.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("part", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text),
    Column("body", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shown", Integer),
    Column("state", String(16), nullable=False),
    Column("ts", Text),
    Column("attempts", Integer, nullable=False),
    Column("attempted_at", MOMENT),
    Column("posted_at", MOMENT),
    UniqueConstraint("question_id", "kind", "part"),
    Index("ix_replies_tenant_channel", "tenant", "channel", "ts"),
    Index("ix_replies_tenant_state", "tenant", "state", "kind"),
)
"""Every message of ours about a question. version: grows with each change of the body.
shown: the version that readers see; NULL where that is not known or there is none."""

conversations = Table(
    "conversations",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("thread_ts", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("since", MOMENT, nullable=False),
    Column("active_at", MOMENT, nullable=False),
    Column("last_reply_ts", Text),
    Column("muted", Boolean, nullable=False),
    PrimaryKeyConstraint("tenant", "team", "channel", "thread_ts"),
    Index("ix_conversations_tenant_active_at", "tenant", "active_at"),
)
"""Threads in which a follow-up needs no mention. user: who addressed us last. since: when somebody
did first; what was said before was said to others."""

channel_marks = Table(
    "channel_marks",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("read_through", Text),
    PrimaryKeyConstraint("tenant", "team", "channel"),
)
"""ts: of the newest message seen in each channel, below which some may be missing. read_through:
none is missing up to there; from there on history is read after a gap. NULL: never read."""

cases = Table(
    "cases",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, ForeignKey("inbox.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("version", Integer, nullable=False),
    Column("outdated", Boolean, nullable=False),
    Column("tells_asker", Boolean, nullable=False),
    Column("channel", Text),
    Column("ts", Text),
    Column("answered_by", Text),
    Column("answered_at", MOMENT),
    Column("answered_with", UUID),
    Column("answer", Text),
    Column("delivered_at", MOMENT),
    Column("first_revision", Integer, nullable=False),
    Column("closed", String(16)),
    Column("closed_by", Text),
    Column("closed_why", Text),
    Column("closed_at", MOMENT),
    Column("how", String(16)),
    Column("owner", Text),
    Column("claimed_at", MOMENT),
    Column("level", Integer, nullable=False, server_default="0"),
    Column("category", Text),
    Column("priority", Text),
    Column("snoozed_until", MOMENT),
    Column("respond_by", MOMENT),
    Column("resolve_by", MOMENT),
    Column("card_home", Text),
    UniqueConstraint("question_id"),
    Index("ix_cases_tenant_owner", "tenant", "owner", "closed", "delivered_at"),
    Index("ix_cases_tenant_opened_at", "tenant", "opened_at"),
    Index("ix_cases_tenant_channel", "tenant", "channel", "ts"),
    Index("ix_cases_tenant_delivered_at", "tenant", "delivered_at", "answered_at"),
    Index("ix_cases_tenant_outdated", "tenant", "outdated"),
)
"""Escalations. revision: of the question, for which a person is wanted. version: grows with each
change that readers of the card must see; outdated: whether they see an older one, or none.
tells_asker: whether the asker is still to be told that a person has it. channel, ts: of the card.
answered_by, answer: of the person who was first; answered_with: the row of `inbox` in which they
wrote it. delivered_at: when the asker had that answer. first_revision: for which it was opened.
closed: why nobody is wanted any more; NULL while somebody is, or has answered. closed_by: NULL is
the question itself or the clock. how: approved, edited or answered, of a person's answer. owner:
who has claimed it. level: how often it was passed up. category, priority: as corrected, else the
triage's. respond_by, resolve_by: its targets, in business time. card_home: the channel where its
card belongs."""

OUTDATED = {"version": cases.c.version + 1, "outdated": True}
"""What each change sets that readers of the card must see."""

feedback = Table(
    "feedback",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, ForeignKey("inbox.id"), nullable=False),
    Column("user", Text, nullable=False),
    Column("value", String(16), nullable=False),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "question_id", "user"),
    Index("ix_feedback_tenant_at", "tenant", "at"),
)
"""What people thought of an answer, one word a person and question."""
