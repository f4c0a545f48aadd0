"""Days from stored traces to points and reports, with the shipped embedder and checker."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import WrongUse
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.storage.evaluation_points import EvaluationPoints
from engine.storage.evaluation_run import Point
from engine.storage.traces import TraceStore
from engine.trace import Trace
from evals.continuous import watch as watching
from evals.continuous.day_points import points_of
from evals.continuous.detection import State
from evals.continuous.files import write_day
from evals.continuous.watch import WatchRequest, watch, watch_day
from evals.continuous.watch_report import DayReport
from evals.judging.local import LocalJudge
from evals.running.opening import open_database
from evals.running.progress import Preparing
from tests.evals.continuous.made_traces import a_trace, save_all

pytestmark = pytest.mark.slow  # reads the embedder

FIRST = date(2026, 11, 1)
LAST = FIRST + timedelta(days=8)
PRIVATE = "Why was I passed over for Zebulon?"


class Days:
    """Watches days of one database."""

    def __init__(self, settings: Settings, model: Embedder) -> None:
        self.settings = settings
        self.model = model
        self.said: list[str] = []

    async def save(self, traces: list[Trace]) -> None:
        async with open_database(self.settings) as database:
            await save_all(TraceStore(database), traces)

    async def watch(self, day: date, **request: Any) -> DayReport:
        async with open_database(self.settings) as database:
            return await watch_day(
                WatchRequest(**request),
                day,
                database,
                self.settings.tenant,
                embedder=self.model,
                judge=LocalJudge(self.model),
                tell=self._tell,
                is_public=self._is_public,
                keep_days=self.settings.evals.keep_watched_days,
            )

    async def points(self) -> Any:
        async with open_database(self.settings) as database:
            return await EvaluationPoints(database).of(self.settings.tenant, since=FIRST)

    def _tell(self, event: object) -> None:
        assert isinstance(event, Preparing)
        self.said.append(event.what)

    @staticmethod
    async def _is_public(channel: str) -> bool:
        return channel == "C1"


@pytest.fixture
async def days(settings: Settings, model: Embedder) -> Days:
    """Eight quiet days, and a ninth on which half the answers say what nothing supports."""
    made = Days(settings, model)
    for number in range(8):
        day = FIRST + timedelta(days=number)
        await made.save(
            [a_trace(n, day, tenant=settings.tenant, escalated=n % 6 == 0) for n in range(14)]
        )
    for trace in range(14):
        wrong = trace % 6 != 0 and trace % 2 == 1
        await made.save(
            [
                a_trace(
                    trace,
                    LAST,
                    tenant=settings.tenant,
                    escalated=trace % 6 == 0,
                    said="The moon is made of 900 cheeses."
                    if wrong
                    else "A new badge costs 15 euros.",
                    channel="D1" if trace % 4 == 1 else "C1",
                    text=PRIVATE if trace % 4 == 1 else "",
                )
            ]
        )
    return made


async def test_a_change_is_told_once_with_examples_and_without_private_words(
    days: Days, tmp_path: Path
) -> None:
    for number in range(8):
        quiet = await days.watch(FIRST + timedelta(days=number))
        assert quiet.alarms == ()
        assert not quiet.needs_attention
    report = await days.watch(LAST, include_texts=True)
    assert (report.asked, report.sampled) == (14, 14)
    changed = {verdict.series.name for verdict in report.alarms}
    assert "faithfulness" in changed
    assert report.needs_attention
    alarm = next(v for v in report.alarms if v.series.name == "faithfulness")
    assert (alarm.value, alarm.reference) == (pytest.approx(4 / 11), 1.0)
    shown = [e for e in report.examples if e.series == "faithfulness"]
    assert len(shown) == 3
    assert all("supported by nothing" in example.what for example in shown)
    for example in report.examples:
        assert (example.text is None) == (example.channel == "D1")
    files = await write_day(report, tmp_path / "report")
    written = [path.read_text() for path in (files.json, files.markdown, files.html)]
    assert not any(PRIVATE in text or "Zebulon" in text for text in written)
    assert all("Faithfulness" in text for text in written[1:])
    assert files.pngs[0].read_bytes().startswith(b"\x89PNG")
    body = json.loads(written[0])
    assert "faithfulness" in body["changed"]
    assert body["day"] == LAST.isoformat()
    assert days.said[-2].startswith("scored 14 of 14 questions")


async def test_a_second_run_of_a_day_replaces_it(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        await days.watch(FIRST + timedelta(days=number))
    before = await days.points()
    again = await days.watch(LAST)
    assert await days.points() == before
    assert again.alarms
    earlier = await days.watch(FIRST + timedelta(days=3))
    assert all(verdict.state is State.NOT_ENOUGH for verdict in earlier.verdicts)
    assert await days.points() == before

    def broken(*args: Any) -> Any:
        made = points_of(*args)
        return (*made[:-1], None)

    monkeypatch.setattr(watching, "points_of", broken)
    with pytest.raises(AttributeError):
        await days.watch(LAST)
    assert await days.points() == before


async def test_a_day_without_questions_and_a_day_of_small_samples(days: Days) -> None:
    empty = await days.watch(FIRST - timedelta(days=1))
    assert (empty.asked, empty.alarms, empty.examples) == (0, (), ())
    assert await days.points() == ()
    small = await days.watch(LAST, sample=4)
    assert (small.asked, small.sampled) == (14, 4)


async def test_a_live_link_is_told_whatever_was_before(days: Days) -> None:
    day = LAST + timedelta(days=1)
    link = "A new badge costs 15 euros, see https://evil.example/x."
    await days.save([a_trace(1, day, tenant=days.settings.tenant, said=link)])
    report = await days.watch(day)
    assert (report.breaches, report.needs_attention, report.alarms) == (1, True, ())
    (example,) = report.examples
    assert (example.series, example.trace_id) == ("breaches", f"{day}-1")
    assert "live link" in example.what


async def test_yesterday_is_the_day_and_today_has_not_ended(
    days: Days, settings: Settings, tmp_path: Path
) -> None:
    def clock() -> datetime:
        return datetime(2026, 11, 10, 0, 30, tzinfo=UTC)

    found = await watch(WatchRequest(), settings, lambda event: None, clock=clock)
    assert found.report.day == LAST
    assert found.files.html == settings.home / "evals" / "watch" / "2026-11-09" / "report.html"
    assert found.files.html.is_file()
    with pytest.raises(WrongUse, match="has not ended yet"):
        await watch(WatchRequest(day=date(2026, 11, 10)), settings, lambda event: None, clock=clock)


async def test_points_are_kept_as_long_as_the_settings_say_or_as_days_are_held_against_them(
    days: Days, settings: Settings
) -> None:
    def clock() -> datetime:
        return datetime(2026, 11, 10, 0, 30, tzinfo=UTC)

    ages = (400, 60, 29, 28)
    old = [
        Point(series="watch:x", day=LAST - timedelta(days=age), value=0.5, n=1, body={})
        for age in ages
    ]
    short = settings.model_copy(
        update={"evals": settings.evals.model_copy(update={"keep_watched_days": 28})}
    )

    async def ages_after(used: Settings, **request: Any) -> list[int]:
        await watch(WatchRequest(**request), used, lambda event: None, clock=clock)
        async with open_database(settings) as database:
            left = await EvaluationPoints(database).of(
                settings.tenant, since=date(2020, 1, 1), series="watch:x"
            )
        return [(LAST - point.day).days for point in left]

    async with open_database(settings) as database:
        await EvaluationPoints(database).add(settings.tenant, old)
    assert await ages_after(settings) == [400, 60, 29, 28]
    assert await ages_after(short, reference_days=60) == [60, 29, 28]
    assert await ages_after(short) == [28]
