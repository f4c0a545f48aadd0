from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from evals.continuous.day_sample import DaySample
from evals.continuous.detection import PastDay, State, Verdict, judge_day
from evals.continuous.series import CATEGORIES, CONFIDENCE, QUESTIONS, REVIEWS, Series

START = date(2026, 3, 1)


class Chain:
    """One series judged day by day, each day with what was said of those before."""

    def __init__(self, series: Series = REVIEWS) -> None:
        self.series = series
        self.past: list[PastDay] = []

    @property
    def day(self) -> date:
        return START + timedelta(days=len(self.past))

    def next(self, yes: int, of: int = 40) -> Verdict:
        return self.judge(DaySample(day=self.day, values=np.repeat([1.0, 0.0], [yes, of - yes])))

    def judge(self, sample: DaySample) -> Verdict:
        (verdict,) = judge_day({self.series: sample}, {self.series: self.past}, self.day)
        self.past.append(
            PastDay(
                sample=sample,
                state=verdict.state,
                since=verdict.since,
                reference_from=verdict.reference_from,
            )
        )
        return verdict


def quiet(days: int = 14) -> Chain:
    chain = Chain()
    for number in range(days):
        chain.next(3 + number % 3)
    return chain


def test_too_little_is_said_and_no_alarm() -> None:
    chain = Chain()
    for number in range(7):
        found = chain.next(4)
        assert found.state is State.NOT_ENOUGH
        assert found.missing == f"{number} of the 7 days that a reference must have"
    assert chain.next(4).state is State.STEADY
    few = chain.next(9, of=9)
    assert few.missing == "9 of the 10 questions that a day must have"


def test_a_reference_of_few_questions_is_not_enough() -> None:
    chain = Chain()
    for _ in range(7):
        chain.next(1, of=6)
    assert chain.next(20).missing == "42 of the 50 questions of a reference"


def test_an_alarm_is_given_once_and_the_bad_day_is_no_reference() -> None:
    chain = quiet()
    alarm = chain.next(38)
    assert alarm.state is State.CHANGED
    assert alarm.is_worse
    assert (alarm.value, alarm.reference_days) == (38 / 40, 14)
    assert alarm.since == START + timedelta(days=14)
    still = chain.next(36)
    assert (still.state, still.since, still.reference_days) == (State.STILL, alarm.since, 14)
    back = chain.next(4)
    assert (back.state, back.since) == (State.BACK, None)
    after = chain.next(4)
    assert (after.state, after.reference_days) == (State.STEADY, 15)
    assert chain.next(38).state is State.CHANGED


def test_a_change_that_stays_a_week_is_the_new_level() -> None:
    chain = quiet()
    assert chain.next(38).state is State.CHANGED
    since = chain.past[-1].since
    states = [chain.next(34 + number % 5).state for number in range(6)]
    assert states == [State.STILL] * 6
    settled = chain.next(36)
    assert (settled.state, settled.reference_from) == (State.STEADY, since)
    assert settled.reference_days == 7
    assert chain.next(36).reference_days == 8
    back = chain.next(2)
    assert (back.state, back.is_worse) == (State.CHANGED, False)


def test_a_day_of_few_questions_does_not_end_a_change() -> None:
    chain = quiet()
    since = chain.next(38).since
    few = chain.next(2, of=3)
    assert (few.state, few.since) == (State.NOT_ENOUGH, since)
    assert chain.next(38).state is State.STILL


def test_all_series_of_a_day_are_one_family() -> None:
    past = [
        PastDay(
            sample=DaySample(
                day=START + timedelta(days=n), values=np.repeat([1.0, 0.0], [3 + n % 3, 37 - n % 3])
            ),
            state=State.STEADY,
        )
        for n in range(14)
    ]
    day = START + timedelta(days=14)
    one = DaySample(day=day, values=np.repeat([1.0, 0.0], [13, 27]))
    same = DaySample(day=day, values=np.repeat([1.0, 0.0], [4, 36]))
    (alone,) = judge_day({REVIEWS: one}, {REVIEWS: past}, day)
    others = {
        Series(
            name=f"s{n}",
            label="",
            kind=REVIEWS.kind,
            unit=REVIEWS.unit,
            higher_is_better=None,
            description="",
        ): same
        for n in range(9)
    }
    together = judge_day({REVIEWS: one, **others}, dict.fromkeys((REVIEWS, *others), past), day)
    assert alone.p == alone.p_adjusted == together[0].p
    assert alone.p is not None
    assert together[0].p_adjusted == pytest.approx(min(1.0, 10 * alone.p))


def test_a_mix_names_its_shares() -> None:
    chain = Chain(CATEGORIES)
    for number in range(10):
        chain.judge(DaySample(day=chain.day, counts={"hr": 20 + number % 3, "it": 20}))
    found = chain.judge(DaySample(day=chain.day, counts={"hr": 5, "billing": 35}))
    assert found.state is State.CHANGED
    assert found.shares["billing"] == (35 / 40, 0.0)
    assert found.value == pytest.approx(35 / 40)
    assert found.is_worse is None


def test_vectors_of_another_embedder_are_no_reference() -> None:
    chain = Chain(QUESTIONS)
    rows = np.eye(12, dtype=np.float32)
    for _ in range(8):
        chain.judge(DaySample(day=chain.day, vectors=rows, made_by="one"))
    assert chain.judge(DaySample(day=chain.day, vectors=rows, made_by="one")).state is State.STEADY
    other = chain.judge(DaySample(day=chain.day, vectors=rows, made_by="two"))
    assert other.missing == "0 of the 7 days that a reference must have"


def test_days_before_the_window_are_forgotten() -> None:
    chain = quiet(40)
    assert chain.next(4).reference_days == 28


@pytest.mark.slow
def test_days_that_differ_by_nature_give_no_alarm() -> None:
    chain = Chain(CONFIDENCE)
    random = np.random.default_rng(3)
    states = []
    for number in range(28):
        level = 0.3 if number % 2 else 0.7
        values = np.clip(random.normal(level, 0.05, 60), 0, 1)
        states.append(chain.judge(DaySample(day=chain.day, values=values)).state)
    assert State.CHANGED not in states
