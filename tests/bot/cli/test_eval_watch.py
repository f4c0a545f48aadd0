from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # every test starts the command


def test_a_day_without_questions_is_watched_and_told(deskhand: Any) -> None:
    found = deskhand.json("eval", "watch", "--day", "2026-03-01")
    assert (found["day"], found["asked"], found["changed"]) == ("2026-03-01", 0, [])
    assert {row["state"] for row in found["series"]} == {"not_enough"}
    with open(found["report"]["json"], encoding="utf-8") as file:  # noqa: PTH123
        assert json.load(file)["asked"] == 0
    told = deskhand.run("eval", "watch", "--day", "2026-03-01")
    assert told.returncode == 0
    assert "No questions were asked" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--day", "yesterday"), "is no day"),
        (("--day", "2999-01-01"), "has not ended yet"),
        (("--timezone", "Mars/Base"), "is no time zone"),
        (("--false-alarm-rate", "2"), "between 0 and 1"),
    ],
)
def test_wrong_use_is_one_sentence(deskhand: Any, arguments: tuple[str, ...], said: str) -> None:
    done = deskhand.run("eval", "watch", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
