from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from bot.telemetry.metrics import counted
from engine.adapters.openai_faults import ModelFault, retry_after_s
from engine.circuit_breaker import BreakerState
from engine.generation.prompt import Message
from engine.ledger import RESULTS
from evals.model_server.reply import Fault, Reply
from evals.model_server.server import ModelServer

pytestmark = pytest.mark.slow  # faults wait for their time limits

ASKED = (Message(role="system", content="Be brief."), Message(role="user", content="When is tea?"))
TEA = "Tea is served at four. [1]"
OpenLine = Callable[..., Any]


async def listen(line: Any, said: list[str] | None = None) -> str:
    pieces = [] if said is None else said
    async for piece in line.chat.stream(ASKED, max_output_tokens=64):
        pieces.append(piece)
    return "".join(pieces)


def tokens(line: Any) -> list[tuple[int, int, bool, bool]]:
    return [
        (r.usage.prompt_tokens, r.usage.completion_tokens, r.estimated, r.succeeded)
        for r in line.books.rows
    ]


async def test_an_answer_comes_in_pieces_and_is_booked_by_the_servers_own_counts(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(model="gpt-4.1-mini")
    server.queue.append(Reply(text=TEA))
    assert await listen(line) == TEA
    ((prompt, completion, estimated, succeeded),) = tokens(line)
    assert (prompt, completion) == (6, 7)
    assert (estimated, succeeded) == (False, True)
    (row,) = line.books.rows
    assert (row.purpose, row.model, row.trace_id) == ("answer", "gpt-4.1-mini", None)
    assert row.provider.startswith("127.0.0.1:")
    assert (row.usage.cost_usd, row.price_known) == (0.0, False)
    sent = server.requests[0].body
    assert sent["stream_options"] == {"include_usage": True}
    assert sent["max_tokens"] == 64


async def test_a_server_that_sends_no_counts_gets_estimates(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line()
    server.queue.append(Reply(text=TEA, usage=False))
    await listen(line)
    assert tokens(line) == [(14, 7, True, True)]


@pytest.mark.parametrize(
    ("refused", "left_out"),
    [
        (["stream_options"], "stream_options"),
        (["temperature"], "temperature"),
        (["stream_options", "temperature"], "temperature"),
    ],
)
async def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    server: ModelServer, open_line: OpenLine, refused: list[str], left_out: str
) -> None:
    line = open_line()
    server.refuses = set(refused)
    server.respond = lambda _: Reply(text=TEA)
    assert await listen(line) == TEA
    assert await listen(line) == TEA
    assert len(server.requests) == 2 + len(refused)
    assert left_out not in server.requests[-1].body
    assert [succeeded for *_, succeeded in tokens(line)] == [False] * len(refused) + [True] * 2
    assert line.lane.breaker.failures == 0


@pytest.mark.parametrize(
    ("refused", "taken"),
    [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")],
)
async def test_the_bound_of_an_answer_goes_by_the_name_that_the_server_takes(
    server: ModelServer, open_line: OpenLine, refused: str, taken: str
) -> None:
    line = open_line()
    server.refuses = {refused}
    server.respond = lambda _: Reply(text=TEA)
    assert await listen(line) == TEA
    assert server.requests[-1].body[taken] == 64
    assert refused not in server.requests[-1].body


async def test_a_refusal_that_names_nothing_makes_every_parameter_suspect_that_can_go(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line()
    server.refusal_names = False
    server.respond = lambda _: Reply(text=TEA)
    server.refuses = {"model"}
    with pytest.raises(ModelFault, match="refused the request"):
        await listen(line)
    assert line.lane.features.refused == set()
    server.refuses = {"stream_options"}
    assert await listen(line) == TEA
    assert await listen(line) == TEA
    assert "stream_options" not in server.requests[-1].body
    assert len(server.requests) == 5


async def test_an_answer_without_a_bound_is_never_asked_for(
    server: ModelServer, open_line: OpenLine
) -> None:
    server.refuses = {"max_tokens", "max_completion_tokens"}
    with pytest.raises(ModelFault, match="refused the request"):
        await listen(open_line())


FAULTS = [
    (Fault.UNAUTHORIZED, "refuses the key; mend OPENAI_API_KEY", 1),
    (Fault.WRONG_MODEL, "knows no model test-model; mend OPENAI_MODEL", 1),
    (Fault.OUT_OF_QUOTA, "no credit left", 1),
    (Fault.TOO_LONG, "too long for test-model; lower DESKHAND_RETRIEVAL__TOP_K", 1),
    (Fault.RATE_LIMITED, "limits how often", 3),
    (Fault.SERVER_ERROR, r"fault of its own \(status 500\)", 3),
]


@pytest.mark.parametrize(("fault", "sentence", "tries"), FAULTS)
async def test_each_fault_before_the_first_word_is_one_sentence_and_tried_again_where_it_may_help(
    server: ModelServer, open_line: OpenLine, fault: Fault, sentence: str, tries: int
) -> None:
    line = open_line(api_key="sk-secret-secret")
    server.respond = lambda _: Reply(text=TEA, fault=fault)
    with pytest.raises(ModelFault, match=sentence) as caught:
        await listen(line)
    assert caught.value.retryable == (tries > 1)
    assert "secret" not in str(caught.value)
    assert "http" not in str(caught.value)
    assert len(server.requests) == tries
    assert tokens(line) == [(0, 0, False, False)] * tries
    assert line.time.slept == [0.5, 1.0][: tries - 1]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.MALFORMED, Fault.HANG])
async def test_a_fault_before_the_first_word_of_a_stream_is_tried_again(
    server: ModelServer, open_line: OpenLine, fault: Fault
) -> None:
    line = open_line(first_token_s=2.0)
    server.queue.extend([Reply(fault=fault), Reply(text=TEA)])
    assert await listen(line) == TEA
    assert [succeeded for *_, succeeded in tokens(line)] == [False, True]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(text=TEA, fault=Fault.CUT), "dropped the connection"),
        (Reply(text=TEA, fault=Fault.MALFORMED), "cannot be read; check that OPENAI_BASE_URL"),
        (Reply(text=TEA, fault=Fault.CONTENT_FILTER), "content filter"),
        (Reply(text=TEA, finish_reason="length"), "DESKHAND_OPENAI__MAX_OUTPUT_TOKENS"),
        (Reply(text=""), "answered with nothing"),
    ],
)
async def test_a_fault_after_the_first_word_is_not_tried_again_and_its_words_are_booked(
    server: ModelServer, open_line: OpenLine, reply: Reply, sentence: str
) -> None:
    line = open_line()
    server.queue.append(reply)
    said: list[str] = []
    with pytest.raises(ModelFault, match=sentence):
        await listen(line, said)
    assert "".join(said) == reply.text
    assert len(server.requests) == 1
    ((prompt, completion, _, succeeded),) = tokens(line)
    assert prompt > 0
    assert completion == (7 if reply.text else 1)
    assert not succeeded


async def test_a_slow_drip_ends_when_its_time_is_over(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(total_s=2.0)
    server.queue.append(Reply(text=TEA * 20, piece_s=0.4))
    with pytest.raises(ModelFault, match="did not answer in time"):
        await listen(line)
    ((_, completion, estimated, succeeded),) = tokens(line)
    assert completion > 0
    assert (estimated, succeeded) == (True, False)


@pytest.mark.parametrize(
    ("retry_after", "slept"), [("2", [2.05]), ("0", [0.05]), (None, [0.5]), ("soon", [0.5])]
)
async def test_a_wait_that_the_server_asks_for_is_kept(
    server: ModelServer, open_line: OpenLine, retry_after: str | None, slept: list[float]
) -> None:
    line = open_line()
    limited = Reply(fault=Fault.RATE_LIMITED, retry_after=retry_after)
    server.queue.extend([limited, Reply(text=TEA)])
    assert await listen(line) == TEA
    assert line.time.slept == pytest.approx(slept)


async def test_metrics_tell_what_was_refused_as_too_much_from_what_failed(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line()
    server.queue.extend(
        [Reply(fault=Fault.RATE_LIMITED), Reply(fault=Fault.SERVER_ERROR), Reply(text=TEA)]
    )
    with counted() as meters:
        assert await listen(line) == TEA
        page = meters.page().decode()
    shown = re.findall(r'deskhand_model_calls_total\{.*result="(\w+)".*\} (\S+)', page)
    assert sorted(shown) == [(result, "1.0") for result in sorted(RESULTS)]


async def test_a_wait_longer_than_the_time_that_is_left_is_not_begun(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(total_s=10.0)
    server.queue.append(Reply(fault=Fault.RATE_LIMITED, retry_after="3600"))
    with pytest.raises(ModelFault, match="limits how often"):
        await listen(line)
    assert line.time.slept == []
    assert len(server.requests) == 1


def test_a_date_to_retry_after_is_read_as_well() -> None:
    from datetime import UTC, datetime

    noon = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    headers = {"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}
    assert retry_after_s(headers, now=noon) == 30.0
    assert retry_after_s({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, now=noon) == 0.0
    assert retry_after_s({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after_s({"retry-after": "nan"}) is None
    assert retry_after_s({}) is None


async def test_a_server_that_keeps_failing_is_left_alone_then_probed(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(attempts=1, breaker_failures=2, breaker_s=30.0)
    server.respond = lambda _: Reply(fault=Fault.SERVER_ERROR)
    for _ in range(2):
        with pytest.raises(ModelFault, match="status 500"):
            await listen(line)
    with pytest.raises(ModelFault, match="failed 2 times in a row and is left alone for 30 s"):
        await listen(line)
    assert len(server.requests) == 2
    line.time.now_s += 31
    with pytest.raises(ModelFault, match="status 500"):
        await listen(line)
    with pytest.raises(ModelFault, match="left alone"):
        await listen(line)
    assert len(server.requests) == 3
    line.time.now_s += 31
    server.respond = lambda _: Reply(text=TEA)
    assert await listen(line) == TEA
    assert line.lane.breaker.state is BreakerState.CLOSED


async def test_streams_that_always_break_off_open_the_breaker_too(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(breaker_failures=2)
    server.respond = lambda _: Reply(text=TEA, fault=Fault.CUT)
    for _ in range(2):
        with pytest.raises(ModelFault, match="dropped the connection"):
            await listen(line)
    assert line.lane.breaker.state is BreakerState.OPEN


async def test_what_is_wrong_with_one_request_does_not_count_against_the_server(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(breaker_failures=1)
    for fault in (Fault.TOO_LONG, Fault.CONTENT_FILTER):
        server.queue.append(Reply(text=TEA, fault=fault))
        with pytest.raises(ModelFault):
            await listen(line)
    assert line.lane.breaker.state is BreakerState.CLOSED


async def test_a_server_that_is_not_there_is_said_to_be(open_line: OpenLine) -> None:
    line = open_line(base_url="http://user:secret@127.0.0.1:9/v1")
    with pytest.raises(ModelFault, match=r"127\.0\.0\.1:9 cannot be reached") as caught:
        await listen(line)
    assert "secret" not in str(caught.value)
    assert "secret" not in str(line.books.rows)


async def test_no_more_calls_run_at_once_than_may(server: ModelServer, open_line: OpenLine) -> None:
    line = open_line(max_concurrency=2)
    server.respond = lambda _: Reply(text=TEA, first_s=0.05)
    assert await asyncio.gather(*(listen(line) for _ in range(6))) == [TEA] * 6
    assert server.most_open == 2


async def test_a_reader_that_stops_ends_the_call_and_pays_for_what_it_read(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(max_concurrency=1)
    server.queue.append(Reply(text=TEA * 100, piece_s=0.01))
    async with aclosing(line.chat.stream(ASKED, max_output_tokens=64)) as pieces:
        await anext(pieces)
    ((_, completion, estimated, succeeded),) = tokens(line)
    assert (completion, estimated, succeeded) == (2, True, True)
    server.queue.append(Reply(text=TEA))
    assert await listen(line) == TEA


async def test_a_question_that_is_cancelled_is_paid_for_and_frees_its_place(
    server: ModelServer, open_line: OpenLine
) -> None:
    line = open_line(max_concurrency=1)
    server.queue.append(Reply(text=TEA * 100, piece_s=0.05))
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in line.chat.stream(ASKED, max_output_tokens=64):
            begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert [succeeded for *_, succeeded in tokens(line)] == [False]
    assert line.lane.breaker.failures == 0
    server.queue.append(Reply(text=TEA))
    assert await listen(line) == TEA


@pytest.mark.parametrize("refuses", [set(), {"response_format"}])
async def test_a_whole_answer_asks_for_its_form_where_the_server_can_give_it(
    server: ModelServer, open_line: OpenLine, refuses: set[str]
) -> None:
    line = open_line()
    server.refuses = refuses
    server.respond = lambda _: Reply(text="{}")
    said = await line.chat.whole(
        ASKED, max_output_tokens=9, response_format={"type": "json_object"}
    )
    assert said == "{}"
    assert ("response_format" in server.requests[-1].body) == (not refuses)
    assert tokens(line)[-1] == (6, 1, False, True)
