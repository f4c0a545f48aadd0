"""Every table. Every row carries its tenant."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
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
    false,
    true,
)

from engine.storage.audit_schema import audit as audit
from engine.storage.columns import MOMENT as _MOMENT
from engine.storage.columns import TENANT as _TENANT
from engine.storage.columns import UUID as _UUID
from engine.storage.columns import Moment as Moment
from engine.storage.columns import metadata as metadata
from engine.storage.delivery_schema import OUTDATED as OUTDATED
from engine.storage.delivery_schema import cases as cases
from engine.storage.delivery_schema import channel_marks as channel_marks
from engine.storage.delivery_schema import conversations as conversations
from engine.storage.delivery_schema import feedback as feedback
from engine.storage.delivery_schema import inbox as inbox
from engine.storage.delivery_schema import replies as replies
from engine.storage.evaluation_schema import eval_announcements as eval_announcements
from engine.storage.evaluation_schema import eval_answers as eval_answers
from engine.storage.evaluation_schema import eval_baselines as eval_baselines
from engine.storage.evaluation_schema import eval_points as eval_points
from engine.storage.evaluation_schema import eval_runs as eval_runs
from engine.storage.evaluation_schema import eval_schedules as eval_schedules
from engine.storage.installation_schema import install_states as install_states
from engine.storage.installation_schema import installations as installations
from engine.storage.lease_schema import leases as leases
from engine.storage.review_schema import case_events as case_events
from engine.storage.review_schema import channel_mode_changes as channel_mode_changes
from engine.storage.review_schema import channel_modes as channel_modes
from engine.storage.review_schema import entries as entries
from engine.storage.review_schema import gaps as gaps
from engine.storage.review_schema import labels as labels
from engine.storage.review_schema import retrainings as retrainings
from engine.storage.review_schema import timers as timers
from engine.storage.review_schema import verdicts as verdicts
from engine.storage.review_schema import webhook_calls as webhook_calls
from engine.storage.spending_schema import admissions as admissions
from engine.storage.spending_schema import spend as spend

sources = Table(
    "sources",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("tenant", _TENANT, nullable=False),
    Column("uri", Text, nullable=False),
    Column("audience", JSON, nullable=False),
    Column("trust", String(16)),
    Column("added_at", _MOMENT, nullable=False),
    Column("ingested_at", _MOMENT),
    UniqueConstraint("tenant", "uri"),
)
"""What was ingested. audience: default tags of its documents; empty means those of the source
around it, or else `everyone`. trust: its tier; NULL means that of the source around it, or else
what its kind has.
ingested_at: end of the last complete run; NULL until there was one."""

documents = Table(
    "documents",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("tenant", _TENANT, nullable=False),
    Column("source_id", _UUID, ForeignKey("sources.id"), nullable=False),
    Column("uri", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("byline", Text),
    Column("url", Text),
    Column("category", Text),
    Column("audience", JSON, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("version", _UUID, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("modified_at", _MOMENT),
    Column("ingested_at", _MOMENT, nullable=False),
    Column("trust", String(16), nullable=False, server_default="team"),
    Column("warnings", JSON(none_as_null=True)),
    UniqueConstraint("tenant", "uri"),
    Index("ix_documents_source_id", "source_id"),
    Index("ix_documents_tenant_version", "tenant", "version"),
)
"""Documents as readers see them. version: the one whose passages are live; changing it in a
transaction is how a document changes for every reader at once. byline: who answered and when, of a
person's answer, whose title is the question and whose one passage opens with it; NULL elsewhere.
trust: the tier of the source that it stays with. warnings: what of it is not said, as a list of
`{"kind", "count", "reason"}`; NULL where there is nothing."""

failures = Table(
    "failures",
    metadata,
    Column("tenant", _TENANT, nullable=False),
    Column("source_id", _UUID, ForeignKey("sources.id"), nullable=False),
    Column("uri", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_at", _MOMENT, nullable=False),
    PrimaryKeyConstraint("tenant", "uri"),
    Index("ix_failures_source_id", "source_id"),
)
"""Documents that could not be read in the last run that saw them, and why."""

passages = Table(
    "passages",
    metadata,
    Column("id", _UUID, nullable=False),
    Column("tenant", _TENANT, nullable=False),
    Column("document_id", _UUID, ForeignKey("documents.id"), nullable=False),
    Column("version", _UUID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading_path", JSON, nullable=False),
    Column("page", Integer),
    Column("sentences", LargeBinary, nullable=False),
    Index("ix_passages_tenant_document_id", "tenant", "document_id", "version", "ordinal"),
    PrimaryKeyConstraint("tenant", "id"),
)
"""Texts and sentence spans, for showing and quoting. A passage whose version is not its
document's is a leftover. sentences: msgpack of the spans."""

passage_vectors = Table(
    "passage_vectors",
    metadata,
    Column("id", _UUID, nullable=False),
    Column("tenant", _TENANT, nullable=False),
    Column("document_id", _UUID, ForeignKey("documents.id"), nullable=False),
    Column("version", _UUID, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("embedded_hash", String(64), nullable=False),
    Column("dense", LargeBinary, nullable=False),
    Column("sentence_vectors", LargeBinary, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("title_terms", LargeBinary, nullable=False),
    Index("ix_passage_vectors_tenant_document_id", "tenant", "document_id", "version"),
    Index("ix_passage_vectors_tenant_embedded_hash", "tenant", "embedded_hash"),
    PrimaryKeyConstraint("tenant", "id"),
)
"""What ranking reads. dense: float16 unit vector. sentence_vectors: int8 rows, value x 127.
terms, title_terms: uint32 in order. embedded_hash: sha256 of the embedder and the texts it read,
by which an unchanged passage of a changed document is not embedded again."""

document_vectors = Table(
    "document_vectors",
    metadata,
    Column("document_id", _UUID, ForeignKey("documents.id"), nullable=False),
    Column("tenant", _TENANT, nullable=False),
    Column("centroid", LargeBinary, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("counts", LargeBinary, nullable=False),
    Column("title_terms", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "document_id"),
)
"""What ranking reads of a whole document. centroid: float16, the normalised mean of its passages'
vectors. terms: uint32, sorted, of title, headings and text; counts: uint16, how often each stands
there. title_terms: uint32, sorted, of the title."""

term_counts = Table(
    "term_counts",
    metadata,
    Column("tenant", _TENANT, nullable=False),
    Column("readers", Text, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    PrimaryKeyConstraint("tenant", "readers", "term"),
)
"""In how many live passages and documents of one exact audience a term stands, so that IDF is
computed within what an asker may read. readers: the sorted tags, joined by commas."""

corpus_sizes = Table(
    "corpus_sizes",
    metadata,
    Column("tenant", _TENANT, nullable=False),
    Column("readers", Text, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("terms", BigInteger, nullable=False),
    PrimaryKeyConstraint("tenant", "readers"),
)
"""Live passages, documents and their terms (with repeats) of one exact audience."""

knowledge = Table(
    "knowledge",
    metadata,
    Column("tenant", _TENANT, primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
"""revision: grows with each change of what a tenant's readers may see."""

fits = Table(
    "fits",
    metadata,
    Column("tenant", _TENANT, nullable=False),
    Column("name", String(64), nullable=False),
    Column("state", String(64), nullable=False),
    Column("fitted_at", _MOMENT),
    Column("failures", Integer, nullable=False),
    Column("due_at", _MOMENT),
    Column("lease", _UUID),
    Column("lease_until", _MOMENT),
    PrimaryKeyConstraint("tenant", "name"),
)
"""What a model of `models` was last fitted to, and who fits it now. state: hash of what the fit
read, empty before the first. failures: in a row, since then. due_at: before this nobody fits it
unasked."""

traces = Table(
    "traces",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("tenant", _TENANT, nullable=False),
    Column("asked_at", _MOMENT, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("total_ms", Float, nullable=False),
    Column("body", JSON, nullable=False),
    Column("mode", String(16)),
    Column("repeatable_as", String(64)),
    Column("repeats", _UUID),
    Index("ix_traces_tenant_asked_at", "tenant", "asked_at"),
    Index("ix_traces_tenant_repeatable_as", "tenant", "repeatable_as"),
)
"""Every answered question, whole. body: the answer contract's JSON plus the question's text. mode:
of the channel; NULL where it was asked elsewhere. In shadow nobody was shown the answer.
repeatable_as: the key under which it may be given again. repeats: the trace whose answer was given
again; NULL where it was made for this question."""

usage = Table(
    "usage",
    metadata,
    Column("id", _UUID, primary_key=True),
    Column("tenant", _TENANT, nullable=False),
    Column("trace_id", _UUID),
    Column("at", _MOMENT, nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("prompt_tokens", BigInteger, nullable=False),
    Column("completion_tokens", BigInteger, nullable=False),
    Column("embedding_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("succeeded", Boolean, nullable=False),
    Column("estimated", Boolean, nullable=False, server_default=false()),
    Column("price_known", Boolean, nullable=False, server_default=true()),
    Column("state", String(16), nullable=False, server_default="settled"),
    Index("ix_usage_tenant_at", "tenant", "at"),
)
"""One row for each call of a model, failed ones too. purpose: `answer`, `steps`, `verify`,
`judge`, `query` or `ingest`. estimated: the server sent no counts, these are ours. price_known:
false where cost_usd is 0 because nobody knows the price. state: `settled`; `reserved` while it is
under way, and for good where its process ended; `bound` where it was broken off, so that nobody
knows what the server counted. In the last two the figures are the most that it can be."""

models = Table(
    "models",
    metadata,
    Column("tenant", _TENANT, nullable=False),
    Column("name", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("made_at", _MOMENT, nullable=False),
    Column("card", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tenant", "name", "version"),
)
"""Fitted models (triage, answerability), newest `made_at` in use. card: data hash, metrics."""
