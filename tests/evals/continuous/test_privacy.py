from __future__ import annotations

import pytest

from evals.continuous.privacy import may_quote
from evals.continuous.scored_question import ScoredQuestion


async def is_c1(channel: str) -> bool:
    return channel == "C1"


@pytest.mark.parametrize(
    ("user", "channel", "facts", "include", "may"),
    [
        ("U1", "C1", True, False, True),
        ("U1", "C2", True, True, False),
        ("U1", "D1", True, True, False),
        ("U1", "C1", False, True, False),
        ("U1", None, True, True, False),
        (None, None, False, False, False),
        (None, None, False, True, True),
    ],
)
async def test_only_what_was_asked_in_public_or_outside_slack_is_quoted(
    user: str | None, channel: str | None, facts: bool, include: bool, may: bool
) -> None:
    question = ScoredQuestion(
        trace_id="t",
        question_id="q",
        text="What is my notice period?",
        user=user,
        channel=channel,
        outcome="answered",
        values={},
        labels={},
        problems=(),
    )
    found = await may_quote(question, is_public=is_c1 if facts else None, include_texts=include)
    assert found is may
