"""A short run against a real bot, and what is held against what is grown."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.soak.run import soak
from bot.soak.samples import Sample, judge
from bot.workspace.method_facts import PUBLISHED
from evals.corpora import SAMPLE
from evals.trends.chart import draw

FEW = SAMPLE / "knowledge" / "accounts"


@pytest.mark.slow
async def test_a_short_run_answers_every_question_and_draws_what_it_saw(tmp_path: Path) -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    done = await soak(24, per_second=8, seed=3, tell=lambda _: None, knowledge=FEW)
    assert done.figures["unanswered"] == 0
    assert done.figures["rss_last_mib"] > 50
    assert "queue" not in done.growing
    picture = tmp_path / "soak.svg"
    draw(done.panels, picture, title="24 questions")
    assert "questions that wait" in picture.read_text()


def samples(**growth: float) -> list[Sample]:
    """Ten minutes with a question a second; growth: of a field, for each question."""
    return [
        Sample(
            at_s=float(n),
            asked=n,
            resident_mib=400 + n,
            anonymous_mib=300 + (n % 7) + n * growth.get("memory", 0),
            open_files=30 + int(n * growth.get("files", 0)),
            cpu_s=n * 0.05,
            waiting=n % 3 + int(n * growth.get("queue", 0)),
        )
        for n in range(0, 600, 5)
    ]


STEADY = [(float(n), 0.1 + (n % 10) / 100) for n in range(600)]
SLOWER = [(at, took * (3 if at > 400 else 1)) for at, took in STEADY]


def test_what_stays_as_it_is_is_not_called_growing() -> None:
    figures, growing = judge(samples(), STEADY, seed=1)
    assert growing == []
    low, high = figures["own_growth_95"]
    assert low < 0 < high
    assert figures["p99_ratio"] == 1.0
    assert figures["cpu_ms_per_question"] == 50.0


@pytest.mark.parametrize(
    ("grown", "latencies", "named"),
    [
        ({"memory": 0.05}, STEADY, "memory"),
        ({"queue": 0.1}, STEADY, "queue"),
        ({"files": 0.1}, STEADY, "open_files"),
        ({}, SLOWER, "p99"),
    ],
)
def test_what_grows_is_named(
    grown: dict[str, float], latencies: list[tuple[float, float]], named: str
) -> None:
    assert judge(samples(**grown), latencies, seed=1)[1] == [named]
