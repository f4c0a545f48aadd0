from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.adapters.openai_steps import OpenAiStepWriter
from engine.errors import ModelUnavailable
from engine.generation.step_prompt import OpenCase
from engine.question import Question
from engine.trace import TriageVerdict
from evals.model_server.reply import Fault, Reply
from evals.model_server.server import ModelServer

OpenLine = Callable[..., Any]
CASE = OpenCase(
    question=Question(id="1", text="Where is the gateway?"),
    hits=(),
    triage=TriageVerdict(),
    reasons=(),
    unmet=("gateway",),
    draft="",
)


def writer(line: Any) -> OpenAiStepWriter:
    return OpenAiStepWriter(line.chat, max_output_tokens=300)


@pytest.mark.parametrize(
    "said",
    [
        '{"steps": ["Look.", "Answer."]}',
        'Sure:\n```json\n{"steps": ["Look.", "Answer."]}\n```',
        '<think>Maybe {"steps": ["Wait."]}?</think> {"steps": ["Look.", "Answer."]} {"x": 1}',
    ],
)
async def test_steps_come_by_structured_output_or_from_plain_json(
    server: ModelServer, open_line: OpenLine, said: str
) -> None:
    line = open_line(purpose="steps")
    server.queue.append(Reply(text=said))
    assert await writer(line).propose(CASE) == ("Look.", "Answer.")
    (sent,) = server.requests
    assert sent.body["response_format"]["json_schema"]["name"] == "next_steps"
    assert sent.body["max_tokens"] == 300
    (row,) = line.books.rows
    assert (row.purpose, row.succeeded) == ("steps", True)


@pytest.mark.parametrize("names", [True, False])
async def test_a_server_that_refuses_structured_output_is_asked_in_words_from_then_on(
    server: ModelServer, open_line: OpenLine, names: bool
) -> None:
    server.refuses, server.refusal_names = {"response_format"}, names
    server.respond = lambda _: Reply(text='{"steps": ["Look."]}')
    line = open_line()
    for _ in range(2):
        assert await writer(line).propose(CASE) == ("Look.",)
    assert ["response_format" in r.body for r in server.requests] == [True, False, False]
    assert [row.succeeded for row in line.books.rows] == [False, True, True]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(text='{"steps": ["Look.", '),
        Reply(text='{"steps": "Look."}'),
        Reply(text='{"steps": [{"do": "Look."}]}'),
        Reply(text='["Look."]'),
        Reply(text="Look."),
        Reply(text=""),
        Reply(text='{"steps": ["Look."]}', finish_reason="length"),
        Reply(text="x", fault=Fault.CONTENT_FILTER),
        Reply(text="x", fault=Fault.MALFORMED),
        Reply(text="x", fault=Fault.RATE_LIMITED, retry_after="30"),
    ],
)
async def test_what_is_no_list_of_steps_is_a_fault_and_is_booked(
    server: ModelServer, open_line: OpenLine, reply: Reply
) -> None:
    line = open_line(attempts=1)
    server.queue.append(reply)
    with pytest.raises(ModelUnavailable):
        await writer(line).propose(CASE)
    assert len(line.books.rows) == 1


async def test_the_longest_answer_is_priced_before_the_call(open_line: OpenLine) -> None:
    assert writer(open_line()).cost_usd(CASE) == 0  # a server of one's own
    paid = open_line(base_url=None, api_key="sk-x", model="gpt-4.1-mini")
    assert 0.0005 < writer(paid).cost_usd(CASE) < 0.01
