from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.adapters.openai_grader import OpenAiGrader
from engine.errors import ModelUnavailable
from engine.verification.grading import Criterion, Grade, GradeRequest
from evals.model_server.reply import Reply
from evals.model_server.server import ModelServer

OpenLine = Callable[..., Any]
REQUEST = GradeRequest(
    criterion=Criterion.FAITHFULNESS, question="", text="Tea is at four.", evidence=("It is.",)
)


async def test_a_judgement_is_a_probability_with_its_reason(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(purpose="judge")
    server.queue.append(Reply(text='Well: {"probability": 0.25, "why": "It says five."}'))
    grader = OpenAiGrader(line.chat, max_output_tokens=256)
    assert grader.name == "openai:test-model:grade-1"
    assert await grader.grade(REQUEST) == Grade(0.25, "It says five.")
    (row,) = line.books.rows
    assert (row.purpose, row.succeeded) == ("judge", True)


async def test_a_server_without_structured_output_is_asked_in_words(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.refuses = {"response_format"}
    server.respond = lambda _: Reply(text='{"probability": 1, "why": ""}')
    found = await OpenAiGrader(open_line().chat, max_output_tokens=256).grade(REQUEST)
    assert found.probability == 1.0


async def test_an_answer_without_a_probability_is_a_fault(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.queue.append(Reply(text='{"probability": 1.5}'))
    with pytest.raises(ModelUnavailable, match="name another model as the judge"):
        await OpenAiGrader(open_line(attempts=1).chat, max_output_tokens=256).grade(REQUEST)
