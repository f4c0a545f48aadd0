"""Asks easy questions twice, of the model and of the small one, and counts what is lost.

Paired by question: what counts is who is right where the other is wrong. The loss of the small
model is at most the share of questions where only the model is right, whose upper end is
Clopper and Pearson's (1934) at 97.5%: exact, and no smaller for what the small one gains.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from engine.compose import Engine
from engine.contract import render_trace
from engine.errors import WrongUse
from engine.generation.draft import DraftSentence, NoAnswer
from engine.generation.writer import Writer
from engine.pipeline import Pipeline
from engine.question import Budget, Question
from engine.retrieval.hit import Hit
from engine.small_model.easy import EASY_VERSION
from engine.small_model.permit import Measured, SmallModelPermit
from engine.trace import Trace
from evals.case import Case
from evals.suites.answer_text import Answer, cited_documents, found_strings, is_answered

LEAST_CASES = 30
"""Easy questions without which nothing is said."""


def most_lost(lost: int, cases: int) -> float:
    """Upper end of the 95% interval of the share; 1 of nothing.

    p such that P(X <= lost) = 2.5% where X is binomial of the cases and p: the 97.5% quantile of
    Beta(lost + 1, cases - lost). With 0 of 72 it is .05, with 1 of 109.
    """
    if cases == 0 or lost >= cases:
        return 1.0
    from scipy.stats import beta

    return float(beta.ppf(0.975, lost + 1, cases - lost))


def is_right(case: Case, answer: Answer) -> bool:
    """Whether it was answered with all that the case says an answer contains, and nothing that it
    must not, or else from a gold document."""
    if not is_answered(answer):
        return False
    text = str(answer.get("reply") or "")
    if found_strings(case.must_not_contain, text):
        return False
    if case.must_contain:
        return len(found_strings(case.must_contain, text)) == len(case.must_contain)
    return any(name in case.gains for name in cited_documents(answer))


@dataclass(slots=True)
class _Noted:
    """A writer that remembers whether it wrote."""

    writer: Writer
    name: str = ""
    wrote: bool = False

    def __post_init__(self) -> None:
        self.name = self.writer.name

    async def write(
        self, question: Question, hits: Sequence[Hit], *, max_sentences: int
    ) -> AsyncGenerator[DraftSentence | NoAnswer, None]:
        """As the writer does."""
        self.wrote = True
        async with aclosing(
            self.writer.write(question, hits, max_sentences=max_sentences)
        ) as written:
            async for item in written:
                yield item

    def cost_usd(self, question: Question, hits: Sequence[Hit]) -> float:
        """As the writer says."""
        return self.writer.cost_usd(question, hits)


class _Always(SmallModelPermit):
    """Lets the small model write, to be measured."""

    async def version(self, tenant: str) -> str:
        """As if it was."""
        return "measuring"


@dataclass(slots=True, kw_only=True)
class Measuring:
    """One measurement. limit_usd: of all questions; each_usd: of one."""

    engine: Engine
    each_usd: float
    limit_usd: float
    tell: Callable[[], None] = lambda: None
    spent_usd: float = 0.0
    easy: int = 0
    lost: list[str] = field(default_factory=list)
    gained: list[str] = field(default_factory=list)

    async def run(self, cases: Sequence[Case]) -> Measured:
        """What was found.

        Raises: WrongUse where there is no model to compare, too few cases are easy, or the limit
            was reached before.
        """
        pipeline = self.engine.pipeline
        model, small = pipeline.drafting.model, pipeline.drafting.small
        if model is None or small is None or pipeline.small_model is None:
            raise WrongUse(
                "there are no two models to compare; set OPENAI_API_KEY or OPENAI_BASE_URL, and "
                "DESKHAND_OPENAI__SMALL_MODEL"
            )
        noted, permit = _Noted(small), pipeline.small_model
        by_small = replace(
            pipeline,
            drafting=replace(pipeline.drafting, small=noted),
            small_model=_Always(
                store=permit.store, model=permit.model, small=permit.small, bound=permit.bound
            ),
        )
        by_model = replace(pipeline, small_model=None)
        cost = small_cost = 0.0
        for case in cases:
            self.tell()
            if not (case.must_contain or case.gains):
                continue
            noted.wrote = False
            first = await self._ask(by_small, case)
            if not noted.wrote:
                continue
            second = await self._ask(by_model, case)
            self.easy += 1
            small_cost += first.usage.cost_usd
            cost += second.usage.cost_usd
            self._compare(case, render_trace(second), render_trace(first))
        if self.easy < LEAST_CASES:
            raise WrongUse(
                f"{self.easy} of {len(cases)} cases are easy questions, and {LEAST_CASES} are "
                "needed; give a larger set"
            )
        return Measured(
            model=model.name,
            small=small.name,
            easy=EASY_VERSION,
            cases=self.easy,
            lost=len(self.lost),
            gained=len(self.gained),
            most_lost=most_lost(len(self.lost), self.easy),
            cost_usd=cost,
            small_cost_usd=small_cost,
        )

    async def _ask(self, pipeline: Pipeline, case: Case) -> Trace:
        if self.spent_usd >= self.limit_usd:
            raise WrongUse(
                f"the limit of ${self.limit_usd:.2f} was reached after {self.easy} easy questions; "
                "raise --max-cost"
            )
        trace = await pipeline.run(
            case.question,
            tenant=self.engine.settings.tenant,
            audience=case.audience,
            budget=Budget(max_cost_usd=self.each_usd),
        )
        self.spent_usd += trace.usage.cost_usd
        return trace

    def _compare(self, case: Case, by_model: Answer, by_small: Answer) -> None:
        right, small_right = is_right(case, by_model), is_right(case, by_small)
        if right and not small_right:
            self.lost.append(case.question.id)
        elif small_right and not right:
            self.gained.append(case.question.id)
