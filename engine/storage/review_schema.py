"""The tables of people's part: what happened to a case, when what is due, and what was learned."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.storage.columns import MOMENT, NUMBER, TENANT, UUID, metadata

case_events = Table(
    "case_events",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=True),
    Column("tenant", TENANT, nullable=False),
    Column("case_id", UUID, ForeignKey("cases.id"), nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("by", Text),
    Column("action", String(24), nullable=False),
    Column("before", String(16), nullable=False),
    Column("after", String(16), nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_case_events_tenant_case_id", "tenant", "case_id", "sequence"),
    Index("ix_case_events_tenant_at", "tenant", "at"),
)
"""Every change of a case, appended in the transaction that makes it. by: NULL is the clock, or the
question itself. before, after: states."""

timers = Table(
    "timers",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("due_at", MOMENT),
    Column("set_for", MOMENT),
    Column("detail", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", UUID),
    Column("lease_until", MOMENT),
    Column("fired_at", MOMENT),
    UniqueConstraint("tenant", "kind", "subject"),
    Index("ix_timers_tenant_due_at", "tenant", "due_at"),
)
"""What is to happen at a time, one of a kind for each subject. due_at: NULL once it has happened
and is not set anew. set_for: the moment that it was last set for, kept when it is put back and
when it has happened; NULL: it was cancelled. fired_at: when it last did."""

webhook_calls = Table(
    "webhook_calls",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("target", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("due_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", UUID),
    Column("lease_until", MOMENT),
    Column("done_at", MOMENT),
    Column("given_up_at", MOMENT),
    Column("answer", JSON),
    UniqueConstraint("tenant", "target", "subject", "sequence"),
    Index("ix_webhook_calls_tenant_due_at", "tenant", "done_at", "given_up_at", "due_at"),
)
"""Calls to servers of others, made in order for each subject. id: the idempotency key, the same in
every attempt. sequence: grows within a subject, with gaps. answer: what came back, as far as it is
of use."""

channel_modes = Table(
    "channel_modes",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("target_precision", Float),
    Column("routing", JSON, nullable=False),
    Column("set_by", Text),
    Column("set_at", MOMENT, nullable=False),
    Column("by_file", Boolean, nullable=False),
    PrimaryKeyConstraint("tenant", "team", "channel"),
)
"""How far the bot may go by itself in a channel. target_precision: share of shown answers that are
right, in (0, 1); NULL is the default of the settings. routing: where its cases go, if not where the
settings say. set_by: NULL is the program. by_file: as the file of modes says."""

channel_mode_changes = Table(
    "channel_mode_changes",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=True),
    Column("tenant", TENANT, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("by", Text),
    Column("before", String(16)),
    Column("after", String(16), nullable=False),
    Column("evidence", JSON, nullable=False),
    Index("ix_channel_mode_changes_channel", "tenant", "team", "channel", "sequence"),
)
"""Who changed a mode, when and on what evidence."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, ForeignKey("inbox.id"), nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("answerability", Float),
    Column("fingerprint", Text, nullable=False),
    Column("asked_at", MOMENT, nullable=False),
    Column("verdict", String(16)),
    Column("source", String(16)),
    Column("score", Float),
    Column("judged_at", MOMENT),
    Column("detail", JSON, nullable=False),
    PrimaryKeyConstraint("tenant", "question_id"),
    Index("ix_verdicts_channel", "tenant", "team", "channel", "asked_at"),
    Index("ix_verdicts_tenant_judged_at", "tenant", "judged_at"),
)
"""Whether what the engine would have said, or said, was right: one row a question, by the best
witness so far. mode: of its channel when it was asked. outcome: the engine's. verdict: right or
wrong; NULL while nobody said. source: reviewer, asker or comparison, the stronger first."""

entries = Table(
    "entries",
    metadata,
    Column("id", UUID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("tenant", TENANT, nullable=False),
    Column("state", String(16), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("category", Text),
    Column("permalink", Text),
    Column("case_id", UUID),
    Column("sources", JSON, nullable=False),
    Column("made_at", MOMENT, nullable=False),
    Column("made_by", Text),
    Column("expires_at", MOMENT),
    Column("confirmed_at", MOMENT),
    Column("asked_owner_at", MOMENT),
    Column("ended_at", MOMENT),
    Column("ended_by", Text),
    Column("ended_why", Text),
    Column("place", JSON, nullable=False),
    Column("channels", JSON, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("tenant", "id", "version"),
    Index("ix_entries_tenant_state", "tenant", "state", "expires_at"),
    Index("ix_entries_tenant_case_id", "tenant", "case_id"),
)
"""What people answered, as knowledge. A version is never rewritten. state: proposed, live,
superseded, rolled_back, expired, declined; at most one version of an entry is live. audience: tags,
no wider than its thread's and its sources'. sources: what the answer rested on, each document with
the hash it had. channels: where it was said, for those who may read it only while all members may
look in there. place: messages about it, by name."""

labels = Table(
    "labels",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("question_id", UUID, ForeignKey("inbox.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("category", Text),
    Column("priority", Text),
    Column("outcome", String(16)),
    Column("features", JSON, nullable=False),
    Column("split", String(8), nullable=False),
    Column("by", Text),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "question_id"),
    Index("ix_labels_tenant_split", "tenant", "split", "at"),
)
"""What a person says that a question was. category, priority: as corrected or confirmed. outcome:
answerable or not. features: what the engine measured of it, for the calibration. split: train or
held_out, by the question's words alone, so that the same question never stands in both."""

retrainings = Table(
    "retrainings",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("model", String(32), nullable=False),
    Column("started_at", MOMENT, nullable=False),
    Column("finished_at", MOMENT),
    Column("asked_by", Text),
    Column("champion", Text),
    Column("challenger", Text),
    Column("promoted", Boolean),
    Column("report", JSON, nullable=False),
    Column("body", LargeBinary),
    Index("ix_retrainings_tenant_model", "tenant", "model", "started_at"),
)
"""Every try to train a better model. body: the challenger's file, of the newest alone, so that it
can be looked at."""

gaps = Table(
    "gaps",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("first_week", String(8), nullable=False),
    Column("last_week", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("centre", LargeBinary, nullable=False),
    Column("weeks", JSON, nullable=False),
    Column("questions", JSON, nullable=False),
    Column("owner", Text),
    Column("state", String(16), nullable=False),
    Column("entry_id", UUID),
    Column("place", JSON, nullable=False),
    Column("changed_at", MOMENT, nullable=False),
    Index("ix_gaps_tenant_state", "tenant", "state", "last_week"),
)
"""Subjects that the knowledge lacks. weeks: questions by ISO week. centre: mean vector of its
questions, float32. state: open, drafted, closed. entry_id: the article drafted for it."""
