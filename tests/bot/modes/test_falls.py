"""When verdicts prove that a channel's answers are right too rarely."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.modes.falls import fall_of, speaks_for_all
from engine.storage.channel_modes import Mode
from engine.storage.verdicts import JudgedAnswer, Source, Verdict

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def answers(verdicts: Sequence[Verdict | None]) -> list[JudgedAnswer]:
    return [
        JudgedAnswer(
            question_id=f"{number:04}",
            team="T1",
            channel="C1",
            mode=Mode.AUTO,
            outcome="answered",
            confidence=0.9,
            fingerprint="f",
            asked_at=NOW + timedelta(minutes=number),
            revision=1,
            verdict=verdict,
            source=Source.ASKER if verdict else None,
            score=None,
            judged_at=NOW + timedelta(minutes=number) if verdict else None,
        )
        for number, verdict in enumerate(verdicts)
    ]


def test_a_few_wrong_answers_prove_nothing() -> None:
    assert fall_of(answers([Verdict.WRONG] * 9), 0.9) is None


def test_a_fall_counts_from_the_recent_verdicts() -> None:
    judged = answers([Verdict.RIGHT] * 40 + [Verdict.WRONG] * 20)
    fall = fall_of(judged, 0.9)
    assert fall is not None
    assert (fall.judged, fall.right) == (60, 40)
    assert fall.since == judged[30].asked_at


def test_wrong_ones_alone_of_a_channel_at_its_target_do_not_speak_for_all() -> None:
    complaints = [Verdict.WRONG] * 10
    assert not speaks_for_all(answers(complaints + [None] * 90), 0.9)
    assert speaks_for_all(answers(complaints + [Verdict.RIGHT] + [None] * 89), 0.9)
    assert not speaks_for_all([], 0.9)
