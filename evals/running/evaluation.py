"""The cases of a run: asked a few at a time, each once, and scored."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine.audience import Audience
from engine.compose import Engine
from engine.contract import render_trace
from engine.errors import DeskhandError, StorageUnavailable
from engine.fault_place import place
from engine.question import Budget
from engine.storage.evaluation_run import CachedAnswer
from engine.tasks import as_one
from engine.trace import Trace
from evals.case import Case
from evals.judging.judge import Judge
from evals.judging.opening import LOCAL
from evals.run_record import CaseResult
from evals.running.keeper import Keeper
from evals.running.progress import Planned, Progress, Watch
from evals.running.scoring import Scorer, is_lasting, is_over_budget
from evals.running.spending import Purse

log = logging.getLogger(__name__)

_EVIDENCE = 8
"""Passages beside those cited that an answer's sentences are held against."""
_LEAST_FOR_ESTIMATE = 3


@dataclass(slots=True, kw_only=True)
class Evaluation:
    """One run's cases.

    hashes: of the cases, in order. fresh: answers of before the run's start do not count.
    faults: sentences that name the cases which could not be asked or scored.
    """

    engine: Engine
    cases: Sequence[Case]
    hashes: Sequence[str]
    scorer: Scorer
    judge: Judge
    keeper: Keeper
    purse: Purse
    watch: Watch
    fresh: bool = False
    faults: list[str] = field(default_factory=list)
    knowledge_changed: bool = False
    _results: dict[int, CaseResult] = field(default_factory=dict)
    _cached: int = 0
    _asking_since: float = 0.0
    _asked_now: int = 0

    @property
    def results(self) -> tuple[CaseResult, ...]:
        """The rows so far, in the order of the cases."""
        return tuple(self._results[number] for number in sorted(self._results))

    @property
    def is_over_budget(self) -> bool:
        """Whether a case or a judgement was left out for want of money."""
        return self.purse.is_empty or self.judge.is_over_budget

    async def run(self) -> None:
        """Asks and scores until every case is done or the purse is empty.

        Raises: StorageUnavailable; what `Keeper.held` raises, where it is inside.
        """
        tenant, keeper = self.engine.settings.tenant, self.keeper
        keeper.fingerprint = await self.engine.pipeline.fingerprint_of(tenant)
        keeper.total = len(self.cases)
        cached = await keeper.answers.cached(
            keeper.run.tenant,
            self.hashes,
            keeper.fingerprint,
            since=keeper.run.started_at if self.fresh else None,
        )
        each = await keeper.store.cost_per_case_usd(keeper.run.tenant, keeper.run.target)
        to_ask = sum(case_hash not in cached for case_hash in self.hashes)
        self.watch(
            Planned(
                cases=len(self.cases),
                cached=len(self.cases) - to_ask,
                estimate_usd=self._estimate(each, to_ask),
                limit_usd=self.purse.limit_usd,
            )
        )
        self._cached = len(self.cases) - to_ask
        self._asking_since = time.monotonic()
        # Those that were asked already come first: they are there at once.
        numbers = iter(sorted(range(len(self.cases)), key=lambda n: self.hashes[n] not in cached))
        async with as_one() as group:
            for _ in range(self.purse.slots):
                group.create_task(self._work(numbers, cached))

    def _estimate(self, each_usd: float | None, cases: int) -> float | None:
        openai = self.engine.settings.openai
        hosted = openai.api_key is not None or openai.base_url is not None
        if not cases or not (hosted or self.judge.name != LOCAL):
            return 0.0
        return None if each_usd is None else each_usd * cases

    async def _work(self, numbers: Iterator[int], cached: Mapping[str, CachedAnswer]) -> None:
        for number in numbers:
            case, case_hash = self.cases[number], self.hashes[number]
            answer = cached.get(case_hash)
            try:
                if answer is not None:
                    await self._score(number, case, answer, from_cache=True)
                elif not await self._ask(number, case, case_hash):
                    return
            except StorageUnavailable:
                raise
            except DeskhandError as error:
                self._note(case, str(error))
            except Exception as error:
                log.error("case %s: %s at %s", case.question.id, type(error).__name__, place(error))
                self._note(case, f"an unexpected fault ({type(error).__name__})")
            self.keeper.done = len(self._results) + len(self.faults)
            self._tell()

    async def _ask(self, number: int, case: Case, case_hash: str) -> bool:
        """False where the purse is too empty for this case."""
        share = self.purse.take()
        if share is None:
            return False
        cost = 0.0
        try:
            trace = await self.engine.pipeline.run(
                case.question,
                tenant=self.engine.settings.tenant,
                audience=case.audience,
                budget=Budget(max_cost_usd=share),
            )
            cost = trace.usage.cost_usd
        finally:
            self.purse.give_back(share, cost_usd=cost)
            self._count_cost()
        body = render_trace(trace)
        if is_over_budget(body):
            self.purse.is_empty = True
            return False
        self.keeper.asked += 1
        self._asked_now += 1
        body["evidence"] = await self._evidence(trace, case.audience)
        if trace.fingerprint != self.keeper.fingerprint:
            self.knowledge_changed = True
        answer = CachedAnswer(case_hash=case_hash, fingerprint=trace.fingerprint, body=body)
        await self._score(number, case, answer, from_cache=False)
        return True

    async def _evidence(self, trace: Trace, audience: Audience) -> list[str]:
        """Texts of the best passages that are not cited."""
        if not trace.citations:
            return []
        cited = {citation.chunk_id for citation in trace.citations}
        ids = [r.chunk_id for r in trace.retrieved if r.chunk_id not in cited][:_EVIDENCE]
        live = await self.engine.retriever.passages(
            ids,
            tenant=trace.tenant,
            audience=audience,
            revision=await self.engine.documents.revision(trace.tenant),
        )
        return [live[id_].passage.text for id_ in ids if id_ in live]

    async def _score(
        self, number: int, case: Case, answer: CachedAnswer, *, from_cache: bool
    ) -> None:
        result, scored = await self.scorer.result(case, answer, from_cache=from_cache)
        self._results[number] = result
        self._count_cost()
        if scored is not None and is_lasting(scored.body):
            self.keeper.save(scored)

    def _count_cost(self) -> None:
        self.keeper.cost_usd = self.purse.spent_usd + self.judge.spent_usd

    def _note(self, case: Case, why: str) -> None:
        self.faults.append(f"case {case.question.id} could not be evaluated: {why}")

    def _tell(self) -> None:
        done, total = self.keeper.done, len(self.cases)
        remaining = None
        if self._asked_now >= _LEAST_FOR_ESTIMATE:
            each = (time.monotonic() - self._asking_since) / self._asked_now
            remaining = each * (total - done)
        elif self._cached >= total:
            remaining = 0.0
        self.watch(
            Progress(
                done=done,
                total=total,
                cached=self._cached,
                cost_usd=self.keeper.cost_usd,
                remaining_s=remaining,
            )
        )
