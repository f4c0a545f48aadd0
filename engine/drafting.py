"""Writing and checking, sentence by sentence: what is released was checked before.

A model writes where there is one and the budget allows; where it cannot, the documents are quoted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from engine.audience import Audience
from engine.cited_links import CitedLinks
from engine.contained_draft import ContainedDraft
from engine.errors import ModelUnavailable, OverBudget
from engine.generation.draft import Draft, DraftSentence, NoAnswer, Span
from engine.generation.extractive import ExtractiveWriter
from engine.generation.held_back import planted_sentences
from engine.generation.planted_orders import is_planted
from engine.generation.writer import Writer
from engine.ledger import Account
from engine.question import Question
from engine.retrieval.hit import Hit
from engine.sentence_checks import UNREADABLE, JudgedSentence, quoted_support
from engine.stopwatch import SentenceReady, Stopwatch
from engine.trace import Reason, ReasonCode, Stage
from engine.verification.claim import Verifier
from engine.verification.evidence import Evidence
from engine.verification.support import LEAST_SUPPORT, check, evidence_of, quoted_share
from engine.verification.support_checker import Support, quotation

log = logging.getLogger(__name__)

_UNADDED = "Nothing of it is left that could stand after what was shown before."
_QUOTED_ONLY = frozenset({"row", "code"})
"""Layouts in which a model may not use words of its own."""


@dataclass(slots=True, kw_only=True)
class Drafted:
    """What was written and passed its check.

    shown: the draft as it may be shown. dropped: sentences that failed their check. judged: every
    sentence, in order. reasons: what a person should know of how it was written. released: the
    watcher was told of each sentence as it came. broke_off: the model failed after sentences were
    released.
    """

    shown: ContainedDraft = field(default_factory=ContainedDraft)
    dropped: int = 0
    judged: list[JudgedSentence] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    released: bool = False
    broke_off: bool = False

    def note(self, code: ReasonCode, text: str) -> None:
        """Adds a reason, each code once."""
        if all(reason.code is not code for reason in self.reasons):
            self.reasons.append(Reason(code=code, text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafting:
    """The writers and the checks. model: None where none is configured. small: the one for easy
    questions.

    links: which addresses in what is cited may be links. verifier: checks what a model writes in
    its own words; local_verifier takes over where that one cannot be used.
    """

    quoting: ExtractiveWriter
    model: Writer | None
    small: Writer | None = None
    verifier: Verifier
    local_verifier: Verifier
    max_sentences: int
    links: CitedLinks = field(default_factory=CitedLinks)

    def names(self) -> tuple[str, ...]:
        """What writes and what checks, for the fingerprint."""
        writer = self.model.name if self.model is not None else "extractive"
        return writer, self.verifier.name

    async def run(
        self,
        question: Question,
        hits: Sequence[Hit],
        *,
        audience: Audience,
        account: Account,
        asks_model: bool,
        easy: bool = False,
        releases: bool,
        stopwatch: Stopwatch,
        evidence: Evidence | None,
        quoted: Sequence[DraftSentence] = (),
    ) -> Drafted:
        """The checked draft.

        evidence: the hits as they were read; None without hits. quoted: what is quoted in any case,
        as both sides of a contradiction or a person's whole answer; it is the draft.
        asks_model: whether a model's draft is worth its price. easy: the small model writes where
        there is one. releases: whether sentences may be
        shown as they come; a model that fails before the first one is replaced by quotes.
        """
        if quoted:
            return await self._checked(quoted, audience, stopwatch)
        instead: Reason | None = None
        model = self.small if easy and self.small is not None else self.model
        if model is not None and hits and asks_model:
            await stopwatch.enter(Stage.GENERATION)
            drafted = await self._by_model(
                model, question, hits, audience, account, releases, stopwatch
            )
            if isinstance(drafted, Drafted):
                return drafted
            instead = drafted
        by_quotes = await self._by_quotes(evidence, audience, stopwatch)
        if instead is not None:
            by_quotes.reasons.append(instead)
        return by_quotes

    async def _by_quotes(
        self, evidence: Evidence | None, audience: Audience, stopwatch: Stopwatch
    ) -> Drafted:
        await stopwatch.enter(Stage.GENERATION)
        draft = Draft(sentences=())
        if evidence is not None:
            draft = await asyncio.to_thread(
                self.quoting.write_from, evidence.reading, max_sentences=self.max_sentences
            )
        return await self._checked(draft.sentences, audience, stopwatch)

    async def _checked(
        self, sentences: Sequence[DraftSentence], audience: Audience, stopwatch: Stopwatch
    ) -> Drafted:
        """Quotes after their check."""
        await stopwatch.enter(Stage.VERIFICATION)
        checked = check(Draft(sentences=tuple(sentences)), audience)
        shown = ContainedDraft.of(checked.draft.sentences, self.links)
        judged = []
        for sentence, value, kept in checked.judged:
            support = quoted_support(value, kept)
            if not _readable(sentence, audience):
                support = UNREADABLE
            judged.append(JudgedSentence(sentence=sentence, support=support, kept=kept))
        return Drafted(shown=shown, dropped=checked.dropped, judged=judged)

    async def _by_model(
        self,
        model: Writer,
        question: Question,
        hits: Sequence[Hit],
        audience: Audience,
        account: Account,
        releases: bool,
        stopwatch: Stopwatch,
    ) -> Drafted | Reason:
        """The model's draft, or why the documents must be quoted instead."""
        cost = model.cost_usd(question, hits)
        if cost > account.left_usd:
            text = (
                f"The documents are quoted, since a model's answer may cost ${cost:.4f} and only "
                f"${account.left_usd:.4f} is left for this question."
            )
            return Reason(code=ReasonCode.OVER_BUDGET, text=text)
        drafted = Drafted(shown=ContainedDraft(self.links), released=releases)
        written = model.write(question, hits, max_sentences=self.max_sentences)
        try:
            async with aclosing(written):
                async for item in written:
                    if isinstance(item, NoAnswer):
                        drafted.note(ReasonCode.NOT_IN_CORPUS, _no_answer(drafted))
                        continue
                    await stopwatch.enter(Stage.VERIFICATION)
                    ready = await self._release(item, audience, account, drafted)
                    stopwatch.leave()
                    if ready is not None and releases:
                        await stopwatch.tell(ready)
                    await stopwatch.enter(Stage.GENERATION)
        except OverBudget as error:  # before the first word, as it is reserved before
            text = f"The documents are quoted, since {error}."
            return Reason(code=ReasonCode.OVER_BUDGET, text=text)
        except ModelUnavailable as error:
            log.warning("the model failed: %s", error)
            if not (releases and drafted.shown.sentences):
                text = f"The documents are quoted, since the model failed: {error}."
                return Reason(code=ReasonCode.MODEL_DOWN, text=text)
            drafted.broke_off = True
            text = f"The answer may not be whole, since its writer failed: {error}."
            drafted.reasons.append(Reason(code=ReasonCode.MODEL_DOWN, text=text))
        await stopwatch.enter(Stage.VERIFICATION)
        return drafted

    async def _release(
        self, sentence: DraftSentence, audience: Audience, account: Account, drafted: Drafted
    ) -> SentenceReady | None:
        """Takes a sentence into the draft if it passes; None where it is dropped."""
        support = await self._support(sentence, audience, account, drafted)
        ready = drafted.shown.add(sentence) if support.supported else None
        drafted.dropped += ready is None
        if support.supported and ready is None:
            support = Support(support.probability, False, _UNADDED)
        drafted.judged.append(
            JudgedSentence(sentence=sentence, support=support, kept=ready is not None)
        )
        return ready

    async def _support(
        self, sentence: DraftSentence, audience: Audience, account: Account, drafted: Drafted
    ) -> Support:
        """Whether its spans may be read and say it: word for word, or as the verifier judges."""
        if not sentence.spans:
            return Support(0.0, False, "It names no passage.")
        if not _readable(sentence, audience):
            return UNREADABLE
        if is_planted(sentence.text) or any(map(_is_held_back, sentence.spans)):
            return Support(0.0, False, "It passes on an order that was planted in a document.")
        if sentence.layout in _QUOTED_ONLY:
            share = quoted_share(sentence) if len(sentence.spans) == 1 else 0.0
            return quoted_support(share, share >= LEAST_SUPPORT)
        evidence = evidence_of(sentence)
        quoted_whole = quotation(sentence.text, evidence)
        if quoted_whole is not None:
            return quoted_whole
        if self.verifier is not self.local_verifier and account.left_usd <= 0:
            text = "Sentences were checked without the verifying model: the budget is used up."
            drafted.note(ReasonCode.OVER_BUDGET, text)
            return await self.local_verifier.verify(sentence.text, evidence)
        try:
            return await self.verifier.verify(sentence.text, evidence)
        except OverBudget as error:
            text = f"Sentences were checked without the verifying model, since {error}."
            drafted.note(ReasonCode.OVER_BUDGET, text)
            return await self.local_verifier.verify(sentence.text, evidence)
        except ModelUnavailable as error:
            log.warning("the verifying model failed: %s", error)
            text = f"Sentences were checked without the verifying model: {error}."
            drafted.note(ReasonCode.MODEL_DOWN, text)
            return await self.local_verifier.verify(sentence.text, evidence)


def _readable(sentence: DraftSentence, audience: Audience) -> bool:
    return all(audience.may_read(span.passage.audience) for span in sentence.spans)


def _is_held_back(span: Span) -> bool:
    held = planted_sentences(span.passage)
    return any(span.passage.passage.sentences[at] == span.sentence for at in held)


def _no_answer(drafted: Drafted) -> str:
    if drafted.shown.sentences:
        return "The documents answer only a part of the question."
    return "The model found no answer in the documents."
