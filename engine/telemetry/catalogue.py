"""Every metric by its name, so that dashboards and alerts can be held against it.

Names follow OpenTelemetry; Prometheus has them with underscores, the unit and `_total`
(https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/). No label
holds a user, a channel or a text. `workspace` is the tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 900.0)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
_COUNTS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0)


class Kind(StrEnum):
    """What is done with a value."""

    COUNTER = "counter"
    HISTOGRAM = "histogram"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. unit: as UCUM writes it; empty for a number of things. buckets: upper bounds."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ("workspace",)
    unit: str = ""
    buckets: tuple[float, ...] = ()

    @property
    def prometheus(self) -> str:
        """Its name at `/metrics`; of a histogram, what `_bucket`, `_sum` and `_count` follow."""
        unit = "_seconds" if self.unit == "s" else ""
        total = "_total" if self.kind is Kind.COUNTER else ""
        return f"{self.name.replace('.', '_')}{unit}{total}"


def _counter(name: str, says: str, *labels: str) -> Metric:
    return Metric(name=f"deskhand.{name}", kind=Kind.COUNTER, says=says, labels=labels)


def _gauge(name: str, says: str, *labels: str, unit: str = "") -> Metric:
    return Metric(name=f"deskhand.{name}", kind=Kind.GAUGE, says=says, labels=labels, unit=unit)


def _histogram(
    name: str, says: str, *labels: str, unit: str = "", buckets: tuple[float, ...] = _SECONDS
) -> Metric:
    return Metric(
        name=f"deskhand.{name}",
        kind=Kind.HISTOGRAM,
        says=says,
        labels=labels,
        unit=unit,
        buckets=buckets,
    )


W = "workspace"
QUESTIONS: Final = _counter("questions", "Answers that were made", W, "outcome", "repeated")
FOR_REVIEW: Final = _counter("questions.for_review", "Answers that a person is to look at", W)
REASONS: Final = _counter("questions.reasons", "Why answers are doubtful", W, "reason")
ANSWER_TIME: Final = _histogram(
    "answer.duration", "Making an answer, by stage and in total", W, "stage", unit="s"
)
RESPONSE_TIME: Final = _histogram(
    "response.duration", "From a question's arrival to its visible outcome", W, unit="s"
)
CONFIDENCE: Final = _histogram("answer.confidence", "Confidence of answers", W, buckets=_SHARES)
RELEVANCE: Final = _histogram(
    "retrieval.relevance", "Score of the best passage that was found", W, buckets=_SHARES
)
TRIAGE: Final = _histogram(
    "triage.confidence", "Probability of the category that was chosen", W, buckets=_SHARES
)
CITATIONS: Final = _histogram("answer.citations", "Citations of answers given", W, buckets=_COUNTS)
MODEL_CALLS: Final = _counter(
    "model.calls", "Calls of hosted models", W, "purpose", "model", "result"
)
MODEL_TOKENS: Final = _counter("model.tokens", "Tokens of hosted models", W, "model", "kind")
MODEL_COST: Final = _counter("model.cost_usd", "What hosted models cost, in dollars", W, "model")
EMBEDDINGS: Final = _counter("embeddings", "Questions that were embedded", W)
CACHE: Final = _counter("cache.lookups", "Look-ups of what was found before", W, "cache", "result")
SLACK_CALLS: Final = _counter("slack.calls", "Calls of Slack's Web API", "method", "result")
SLACK_EVENTS: Final = _counter("slack.events", "Events of Slack", W)
REDELIVERIES: Final = _counter("slack.redeliveries", "Events that Slack delivered again", W)
REQUESTS: Final = _counter("http.requests", "Requests that were answered", "path", "status")
LOG_LINES: Final = _counter("log.lines", "Warnings and errors in the log", "level", "module")
QUEUE: Final = _gauge("queue.depth", "Questions that want their answer", W)
QUEUE_AGE: Final = _gauge("queue.age", "Age of the oldest of them that is due", W, unit="s")
CASES: Final = _gauge("cases.open", "Cases that wait for a person, by state", W, "state")
SPEND: Final = _gauge("spend.usd", "What models cost, in dollars", W, "period")
BUDGET: Final = _gauge("budget.used", "Share of a budget that is spent", W, "period")
UNUSUAL: Final = _gauge("spend.unusual", "Whether this hour costs far more than it did", W)
DOCUMENTS: Final = _gauge("knowledge.documents", "Documents to answer from", W)
EVAL_SCORE: Final = _gauge("eval.score", "Figures of the newest evaluation", W, "target", "figure")
TRAINED: Final = _gauge(
    "trained.info",
    "1 for the model that this process uses, 0 for those before",
    W,
    "model",
    "version",
)
READY: Final = _gauge("ready", "Whether questions are taken: 1 or 0")
DATABASE: Final = _gauge(
    "database.reachable", "Whether the tables of a workspace could be read: 1 or 0", W
)
LEADER: Final = _gauge("leader", "Whether this process runs the jobs of its workspace: 1 or 0", W)
BUILD: Final = _gauge("build.info", "1, with the version", "version")

METRICS: Final[tuple[Metric, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Metric)
)
