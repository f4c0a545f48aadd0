"""Answers that are given again: the same question of the same readers, of unchanged knowledge."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta

from engine.audience import Audience
from engine.clock import Clock
from engine.errors import StorageUnavailable
from engine.pipeline import Pipeline
from engine.question import Budget, Question
from engine.retrieval.cache import LruCache
from engine.stopwatch import SentenceReady, Stopwatch, Watch
from engine.storage.documents import DocumentStore
from engine.storage.term_statistics import TermStatistics
from engine.storage.traces import TraceStore
from engine.telemetry.catalogue import CACHE
from engine.telemetry.instruments import add
from engine.trace import Outcome, Stage, Trace, Usage
from engine.wording import wording

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer. key: under which it may be given again once it is saved; None for one that may
    not, or that was itself given again."""

    trace: Trace
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCache:
    """A pipeline that looks for an answer before it makes one; shared by all that share a database.

    ttl_s: longest time between an answer and its last repetition; 0 keeps nothing.
    """

    pipeline: Pipeline
    traces: TraceStore
    documents: DocumentStore
    statistics: TermStatistics
    clock: Clock
    ttl_s: float
    _readers: LruCache[tuple[str, int], tuple[str, ...]] = field(
        default_factory=lambda: LruCache(64)
    )

    async def run(
        self,
        question: Question,
        *,
        tenant: str,
        audience: Audience,
        budget: Budget,
        watch: Watch | None = None,
    ) -> Given:
        """As `Pipeline.run`; a repeated answer costs nothing and is told to a watcher at once."""
        try:
            revision = await self.documents.revision(tenant)
            key = await self._key(question, tenant, audience, revision)
            again = None if key is None else await self._again(question, tenant, key, watch)
            if key is not None:
                result = "miss" if again is None else "hit"
                add(CACHE, workspace=tenant, cache="answers", result=result)
            if again is not None:
                return Given(trace=replace(again, audience=tuple(sorted(audience.tags))), key=None)
        except StorageUnavailable as error:
            log.warning("no answer is looked for among those given before: %s", error)
            key = None
        trace = await self.pipeline.run(
            question, tenant=tenant, audience=audience, budget=budget, watch=watch
        )
        if key is None or not _may_be_repeated(trace):
            return Given(trace=trace, key=None)
        # Of a knowledge that changed on the way nobody knows which state was read.
        unchanged = await self.documents.revision(tenant) == revision
        return Given(trace=trace, key=key if unchanged else None)

    async def _key(
        self, question: Question, tenant: str, audience: Audience, revision: int
    ) -> str | None:
        """Sha256 (hex) of all that the answer hangs on; None for what depends on more.

        The audience counts by what of the knowledge it reads: two that read the same documents
        have the same answers, and no other two have.
        """
        said = "\n".join(
            words
            for part in (question.subject, question.text, question.body)
            if (words := wording(part) or part.strip())
        )
        if not self.ttl_s or question.history or not wording(question.text):
            return None
        readers = self._readers.get((tenant, revision))
        if readers is None:
            readers = tuple(sorted(await self.statistics.sizes(tenant)))
            self._readers.put((tenant, revision), readers)
        readable = [tags for tags in readers if audience.may_read(tags.split(","))]
        gate = question.gate
        whole = json.dumps(
            [
                said,
                readable,
                revision,
                await self.pipeline.fingerprint_of(tenant),
                [gate.min_confidence, gate.reviewed],
            ]
        )
        return hashlib.sha256(whole.encode()).hexdigest()

    async def _again(
        self, question: Question, tenant: str, key: str, watch: Watch | None
    ) -> Trace | None:
        stopwatch = Stopwatch(watch)
        since = self.clock() - timedelta(seconds=self.ttl_s)
        before = await self.traces.find_repeatable(tenant, key, since=since)
        if before is None:
            return None
        await stopwatch.enter(Stage.INTAKE)
        await stopwatch.tell(SentenceReady(text=before.draft_reply, citations=before.citations))
        return replace(
            before,
            trace_id=str(uuid.uuid4()),
            asked_at=self.clock(),
            question=question,
            usage=Usage(),
            timings_ms=stopwatch.stop(),
            repeats=before.trace_id,
        )


def _may_be_repeated(trace: Trace) -> bool:
    """Whether it hangs on nothing that passes, as a model that is down or a spent budget does."""
    return (
        trace.outcome is Outcome.ANSWERED
        and not trace.needs_human_review
        and not trace.reasons
        and trace.reply == trace.draft_reply
    )
