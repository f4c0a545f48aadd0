"""A run from its request to its report: what the command line and the bot's child process do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from engine.clock import Clock, now
from engine.compose import Overrides
from engine.errors import DeskhandError, WrongUse
from engine.settings import Settings
from engine.storage.evaluation_answers import EvaluationAnswers
from engine.storage.evaluation_run import AlreadyRunning, Run
from engine.storage.evaluations import EvaluationStore
from engine.storage.models import ModelStore
from evals.cases.overlap import refuse_trained_cases
from evals.judging.judge import Judge
from evals.mirroring.runs import mirror_run, mirrors_are_set
from evals.record_json import render_record
from evals.reports.files import ReportFiles, prune_reports, write_report
from evals.run_record import RunRecord, RunState
from evals.running.baselines import baseline_of
from evals.running.evaluation import Evaluation
from evals.running.keeper import Keeper, RunCancelled, process_name
from evals.running.opening import open_database, open_target, open_the_judge
from evals.running.progress import Watch, shown_duration
from evals.running.reporting import history_of
from evals.running.request import RunRequest, parse_split, parse_suites
from evals.running.scoring import Scorer
from evals.running.spending import Purse
from evals.running.targets import Target, load_target, target_name
from evals.statistics.compare import compare
from evals.statistics.comparison import Comparison
from evals.statistics.gate import GateVerdict, gate
from evals.suites.catalogue import metrics_of
from evals.suites.figures import figures
from evals.suites.metric import Suite


class RunElsewhere(DeskhandError):
    """The target is being evaluated by another process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that ended, whichever way.

    comparison: None where nothing was named. verdict: None without a gate. report: of what was
    done, of a run that was cancelled too.
    """

    record: RunRecord
    comparison: Comparison | None
    verdict: GateVerdict | None
    report: ReportFiles

    @property
    def passed(self) -> bool:
        """Whether the run came to its end and through the gate."""
        return self.record.state is RunState.DONE and (self.verdict is None or self.verdict.passed)


async def evaluate(
    request: RunRequest,
    settings: Settings,
    watch: Watch,
    *,
    overrides: Overrides | None = None,
    report_folder: Path | None = None,
    clock: Clock = now,
) -> Finished:
    """Runs what is asked for, to its end or to where it is cancelled or over its budget.

    One that is interrupted goes on with the next request of the same kind. report_folder: None
    means one of the run's own, beside the index.

    Raises: WrongUse where it cannot be run at all; RunElsewhere where another process does;
    RunLost; DeskhandError where it failed, and is stored as failed.
    """
    async with open_database(settings) as database:
        store, answers = EvaluationStore(database), EvaluationAnswers(database)
        if request.run_id is not None:
            request = await _as_stored(store, settings.tenant, request)
        name = target_name(request.target)
        target = await asyncio.to_thread(
            load_target,
            name,
            settings.home,
            parse_suites(request.suites),
            parse_split(request.split),
        )
        overlap_notes = await refuse_trained_cases(
            ModelStore(database), settings.tenant, target.dataset.cases
        )
        baseline = None
        if request.gate or request.compare is not None:
            baseline = await baseline_of(store, settings.tenant, name, request.compare)
        owner = process_name()
        run = await _begin(store, settings.tenant, request, name, owner, clock)
        work = _Work(
            request=request,
            settings=settings,
            target=target,
            baseline=baseline,
            keeper=Keeper(run, owner, store, answers, clock),
            notes=overlap_notes,
            folder=report_folder or settings.home / "evals" / "reports" / run.id,
        )
        return await work.run(watch, overrides)


async def _as_stored(store: EvaluationStore, tenant: str, request: RunRequest) -> RunRequest:
    """The request as the run was started with; what it leaves open stays as asked for."""
    run = await store.get(tenant, request.run_id or "")
    if run is None:
        raise WrongUse(f"there is no run {str(request.run_id)[:40]}; see `deskhand eval list`")
    return request.of_run(run)


async def _begin(
    store: EvaluationStore,
    tenant: str,
    request: RunRequest,
    name: str,
    owner: str,
    clock: Clock,
) -> Run:
    if request.run_id is not None:
        taken = await store.take(tenant, request.run_id, owner=owner, at=clock())
        if taken is None:
            raise RunElsewhere(
                f"the run {request.run_id[:8]} has ended, or another process has it; see "
                f"`deskhand eval show {request.run_id[:8]}`"
            )
        return taken
    found = await store.start(
        *(tenant, name, request.options()),
        requested_by=request.requested_by,
        owner=owner,
        at=clock(),
    )
    if isinstance(found, AlreadyRunning):
        run = found.run
        since = shown_duration((clock() - run.started_at).total_seconds())
        far = f", {run.done:,} of {run.total:,} cases" if run.total else ""
        raise RunElsewhere(
            f"{name} is being evaluated already (run {run.id[:8]}, started {since} ago{far}); "
            f"wait for it, or end it with `deskhand eval cancel {run.id[:8]}`"
        )
    return found


@dataclass(slots=True, kw_only=True)
class _Work:
    """A run under way."""

    request: RunRequest
    settings: Settings
    target: Target
    baseline: RunRecord | None
    keeper: Keeper
    folder: Path
    notes: tuple[str, ...] = ()
    evaluation: Evaluation | None = None
    judge: Judge | None = None

    async def run(self, watch: Watch, overrides: Overrides | None) -> Finished:
        try:
            async with self.keeper.held():
                state = await self._ask(watch, overrides)
                return await self._conclude(state)
        except RunCancelled:
            return await self._conclude(RunState.CANCELLED)

    async def _ask(self, watch: Watch, overrides: Overrides | None) -> RunState:
        """Asks every case; a fault that is not a case's own ends the run as failed."""
        try:
            await self._ask_all(watch, overrides)
        except DeskhandError as error:
            await self.keeper.finish(RunState.FAILED, None, problem=str(error))
            raise
        assert self.evaluation is not None
        if self.evaluation.is_over_budget:
            return RunState.OVER_BUDGET
        if not self.evaluation.results:
            problem = self.evaluation.faults[0]
            record = await self._record(RunState.FAILED)
            await self.keeper.finish(RunState.FAILED, render_record(record), problem=problem)
            raise DeskhandError(f"no case could be evaluated; the first: {problem}")
        return RunState.DONE

    async def _ask_all(self, watch: Watch, overrides: Overrides | None) -> None:
        request, settings = self.request, self.settings
        given = request.max_cost_usd
        limit = settings.evals.max_cost_usd if given is None else given
        slots = request.slots(settings)
        async with (
            open_target(
                self.target, settings, watch, models=request.models, overrides=overrides
            ) as engine,
            open_the_judge(request.judge, engine, settings, limit_usd=limit) as (judge, for_judge),
        ):
            self.judge = judge
            self.evaluation = Evaluation(
                engine=engine,
                cases=self.target.dataset.cases,
                hashes=await asyncio.to_thread(self.target.case_hashes),
                scorer=Scorer(self.target.suites, judge),
                judge=judge,
                keeper=self.keeper,
                purse=Purse(
                    limit_usd=limit - for_judge, slots=slots, spent_usd=self.keeper.cost_usd
                ),
                watch=watch,
                fresh=request.fresh,
            )
            await self.evaluation.run()

    async def _conclude(self, state: RunState) -> Finished:
        """Figures, comparison, report; then the run is over."""
        record = await self._record(state)
        if state in (RunState.DONE, RunState.OVER_BUDGET):
            record = await self._mirrored(record)
        comparison = verdict = None
        if self.baseline is not None:
            comparison = await asyncio.to_thread(compare, self.baseline, record, record.seed)
            if self.request.gate:
                verdict = gate(comparison, record)
        history = await history_of(self.keeper.store, self.settings.tenant, self.target.name)
        report = await write_report(
            record,
            self.folder,
            comparison=comparison,
            history=history,
        )
        problem = "; ".join(verdict.reasons) if verdict is not None else ""
        await self.keeper.finish(state, render_record(record), problem=problem)
        keep = self.settings.evals.keep_reports
        await self.keeper.store.prune(self.settings.tenant, keep=keep)
        await prune_reports(self.settings.home / "evals" / "reports", keep)
        return Finished(record=record, comparison=comparison, verdict=verdict, report=report)

    async def _record(self, state: RunState) -> RunRecord:
        evaluation, dataset = self.evaluation, self.target.dataset
        results = () if evaluation is None else evaluation.results
        notes = list(self.notes)
        notes += list(
            self.judge.notes if self.judge and Suite.ANSWERS in self.target.suites else ()
        )
        if evaluation is not None and evaluation.knowledge_changed:
            notes.append("The knowledge or a fitted model changed while the run was under way.")
        seed = self.request.seed
        return RunRecord(
            id=self.keeper.run.id,
            target=self.target.name,
            suites=tuple(suite.value for suite in self.target.suites),
            dataset=dataset.name,
            dataset_hash=dataset.hash,
            split=dataset.split,
            fingerprint=self.keeper.fingerprint,
            judge=self.judge.name if self.judge else self.request.judge,
            seed=seed,
            state=state,
            started_at=self.keeper.run.started_at,
            finished_at=self.keeper.clock(),
            results=results,
            figures=await asyncio.to_thread(figures, results, metrics_of(self.target.suites), seed),
            skipped=(*dataset.problems, *(evaluation.faults if evaluation else ())),
            notes=tuple(notes),
            cost_usd=self.keeper.cost_usd,
        )

    async def _mirrored(self, record: RunRecord) -> RunRecord:
        """The record with links to where else the run is shown; what goes wrong is a note."""
        if not mirrors_are_set(self.settings):
            return record
        await self.keeper.flush()
        hashes = {result.case_hash: result.case_id for result in record.results}
        stored = await self.keeper.answers.cached(
            self.keeper.run.tenant, list(hashes), record.fingerprint
        )
        answers = {hashes[case_hash]: answer.body for case_hash, answer in stored.items()}
        done = await mirror_run(record, self.target.dataset.cases, answers, self.settings)
        return replace(record, links=done.links, notes=(*record.notes, *done.notes))
