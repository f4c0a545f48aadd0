"""A question walks through the engine: one async function, one frozen Trace."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from engine import replies
from engine.answerability import answerability
from engine.audience import Audience
from engine.clock import Clock
from engine.containment import contain, urls_in
from engine.decision import Decision, Findings, decide
from engine.errors import DeskhandError
from engine.fingerprint import Fingerprint
from engine.generation.draft import Draft
from engine.generation.extractive import ExtractiveWriter
from engine.generation.rendering import render_draft
from engine.intake import Admitted, admit
from engine.next_steps import next_steps
from engine.question import Budget, Question
from engine.retrieval.query import QueryTexts, query_texts
from engine.retrieval.retriever import Retrieval, Retriever
from engine.storage.documents import DocumentStore
from engine.trace import (
    Citation,
    Outcome,
    Reason,
    ReasonCode,
    Stage,
    Trace,
    TriageVerdict,
    Usage,
)
from engine.triage.vote import vote
from engine.verification.support import Checked, check
from engine.verification.support_checker import SupportChecker

log = logging.getLogger(__name__)

_MOST_READINGS = 10
"""Of the knowledge for one question while an ingestion keeps changing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted:
    """Told to a watcher when a stage begins."""

    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceReady:
    """Told to a watcher for each checked sentence, in order: Markdown with its marks."""

    text: str
    citations: tuple[Citation, ...]


Watch = Callable[[StageStarted | SentenceReady], Awaitable[None]]


@dataclass(slots=True)
class _Stopwatch:
    """Milliseconds by stage, and who is told of them."""

    watch: Watch | None
    started: float = field(default_factory=time.perf_counter)
    timings: dict[Stage, float] = field(default_factory=dict)
    _stage: Stage | None = None
    _since: float = 0.0

    async def enter(self, stage: Stage) -> None:
        self.leave()
        await self.tell(StageStarted(stage=stage))
        self._stage, self._since = stage, time.perf_counter()

    async def tell(self, event: StageStarted | SentenceReady) -> None:
        """A watcher that fails is told nothing more; what it does must not change the answer."""
        if self.watch is None:
            return
        try:
            await self.watch(event)
        except Exception as error:
            log.error("a watcher failed: %s at %s", type(error).__name__, _place(error))
            self.watch = None

    def leave(self) -> None:
        if self._stage is not None:
            spent = (time.perf_counter() - self._since) * 1000
            self.timings[self._stage] = self.timings.get(self._stage, 0.0) + spent
            self._stage = None

    def stop(self) -> dict[Stage, float]:
        self.leave()
        self.timings[Stage.TOTAL] = (time.perf_counter() - self.started) * 1000
        return self.timings


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Answers questions; holds no state of a question."""

    retriever: Retriever
    writer: ExtractiveWriter
    documents: DocumentStore
    fingerprint: Fingerprint
    clock: Clock
    max_question_chars: int
    max_sentences: int
    min_confidence: float
    checker: SupportChecker = field(default_factory=SupportChecker)

    async def run(
        self,
        question: Question,
        *,
        tenant: str,
        audience: Audience,
        budget: Budget,
        watch: Watch | None = None,
    ) -> Trace:
        """The answer to a question, whatever happens.

        A fault of a part ends as outcome `failed` with a reason, never as an exception, except
        for cancellation. `watch` is told of stages and of checked sentences as they come; the
        Trace is the same with and without it.
        """
        stopwatch = _Stopwatch(watch)
        trace_id = str(uuid.uuid4())
        asked_at = self.clock()
        admitted = Admitted(question=question, was_cut=False, redactions=0)
        fingerprint = ""
        try:
            await stopwatch.enter(Stage.INTAKE)
            admitted = admit(question, max_chars=self.max_question_chars)
            revision = await self.documents.revision(tenant)
            fingerprint = await self.fingerprint.of(tenant, revision)
            parts = await self._answer(admitted, tenant, audience, revision, stopwatch)
            if parts.revision != revision:
                fingerprint = await self.fingerprint.of(tenant, parts.revision)
        except DeskhandError as error:
            log.warning("question %s failed: %s: %s", trace_id, type(error).__name__, error)
            parts = _failed(trace_id, str(error))
        except Exception as error:
            log.error("question %s failed: %s at %s", trace_id, type(error).__name__, _place(error))
            parts = _failed(trace_id, "An unexpected fault; the log has its place under this id.")
        return Trace(
            trace_id=trace_id,
            tenant=tenant,
            asked_at=asked_at,
            question=admitted.question,
            audience=tuple(sorted(audience.tags)),
            outcome=parts.decision.outcome,
            reply=parts.draft_reply if parts.decision.reply is None else parts.decision.reply,
            draft_reply=parts.draft_reply,
            confidence=parts.decision.confidence,
            needs_human_review=parts.decision.needs_human_review,
            reasons=parts.decision.reasons,
            citations=parts.citations,
            internal_next_steps=next_steps(
                parts.decision.outcome,
                parts.decision.reasons,
                parts.citations,
                parts.retrieval.retrieved if parts.retrieval else (),
            ),
            triage=parts.triage,
            retrieved=parts.retrieval.retrieved if parts.retrieval else (),
            usage=Usage(
                embedding_tokens=parts.retrieval.embedding_tokens if parts.retrieval else 0
            ),
            timings_ms=stopwatch.stop(),
            fingerprint=fingerprint,
        )

    async def _answer(
        self,
        admitted: Admitted,
        tenant: str,
        audience: Audience,
        revision: int,
        stopwatch: _Stopwatch,
    ) -> _Parts:
        question = admitted.question
        texts = query_texts(question)
        if not any(c.isalnum() for c in texts.last.whole):
            return _Parts(decision=_EMPTY, revision=revision)
        await stopwatch.enter(Stage.RETRIEVAL)
        retrieval, revision = await self._retrieve(texts, tenant, audience, revision)
        await stopwatch.enter(Stage.TRIAGE)
        triage = vote(retrieval.hits)
        documents = 1 if retrieval.hits else await self.documents.count(tenant)
        probability = answerability(retrieval.features)
        await stopwatch.enter(Stage.GENERATION)
        draft = Draft(sentences=())
        if retrieval.hits:
            draft = await asyncio.to_thread(
                self.writer.write,
                question,
                retrieval.hits,
                max_sentences=self.max_sentences,
            )
        await stopwatch.enter(Stage.VERIFICATION)
        checked = await asyncio.to_thread(check, draft, audience, self.checker)
        draft_reply, citations = _render(checked)
        decision = decide(
            Findings(
                documents=documents,
                readable=bool(retrieval.hits),
                answerability=probability,
                sentences=len(checked.draft.sentences),
                dropped=checked.dropped,
                was_cut=admitted.was_cut,
            ),
            min_confidence=self.min_confidence,
        )
        stopwatch.leave()
        if stopwatch.watch is not None and decision.reply is None:
            await self._tell(checked, stopwatch)
        return _Parts(
            decision=decision,
            revision=revision,
            draft_reply=draft_reply if decision.outcome is not Outcome.ABSTAINED else "",
            citations=citations if decision.outcome is not Outcome.ABSTAINED else (),
            triage=triage,
            retrieval=retrieval,
        )

    async def _retrieve(
        self, texts: QueryTexts, tenant: str, audience: Audience, revision: int
    ) -> tuple[Retrieval, int]:
        """What was found, and the one revision of the knowledge it was found in.

        A document that is replaced between two reads would be found half or not at all, so then
        everything is read again.
        """
        for _ in range(_MOST_READINGS):
            retrieval = await self.retriever.retrieve(
                texts, tenant=tenant, audience=audience, revision=revision
            )
            after = await self.documents.revision(tenant)
            if after == revision:
                break
            revision = after
        return retrieval, revision

    async def _tell(self, checked: Checked, stopwatch: _Stopwatch) -> None:
        """Hands on the checked draft sentence by sentence, numbered as in the whole."""
        shown, before = "", 0
        for count in range(1, len(checked.draft.sentences) + 1):
            part = Checked(
                draft=Draft(sentences=checked.draft.sentences[:count]), support=(), dropped=0
            )
            text, citations = _render(part)
            await stopwatch.tell(
                SentenceReady(text=text[len(shown) :], citations=citations[before:])
            )
            shown, before = text, len(citations)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the stages made of a question."""

    decision: Decision
    revision: int = 0
    draft_reply: str = ""
    citations: tuple[Citation, ...] = ()
    triage: TriageVerdict = field(default_factory=TriageVerdict)
    retrieval: Retrieval | None = None


_EMPTY = Decision(
    outcome=Outcome.ABSTAINED,
    confidence=0.0,
    needs_human_review=False,
    reasons=(Reason(code=ReasonCode.EMPTY_QUESTION, text="The question holds no word."),),
    reply=replies.EMPTY_QUESTION,
)


def _render(checked: Checked) -> tuple[str, tuple[Citation, ...]]:
    """The draft as Markdown, contained, and its citations."""
    text, citations = render_draft(checked.draft)
    allowed = {c.url for c in citations if c.url}
    for citation in citations:
        allowed |= urls_in(citation.snippet)
    return contain(text, allowed), tuple(_contained(citation) for citation in citations)


def _contained(citation: Citation) -> Citation:
    """A citation whose texts act on nobody; addresses written in the passage stay, its own."""
    whole = citation.full_content
    allowed = urls_in(whole) | ({citation.url} if citation.url else set())
    full_content, snippet = contain(whole, allowed), contain(citation.snippet, allowed)
    return replace(
        citation,
        title=contain(citation.title),
        full_content=full_content,
        snippet=snippet if snippet in full_content else full_content,
    )


def _failed(trace_id: str, why: str) -> _Parts:
    return _Parts(
        decision=Decision(
            outcome=Outcome.FAILED,
            confidence=0.0,
            needs_human_review=True,
            reasons=(Reason(code=ReasonCode.INTERNAL_ERROR, text=why),),
            reply=replies.FAILED.format(trace_id=trace_id),
        )
    )


def _place(error: BaseException) -> str:
    """Where a fault happened, without its message, which may hold somebody's text."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
