from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.adapters.openai_verifier import OpenAiVerifier
from engine.errors import ModelUnavailable
from evals.model_server.reply import Fault, Reply
from evals.model_server.server import ModelServer

OpenLine = Callable[..., Any]
CLAIM, EVIDENCE = "Tea is at four.", ["Tea is served at four."]


def verifier(chat: Any, **changes: Any) -> OpenAiVerifier:
    return OpenAiVerifier(chat, **({"max_output_tokens": 1024} | changes))


@pytest.mark.parametrize(
    ("said", "probability", "supported"),
    [
        ('{"probability": 0.93, "why": "It says so."}', 0.93, True),
        ('{"probability": 0.4, "why": "Only partly."}', 0.4, False),
        ('Well:\n```json\n{"why": "yes", "probability": 1}\n```', 1.0, True),
        ('{"probability": 0.8, "why": "The set {a, b} is named."}', 0.8, True),
        ('<think>{"x": {}} {</think>{"probability": 0.75, "why": ""}', 0.75, True),
        ('{"probability": 7} then {"probability": 0}', 0.0, False),
    ],
)
async def test_a_models_judgement_is_a_probability(
    server: ModelServer, open_line: OpenLine, said: str, probability: float, supported: bool
) -> None:
    line = open_line(purpose="verify")
    server.queue.append(Reply(text=said))
    found = await verifier(line.chat).verify(CLAIM, EVIDENCE)
    assert (found.probability, found.supported) == (probability, supported)
    (sent,) = server.requests
    assert sent.body["response_format"]["type"] == "json_schema"
    assert EVIDENCE[0] not in sent.messages("system")
    assert EVIDENCE[0] in sent.messages("user")
    (row,) = line.books.rows
    assert (row.purpose, row.succeeded) == ("verify", True)


async def test_a_server_without_structured_output_is_asked_in_words(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.refuses = {"response_format"}
    server.respond = lambda _: Reply(text='{"probability": 0.9, "why": ""}')
    found = await verifier(open_line().chat).verify(CLAIM, EVIDENCE)
    assert found.supported


@pytest.mark.parametrize(
    "reply",
    [
        Reply(text="I think so."),
        Reply(text='{"probability": true}'),
        Reply(text='{"probability": "high"}'),
        Reply(text='{"probability": 0.9', finish_reason="length"),
        Reply(text="x", fault=Fault.CONTENT_FILTER),
        Reply(text="x", fault=Fault.MALFORMED),
        Reply(text="x", fault=Fault.CUT),
        Reply(text="x", fault=Fault.RATE_LIMITED),
    ],
)
async def test_no_judgement_is_a_fault_and_never_support(
    server: ModelServer, open_line: OpenLine, reply: Reply
) -> None:
    server.queue.append(reply)
    with pytest.raises(ModelUnavailable):
        await verifier(open_line(attempts=1).chat).verify(CLAIM, EVIDENCE)


async def test_a_model_that_spends_its_tokens_on_thinking_is_given_more_by_the_setting(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line()
    server.queue.append(Reply(text="", finish_reason="length"))
    with pytest.raises(ModelUnavailable, match="DESKHAND_OPENAI__MAX_OUTPUT_TOKENS"):
        await verifier(line.chat, max_output_tokens=3000).verify(CLAIM, EVIDENCE)
    assert server.requests[0].body["max_tokens"] == 3000
    (row,) = line.books.rows
    assert not row.succeeded
    assert row.usage.prompt_tokens > 0


async def test_the_verifiers_bound_is_sent_under_the_name_that_reasoning_models_insist_on(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.refuses = {"max_tokens", "temperature"}
    server.respond = lambda _: Reply(text='{"probability": 0.9, "why": ""}')
    assert (await verifier(open_line().chat).verify(CLAIM, EVIDENCE)).supported
    sent = server.requests[-1].body
    assert (sent["max_completion_tokens"], "temperature" in sent) == (1024, False)
