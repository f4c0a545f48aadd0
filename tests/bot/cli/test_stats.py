from __future__ import annotations

from typing import Any

import pytest

from engine.figures.definitions import DEFINITIONS

pytestmark = pytest.mark.slow  # every test starts the command


def test_stats_of_nothing_say_so_and_what_each_figure_means(deskhand: Any) -> None:
    shown = deskhand.run("stats")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "No questions were asked in the last 7 days." in shown.stdout
    for definition in DEFINITIONS.values():
        assert definition.sentence in shown.stdout
    found = deskhand.json("stats", "--days", "28", "--channel", "C0123ABC")
    assert found["questions"] == 0
    assert found["answered_alone"]["share"] is None
    assert (found["review_load"], found["top_gaps"]) == ([], [])


def test_stats_refuse_what_is_no_period_or_channel(deskhand: Any, refused: Any) -> None:
    refused(deskhand.run("stats", "--days", "0"), 2, "--days", "3660")
    refused(deskhand.run("stats", "--channel", "general"), 2, "--channel", "id")
