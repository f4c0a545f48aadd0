"""A question walks through the engine: one async function, one frozen Trace."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.answer_parts import EMPTY_QUESTION, AnswerParts, failed
from engine.answerability.model import AnswerabilityModel
from engine.answerability.own_model import OwnAnswerability
from engine.audience import Audience
from engine.clock import Clock
from engine.decision import Findings, decide
from engine.drafting import Drafted, Drafting
from engine.errors import DeskhandError
from engine.fault_place import place
from engine.fingerprint import Fingerprint
from engine.generation.step_prompt import OpenCase
from engine.generation.whole_answer import whole_answer
from engine.intake import Admitted, admit
from engine.ledger import Account, Ledger
from engine.next_steps import COMPLETE_IT, next_steps
from engine.proposed_steps import StepProposal
from engine.question import Budget, Question
from engine.refusal.reading import read_request
from engine.retrieval.query import QueryTexts, query_texts
from engine.retrieval.retriever import Retrieval, Retriever
from engine.sentence_checks import sentence_checks
from engine.small_model.easy import is_easy
from engine.small_model.permit import SmallModelPermit
from engine.stopwatch import Stopwatch, Watch
from engine.storage.documents import DocumentStore
from engine.trace import (
    Outcome,
    Reason,
    Stage,
    Trace,
)
from engine.triage.judge import Judge, TriageModels
from engine.verification.evidence import Evidence, read_evidence, unmentioned

log = logging.getLogger(__name__)

_MOST_READINGS = 10
"""Of the knowledge for one question while an ingestion keeps changing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Answers questions; holds no state of a question."""

    retriever: Retriever
    drafting: Drafting
    proposal: StepProposal
    ledger: Ledger
    documents: DocumentStore
    triage: TriageModels
    answerability: OwnAnswerability
    fingerprint: Fingerprint
    clock: Clock
    max_question_chars: int
    min_confidence: float
    small_model: SmallModelPermit | None = None

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
        trace_id = str(uuid.uuid4())
        async with self.ledger.account(
            tenant=tenant,
            trace_id=trace_id,
            limit_usd=budget.max_cost_usd,
            person=budget.person,
        ) as account:
            return await self._run(question, audience, account, Stopwatch(watch))

    async def fingerprint_of(self, tenant: str) -> str:
        """The fingerprint that an answer for this tenant would be stamped with now.

        Raises: StorageUnavailable.
        """
        revision = await self.documents.revision(tenant)
        return await self.fingerprint.of(tenant, revision, (await self._fitted(tenant)).versions)

    async def _fitted(self, tenant: str) -> _Fitted:
        return _Fitted(
            judge=await self.triage.of(tenant),
            answerability=await self.answerability.model(tenant),
            small_model=await self.small_model.version(tenant) if self.small_model else "",
        )

    async def _run(
        self, question: Question, audience: Audience, account: Account, stopwatch: Stopwatch
    ) -> Trace:
        tenant, trace_id = account.tenant, account.trace_id
        asked_at = self.clock()
        admitted = Admitted(question=question, shown=question, was_cut=False, redactions=0)
        fingerprint = ""
        try:
            await stopwatch.enter(Stage.INTAKE)
            admitted = admit(question, max_chars=self.max_question_chars)
            revision = await self.documents.revision(tenant)
            fitted = await self._fitted(tenant)
            fingerprint = await self.fingerprint.of(tenant, revision, fitted.versions)
            parts = await self._answer(
                admitted, tenant, audience, revision, account, fitted, stopwatch
            )
            if parts.revision != revision:
                fingerprint = await self.fingerprint.of(tenant, parts.revision, fitted.versions)
        except DeskhandError as error:
            log.warning("question %s failed: %s: %s", trace_id, type(error).__name__, error)
            parts = failed(trace_id, str(error))
        except Exception as error:
            log.error("question %s failed: %s at %s", trace_id, type(error).__name__, place(error))
            parts = failed(trace_id, "An unexpected fault; the log has its place under this id.")
        return Trace(
            trace_id=trace_id,
            tenant=tenant,
            asked_at=asked_at,
            question=admitted.shown,
            audience=tuple(sorted(audience.tags)),
            outcome=parts.decision.outcome,
            reply=parts.reply,
            draft_reply=parts.draft_reply,
            confidence=parts.decision.confidence,
            needs_human_review=parts.decision.needs_human_review,
            reasons=parts.decision.reasons,
            citations=parts.citations,
            internal_next_steps=(
                *((COMPLETE_IT,) if parts.broke_off else ()),
                *(
                    parts.steps
                    or next_steps(
                        parts.decision.outcome,
                        parts.decision.reasons,
                        parts.citations,
                        parts.retrieval.retrieved if parts.retrieval else (),
                        triage=parts.triage,
                        unmet=parts.unmet,
                    )
                ),
            ),
            triage=parts.triage,
            retrieved=parts.retrieval.retrieved if parts.retrieval else (),
            usage=replace(
                account.spent,
                embedding_tokens=account.spent.embedding_tokens
                or (parts.retrieval.embedding_tokens if parts.retrieval else 0),
            ),
            timings_ms=stopwatch.stop(),
            fingerprint=fingerprint,
            checks=parts.checks,
        )

    async def _answer(
        self,
        admitted: Admitted,
        tenant: str,
        audience: Audience,
        revision: int,
        account: Account,
        fitted: _Fitted,
        stopwatch: Stopwatch,
    ) -> AnswerParts:
        request = await asyncio.to_thread(read_request, admitted.question)
        question = request.question
        texts = query_texts(question)
        if not any(c.isalnum() for c in texts.last.whole):
            return AnswerParts(decision=EMPTY_QUESTION, revision=revision)
        await stopwatch.enter(Stage.RETRIEVAL)
        retrieval, revision = await self._retrieve(texts, tenant, audience, revision)
        await stopwatch.enter(Stage.TRIAGE)
        triage = await fitted.judge.verdict(
            texts.last.whole, retrieval.query_vector, retrieval.hits
        )
        documents = 1 if retrieval.hits else await self.documents.count(tenant)
        probability = fitted.answerability.probability(retrieval.features)
        evidence = await self._read(question, retrieval)
        before = retrieval.asked_before
        if before is not None:
            # A person has answered this, whatever else may be meant by it or be written of it.
            probability = before.probability
            evidence = replace(evidence, ambiguity=None, conflict=None) if evidence else None
        findings = Findings(
            documents=documents,
            readable=bool(retrieval.hits),
            answerability=probability,
            sentences=1,
            dropped=0,
            was_cut=admitted.was_cut,
            # Without the turns before it a question that follows up says little of its subject.
            out_of_scope=None if question.history else triage.out_of_scope,
            unmet=await self._unmet(question, evidence, probability),
            conflict=evidence.conflict.what if evidence and evidence.conflict else "",
            choices=evidence.ambiguity.choices if evidence and evidence.ambiguity else (),
            # What a person has answered, they meant to tell.
            refused=request.refused if before is None else None,
            always=request.always,
        )
        # The gate before the first sentence is the decision itself, for a draft of one.
        gate = decide(findings, min_confidence=self.min_confidence, gate=question.gate)
        conflict = evidence.conflict if evidence is not None and gate.shows_draft else None
        drafted = (
            Drafted()
            if gate.outcome is Outcome.CLARIFIED or gate.refuses
            else await self.drafting.run(
                question,
                retrieval.hits,
                quoted=(
                    whole_answer(before.passage)
                    if before is not None
                    else conflict.sides
                    if conflict is not None
                    else ()
                ),
                audience=audience,
                account=account,
                asks_model=not gate.is_out_of_scope,
                easy=bool(fitted.small_model) and is_easy(question, gate),
                releases=gate.reply is None,
                stopwatch=stopwatch,
                evidence=evidence,
            )
        )
        shown = drafted.shown
        findings = replace(findings, sentences=len(shown.sentences), dropped=drafted.dropped)
        decision = decide(findings, min_confidence=self.min_confidence, gate=question.gate)
        decision = replace(
            decision,
            reasons=_joined(decision.reasons, drafted.reasons),
            needs_human_review=decision.needs_human_review or drafted.broke_off,
        )
        stopwatch.leave()
        if stopwatch.watch is not None and decision.reply is None and not drafted.released:
            for part in shown.parts():
                await stopwatch.tell(part)
        abstained = decision.outcome is Outcome.ABSTAINED
        if self.proposal.writer is not None and decision.outcome is Outcome.ESCALATED:
            await stopwatch.enter(Stage.GENERATION)
        case = OpenCase(
            question=question,
            hits=[h for h in retrieval.hits if audience.may_read(h.passage.audience)],
            triage=triage,
            reasons=decision.reasons,
            unmet=findings.unmet,
            draft=shown.text,
        )
        return AnswerParts(
            decision=decision,
            revision=revision,
            draft_reply="" if abstained else shown.text,
            citations=() if abstained else shown.citations,
            checks=sentence_checks(drafted.judged, marked=not abstained, links=self.drafting.links),
            triage=triage,
            retrieval=retrieval,
            broke_off=drafted.broke_off,
            unmet=findings.unmet,
            steps=await self.proposal.of(case, decision.outcome, shown.citations, account),
        )

    async def _read(self, question: Question, retrieval: Retrieval) -> Evidence | None:
        if not retrieval.hits:
            return None
        return await asyncio.to_thread(
            read_evidence, question, retrieval.hits, retrieval.rarity, retrieval.absent_rarity
        )

    async def _unmet(
        self, question: Question, evidence: Evidence | None, probability: float
    ) -> tuple[str, ...]:
        """What no passage mentions, where a person will have to look for it."""
        least = max(self.min_confidence, question.gate.min_confidence or 0.0)
        if evidence is None or probability >= least:
            return ()
        return await asyncio.to_thread(unmentioned, question, evidence)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitted:
    """The models that were fitted for a tenant, as they are for one question."""

    judge: Judge
    answerability: AnswerabilityModel
    small_model: str
    """Version of the measurement by which the small model may write; empty where it may not."""

    @property
    def versions(self) -> str:
        """Part of the fingerprint."""
        return f"{self.judge.version} {self.answerability.name} {self.small_model}".rstrip()


def _joined(ours: Sequence[Reason], writers: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons of the decision, then those of the writing that it does not name."""
    codes = {reason.code for reason in ours}
    return (*ours, *(reason for reason in writers if reason.code not in codes))
