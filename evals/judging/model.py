"""A chat model as the judge: bounded, paid for, and believed only where people agree with it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence

from engine.errors import ModelUnavailable
from engine.ledger import Ledger
from engine.verification.grading import Criterion, Grader, GradeRequest
from evals.judging.calibration import JudgeCalibration
from evals.judging.judge import Claim

_CONCURRENCY = 8


class ModelJudge:
    """Fills the `Judge` port with a `Grader` and what people said of it.

    A criterion without a usable calibration is not judged at all, so that no figure of it can be
    shown and nothing is spent on it. What fails, or would cost more than is left, is None, and the
    run goes on; `notes` says how often.
    """

    def __init__(
        self,
        grader: Grader,
        calibration: JudgeCalibration | None,
        ledger: Ledger,
        *,
        tenant: str,
        limit_usd: float,
        concurrency: int = _CONCURRENCY,
    ) -> None:
        """calibration: None for none. tenant: who pays. limit_usd: for all judgements together."""
        self._grader = grader
        self._calibration = calibration
        self._ledger = ledger
        self._tenant = tenant
        self._limit_usd = limit_usd
        self._slots = asyncio.Semaphore(concurrency)
        self._run = str(uuid.uuid4())
        self._reserved_usd = 0.0
        self._refused = 0
        self._faults: Counter[str] = Counter()
        self.spent_usd = 0.0

    @property
    def name(self) -> str:
        """The model."""
        return self._grader.name.rpartition(":")[0]

    @property
    def version(self) -> str:
        """The prompt and the labels it was calibrated on."""
        prompt = self._grader.name.rpartition(":")[2]
        labels = "none" if self._calibration is None else self._calibration.version
        return f"{prompt}-{labels}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not shown, and why."""
        found = [f"Texts were judged by {self.name}."]
        for criterion in Criterion:
            if not self.judges(criterion):
                found.append(
                    f"The {criterion.value} is not shown: {self.name} {self._why_not(criterion)}; "
                    "label some answers and run `deskhand eval judge calibrate FILE`."
                )
        for what, count in self._faults.most_common(3):
            found.append(f"{count} judgements are missing: {what}.")
        if self._refused:
            found.append(
                f"{self._refused} judgements are missing: the limit of ${self._limit_usd:.2f} for "
                "judgements was reached."
            )
        return tuple(found)

    @property
    def missing(self) -> int:
        """Judgements not made: the model failed, or the limit was reached."""
        return self._refused + sum(self._faults.values())

    @property
    def is_over_budget(self) -> bool:
        """Whether the limit kept it from judging."""
        return self._refused > 0

    def judges(self, criterion: Criterion) -> bool:
        """Whether people were asked, and agree with it."""
        known = self._calibration.of(criterion) if self._calibration else None
        return known is not None and known.usable

    async def faithfulness(self, claims: Sequence[Claim]) -> tuple[float | None, ...]:
        """One call a claim; a claim without evidence is 0 without one."""
        return tuple(await asyncio.gather(*(self._faithful(claim) for claim in claims)))

    async def relevance(
        self, question: str, answer: str, *, cited: Sequence[str] = ()
    ) -> float | None:
        """One call."""
        return await self._ask(
            GradeRequest(criterion=Criterion.RELEVANCE, question=question, text=answer)
        )

    async def completeness(self, expected: Sequence[str], answer: str) -> tuple[float | None, ...]:
        """One call an expected sentence; an empty answer states nothing."""
        if not answer.strip():
            return tuple(0.0 for _ in expected)
        requests = [
            GradeRequest(
                criterion=Criterion.COMPLETENESS, question="", text=answer, evidence=(sentence,)
            )
            for sentence in expected
        ]
        return tuple(await asyncio.gather(*map(self._ask, requests)))

    async def aclose(self) -> None:
        """Nothing to close; the connection is the engine's."""

    async def _faithful(self, claim: Claim) -> float | None:
        if not claim.evidence:
            return 0.0
        return await self._ask(
            GradeRequest(
                criterion=Criterion.FAITHFULNESS,
                question="",
                text=claim.sentence,
                evidence=claim.evidence,
            )
        )

    async def _ask(self, request: GradeRequest) -> float | None:
        known = self._calibration.of(request.criterion) if self._calibration else None
        if known is None or not known.usable:
            return None
        async with self._slots:
            most_usd = self._grader.cost_usd(request)
            if self.spent_usd + self._reserved_usd + most_usd > self._limit_usd:
                self._refused += 1
                return None
            self._reserved_usd += most_usd
            try:
                async with self._ledger.account(
                    tenant=self._tenant, trace_id=self._run, limit_usd=most_usd
                ) as account:
                    try:
                        grade = await self._grader.grade(request)
                    except ModelUnavailable as error:
                        self._faults[str(error)] += 1
                        return None
                    finally:
                        self.spent_usd += account.spent.cost_usd
            finally:
                self._reserved_usd -= most_usd
        return known.mapped(grade.probability)

    def _why_not(self, criterion: Criterion) -> str:
        known = self._calibration.of(criterion) if self._calibration else None
        if known is None:
            return "was not calibrated on labels of people for it"
        return f"is not good enough at it by the labels of people ({known.why_not})"
