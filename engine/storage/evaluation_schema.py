"""The tables of evaluations: runs, cached answers, baselines, schedules, and what is followed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from engine.storage.columns import MOMENT, TENANT, UUID, metadata

eval_runs = Table(
    "eval_runs",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("target", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("started_at", MOMENT, nullable=False),
    Column("finished_at", MOMENT),
    Column("lease_owner", Text),
    Column("lease_until", MOMENT),
    Column("cancelling", Boolean, nullable=False),
    Column("problem", Text, nullable=False),
    Column("message", JSON, nullable=False),
    Column("record", JSON),
    Index("ix_eval_runs_tenant_started_at", "tenant", "started_at"),
    Index("ix_eval_runs_tenant_target", "tenant", "target", "started_at"),
)
RUNNING_ONCE = Index(
    "ix_eval_runs_running",
    eval_runs.c.tenant,
    eval_runs.c.target,
    unique=True,
    sqlite_where=eval_runs.c.state == "running",
    postgresql_where=eval_runs.c.state == "running",
)
"""Runs. At most one of a target is running. options: what else was asked for. done, total: cases;
asked: those of done that were not cached. lease_owner: NULL while no process has it. cancelling:
somebody asked for its end. problem: why it failed, in a sentence. message: where its progress is
shown. record: the whole run as the reports read it; NULL while it runs."""

eval_answers = Table(
    "eval_answers",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("case_hash", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    Column("scored_by", String(64), nullable=False),
    Column("scores", JSON, nullable=False),
    Column("at", MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "case_hash", "fingerprint"),
    Index("ix_eval_answers_tenant_fingerprint", "tenant", "fingerprint"),
)
"""What an engine of this fingerprint answers to a case. body: the answer contract's JSON.
scored_by: hash of the judge and the code that made the scores; empty where there are none."""

eval_baselines = Table(
    "eval_baselines",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("name", Text, nullable=False),
    Column("run_id", UUID, nullable=False),
    Column("set_at", MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "name"),
)
"""Runs that others are compared with, by a name of the users' choice."""

eval_schedules = Table(
    "eval_schedules",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("name", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("options", JSON, nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("channel", Text),
    Column("owner", Text),
    Column("next_due_at", MOMENT, nullable=False),
    Column("lease", UUID),
    Column("lease_until", MOMENT),
    Column("last_run_id", UUID),
    PrimaryKeyConstraint("tenant", "name"),
    Index("ix_eval_schedules_tenant_next_due_at", "tenant", "next_due_at"),
)
"""When what is run. channel: where the report goes; NULL means the setting's. owner: who is paged.
lease: made anew by each claim; who holds it starts the run and moves next_due_at on."""

eval_points = Table(
    "eval_points",
    metadata,
    Column("tenant", TENANT, nullable=False),
    Column("series", String(128), nullable=False),
    Column("day", Date, nullable=False),
    Column("value", Float, nullable=False),
    Column("n", Integer, nullable=False),
    Column("body", JSON, nullable=False),
    PrimaryKeyConstraint("tenant", "series", "day"),
)
"""One value a day of each series that is followed. n: how many traces it was computed from."""

eval_announcements = Table(
    "eval_announcements",
    metadata,
    Column("id", UUID, primary_key=True),
    Column("tenant", TENANT, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("channel", Text, nullable=False),
    Column("asked_by", Text),
    Column("owner", Text),
    Column("subject", JSON, nullable=False),
    Column("opened_at", MOMENT, nullable=False),
    Column("closed_at", MOMENT),
    Column("due_at", MOMENT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease", UUID),
    Column("lease_until", MOMENT),
    Column("report", JSON),
    Column("posts", JSON, nullable=False),
    Index("ix_eval_announcements_tenant_closed_at", "tenant", "closed_at", "due_at"),
)
"""What is told to people of runs, comparisons and the daily watch. id: of a run, the run's.
channel: empty where nobody is told. subject: what it is about. closed_at: NULL while something is
still to be told. lease: made anew by each claim; who holds it posts. report: what was found, once
that is known. posts: each message by its name, with its `ts` once it is out."""
