"""One day of production, from its traces to its points and its report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta, tzinfo
from pathlib import Path
from typing import Any

import numpy as np

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.clock import Clock, now
from engine.errors import DeskhandError, WrongUse
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.evaluation_points import EvaluationPoints
from engine.storage.feedback import FeedbackStore, Opinion
from engine.storage.traces import TraceStore
from engine.tasks import as_one
from evals.continuous.day_points import past_days, points_of, trend_of
from evals.continuous.day_sample import NO_VECTORS, DaySample, Vectors
from evals.continuous.detection import FALSE_ALARM_RATE, REFERENCE_DAYS, PastDay, judge_day
from evals.continuous.examples import choose_examples
from evals.continuous.files import write_day
from evals.continuous.privacy import IsPublic, may_quote
from evals.continuous.question_drift import MOST_OF_DAY
from evals.continuous.sampling import Drawn, bounds_of, draw_ids, read_bodies
from evals.continuous.scored_question import ScoredQuestion, score_body
from evals.continuous.series import (
    CASES_OPENED,
    PREFIX,
    QUESTIONS,
    SERIES,
    THUMBS_DOWN,
    Kind,
    Series,
)
from evals.continuous.watch_report import DayReport, Example
from evals.judging.judge import Judge
from evals.judging.local import LocalJudge
from evals.reports.files import ReportFiles
from evals.running.opening import open_database
from evals.running.progress import Preparing, Watch, shown_duration

SAMPLE = 200
"""Questions of a day that are scored again."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """What is asked for.

    day: None means the last one that has ended. zone: of days. include_texts: see
    `evals.continuous.privacy`. folder: of the report; None means one of the day's own beside the
    index.
    """

    day: date | None = None
    zone: tzinfo = UTC
    sample: int = SAMPLE
    false_alarm_rate: float = FALSE_ALARM_RATE
    reference_days: int = REFERENCE_DAYS
    include_texts: bool = False
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A day that was watched."""

    report: DayReport
    files: ReportFiles


async def watch(
    request: WatchRequest,
    settings: Settings,
    tell: Watch,
    *,
    is_public: IsPublic | None = None,
    clock: Clock = now,
) -> Watched:
    """Scores a day's sample, stores its points, says what changed, and writes the report.

    A day that was watched before is replaced. is_public: whether a channel is one that every
    member may look into; None: nothing is known of channels, and none of their texts is shown.

    Raises: WrongUse for a day that has not ended; StorageUnavailable, ModelUnavailable, OSError.
    """
    day = _day_of(request, clock)
    embedder = MiniLmEmbedder()
    try:
        async with open_database(settings) as database:
            report = await watch_day(
                request,
                day,
                database,
                settings.tenant,
                embedder=embedder,
                judge=LocalJudge(embedder),
                tell=tell,
                is_public=is_public,
                keep_days=settings.evals.keep_watched_days,
            )
    finally:
        await embedder.aclose()
    folder = request.folder or settings.home / "evals" / "watch" / day.isoformat()
    return Watched(report=report, files=await write_day(report, folder))


def _day_of(request: WatchRequest, clock: Clock) -> date:
    today = clock().astimezone(request.zone).date()
    day = request.day or today - _DAY
    if day >= today:
        raise WrongUse(f"the day {day} has not ended yet; the last one that has is {today - _DAY}")
    return day


async def watch_day(
    request: WatchRequest,
    day: date,
    database: Database,
    tenant: str,
    *,
    embedder: Embedder,
    judge: Judge,
    tell: Watch,
    is_public: IsPublic | None,
    keep_days: int,
) -> DayReport:
    """The same without files.  keep_days: older points are dropped, unless days are held against
    them.

    Raises: StorageUnavailable, ModelUnavailable.
    """
    tell(Preparing(what=f"reading the questions of {day}"))
    traces, points = TraceStore(database), EvaluationPoints(database)
    drawn = await draw_ids(traces, tenant, day, request.zone, most=request.sample)
    questions, unread = await _score(traces, tenant, drawn, judge, tell)
    tell(Preparing(what="comparing with the days before"))
    vectors = await _embed(embedder, questions)
    samples = {
        **_samples(day, questions, vectors, f"{embedder.name} {embedder.version}"),
        **await _counted(database, tenant, day, request.zone, drawn),
    }
    stored = await points.of(tenant, since=day - timedelta(days=request.reference_days), before=day)
    past = await asyncio.to_thread(past_days, stored)
    verdicts = await asyncio.to_thread(
        judge_day,
        {series: samples[series] for series in SERIES},
        past,
        day,
        false_alarm_rate=request.false_alarm_rate,
        reference_days=request.reference_days,
    )
    made = points_of(samples, verdicts)
    await points.replace_day(tenant, day, made, prefix=PREFIX)
    kept = timedelta(days=max(keep_days, request.reference_days))
    await points.prune(tenant, before=day - kept)
    chosen = choose_examples(questions, verdicts, vectors, _past_vectors(past))
    return DayReport(
        day=day,
        timezone=str(request.zone),
        asked=drawn.asked,
        sampled=len(questions),
        verdicts=verdicts,
        examples=tuple([await _quoted(request, is_public, *each) for each in chosen]),
        trend=tuple(trend_of(stored, verdicts, day)),
        notes=_notes(judge, unread),
        false_alarm_rate=request.false_alarm_rate,
        reference_days=request.reference_days,
    )


async def _score(
    traces: TraceStore, tenant: str, drawn: Drawn, judge: Judge, tell: Watch
) -> tuple[list[ScoredQuestion], int]:
    """In the order drawn; and how many traces could not be read."""
    found: list[ScoredQuestion] = []
    unread, started = 0, time.monotonic()
    async for bodies in read_bodies(traces, tenant, drawn.ids):
        async with as_one() as group:
            tasks = [group.create_task(_score_one(body, judge)) for body in bodies]
        scored = [task.result() for task in tasks]
        found += [each for each in scored if each is not None]
        unread += sum(each is None for each in scored)
        done = len(found) + unread
        left = (time.monotonic() - started) / done * (len(drawn.ids) - done)
        tell(
            Preparing(
                what=f"scored {done:,} of {len(drawn.ids):,} questions, {shown_duration(left)} left"
            )
        )
    return found, unread


async def _score_one(body: Mapping[str, Any], judge: Judge) -> ScoredQuestion | None:
    try:
        return await score_body(body, judge)
    except (WrongUse, KeyError, TypeError, ValueError):
        return None  # stored by a version that wrote them otherwise


async def _embed(embedder: Embedder, questions: list[ScoredQuestion]) -> Vectors:
    texts = [question.text for question in questions[:MOST_OF_DAY]]
    return await embedder.embed_many(texts) if texts else NO_VECTORS


def _samples(
    day: date, questions: list[ScoredQuestion], vectors: Vectors, made_by: str
) -> dict[Series, DaySample]:
    found = {QUESTIONS: DaySample(day=day, vectors=vectors, made_by=made_by)}
    for series in SERIES:
        if series.kind is Kind.MIX:
            counts: dict[str, int] = {}
            for question in questions:
                label = question.labels[series.name]
                counts[label] = counts.get(label, 0) + 1
            found[series] = DaySample(day=day, counts=counts)
        elif series is not QUESTIONS:
            held = [q.values[series.name] for q in questions if series.name in q.values]
            found[series] = DaySample(day=day, values=np.asarray(held, np.float64))
    return found


async def _counted(
    database: Database, tenant: str, day: date, zone: tzinfo, drawn: Drawn
) -> dict[Series, DaySample]:
    """What is counted over the whole day and not over its sample."""
    since, until = bounds_of(day, zone)
    opened = await CaseStore(database).opened_between(tenant, since, until)
    opinions = await FeedbackStore(database).counts(tenant, since, until)
    down = opinions[Opinion.NEGATIVE]
    return {
        CASES_OPENED: _yes(day, min(opened, drawn.asked), drawn.asked),
        THUMBS_DOWN: _yes(day, down, down + opinions[Opinion.POSITIVE]),
    }


def _yes(day: date, yes: int, of: int) -> DaySample:
    return DaySample(day=day, values=np.repeat([1.0, 0.0], [yes, of - yes]))


def _past_vectors(past: Mapping[Series, list[PastDay]]) -> Vectors:
    held = [each.sample.vectors for each in past.get(QUESTIONS, ())[-7:]]
    return np.concatenate(held) if held else NO_VECTORS


async def _quoted(
    request: WatchRequest, is_public: IsPublic | None, question: ScoredQuestion, example: Example
) -> Example:
    try:
        may = await may_quote(question, is_public=is_public, include_texts=request.include_texts)
    except DeskhandError:
        may = False  # unknown is closed
    return replace(example, text=question.text) if may else example


def _notes(judge: Judge, unread: int) -> tuple[str, ...]:
    left_out = (f"{unread:,} of the drawn traces could not be read.",) if unread else ()
    return (
        *judge.notes,
        "Faithfulness is held against the passages that an answer cites, the only ones stored.",
        *left_out,
    )
