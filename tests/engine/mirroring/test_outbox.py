from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from engine.mirroring.mirror import Deadline, MirrorFault, Uploaded
from engine.mirroring.outbox import Outbox
from engine.mirroring.records import AnswerTrace, Experiment, MirroredDataset, Record
from tests.mirror_services import opinion, trace

BUSY = MirrorFault("Tracer at host is overloaded (429)", retryable=True, retry_after_s=0.01)
REFUSED = MirrorFault("Tracer at host refuses the key (401)", of_everything=True)
LARGE = MirrorFault("Tracer at host takes no request so large (413)", too_large=True)


@dataclass
class Tracer:
    """A service in memory. faults: raised by the next calls, one each. gate: calls wait for it."""

    name: str = "Tracer"
    faults: list[Exception] = field(default_factory=list)
    most: int = 1000
    gate: threading.Event = field(default_factory=threading.Event)
    calls: list[int] = field(default_factory=list)
    taken: list[Record] = field(default_factory=list)
    closed: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def send(self, records: Sequence[Record], deadline: Deadline) -> None:
        self.calls.append(len(records))
        self.gate.wait(30)
        if self.faults:
            raise self.faults.pop(0)
        if len(records) > self.most:
            raise LARGE
        self.taken += records

    def upload(
        self, dataset: MirroredDataset, experiment: Experiment, deadline: Deadline
    ) -> Uploaded:
        raise NotImplementedError

    def close(self) -> None:
        self.closed += 1


def as_it_is(record: Record) -> Record:
    return record


def box(tracer: Tracer, prepare: Callable[[Record], Record] = as_it_is, most: int = 100) -> Outbox:
    return Outbox(tracer, prepare=prepare, most=most, first_pause_s=0.005)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - looks at another thread
            await asyncio.sleep(0.005)


async def test_everything_that_waits_is_sent_in_order() -> None:
    tracer = Tracer()
    outbox = box(tracer)
    records = [trace(1), opinion(1), *(trace(n) for n in range(2, 60))]
    for record in records:
        outbox.put(record)
    await outbox.aclose(20)
    assert tracer.taken == records
    assert (outbox.sent, outbox.dropped, tracer.closed) == (60, 0, 1)
    assert max(tracer.calls) <= 20


async def test_what_does_not_fit_is_dropped_and_counted_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    tracer = Tracer()
    tracer.gate.clear()
    outbox = box(tracer, most=10)
    outbox.put(trace(0))
    await until(lambda: tracer.calls == [1])
    for n in range(1, 1001):
        outbox.put(trace(n))
    assert outbox.dropped == 990
    tracer.gate.set()
    await outbox.aclose(20)
    assert (outbox.sent, outbox.dropped) == (11, 990)
    lines = [r.getMessage() for r in caplog.records]
    assert lines == [
        "1 not sent to Tracer: too many wait",
        "989 not sent to Tracer: too many wait",
    ]


async def test_a_service_that_hangs_does_not_keep_the_program() -> None:
    tracer = Tracer()
    tracer.gate.clear()
    outbox = box(tracer)
    for n in range(50):
        outbox.put(trace(n))
    await until(lambda: bool(tracer.calls))
    before = threading.active_count()
    await outbox.aclose(0)
    assert (outbox.sent, outbox.dropped) == (0, 50)
    assert tracer.closed == 1
    mine = [t for t in threading.enumerate() if t.name == "deskhand-tracer"]
    assert [t.daemon for t in mine] == [True]
    assert threading.active_count() == before
    outbox.put(trace(99))
    assert outbox.dropped == 51
    tracer.gate.set()
    await asyncio.to_thread(mine[0].join, 20)
    assert not mine[0].is_alive()
    assert (outbox.sent, outbox.dropped) == (0, 51)


async def test_the_event_loop_goes_on_while_a_service_hangs() -> None:
    tracer = Tracer()
    tracer.gate.clear()
    outbox = box(tracer)
    outbox.put(trace(1))
    closing = asyncio.create_task(outbox.aclose(20))
    await until(lambda: bool(tracer.calls))
    assert not closing.done()
    tracer.gate.set()
    await closing
    assert outbox.sent == 1


async def test_what_is_busy_is_tried_again() -> None:
    tracer = Tracer(faults=[BUSY, BUSY])
    outbox = box(tracer)
    outbox.put(trace(1))
    await until(lambda: outbox.sent == 1)
    assert tracer.calls == [1, 1, 1]
    await outbox.aclose(20)


async def test_after_some_tries_it_is_dropped_and_the_next_is_sent() -> None:
    tracer = Tracer(faults=[BUSY, BUSY, BUSY])
    outbox = box(tracer)
    outbox.put(trace(1))
    await until(lambda: outbox.dropped == 1)
    outbox.put(trace(2))
    await until(lambda: outbox.sent == 1)
    assert tracer.taken == [trace(2)]
    await outbox.aclose(20)


async def test_a_refused_key_is_not_tried_again_at_once(caplog: pytest.LogCaptureFixture) -> None:
    tracer = Tracer(faults=[REFUSED] * 10)
    outbox = box(tracer)
    outbox.put(trace(1))
    await until(lambda: outbox.dropped == 1)
    outbox.put(trace(2))
    assert tracer.calls == [1]
    said = "1 not sent to Tracer: Tracer at host refuses the key (401)"
    await until(lambda: said in caplog.text)
    await outbox.aclose(20)
    assert outbox.dropped == 2


async def test_too_large_a_batch_is_sent_in_parts() -> None:
    tracer = Tracer(most=3)
    tracer.gate.clear()
    outbox = box(tracer)
    records = [trace(n) for n in range(21)]
    for record in records:
        outbox.put(record)
    tracer.gate.set()
    await outbox.aclose(20)
    assert sorted(tracer.taken, key=lambda r: str(r)) == sorted(records, key=lambda r: str(r))
    assert outbox.dropped == 0


async def test_one_that_is_too_large_alone_is_dropped_alone() -> None:
    tracer = Tracer(most=0)
    outbox = box(tracer)
    outbox.put(trace(1))
    await until(lambda: outbox.dropped == 1)
    tracer.most = 10
    outbox.put(trace(2))
    await outbox.aclose(20)
    assert tracer.taken == [trace(2)]


async def test_a_text_that_cannot_be_prepared_is_dropped_alone() -> None:
    def picky(record: Record) -> Record:
        if isinstance(record, AnswerTrace) and record.trace_id.int == 2:
            raise ValueError("a text of somebody")
        return record

    tracer = Tracer()
    outbox = box(tracer, picky)
    for n in (1, 2, 3):
        outbox.put(trace(n))
    await outbox.aclose(20)
    assert tracer.taken == [trace(1), trace(3)]
    assert outbox.dropped == 1


async def test_an_unforeseen_fault_of_the_service_does_not_end_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tracer = Tracer(faults=[RuntimeError("a text of somebody")])
    outbox = box(tracer)
    outbox.put(trace(1))
    await until(lambda: outbox.dropped == 1)
    outbox.put(trace(2))
    await outbox.aclose(20)
    assert tracer.taken == [trace(2)]
    assert "RuntimeError" in caplog.text
    assert "a text of somebody" not in caplog.text


async def test_a_box_that_was_never_used_has_no_thread_and_closes_twice() -> None:
    tracer = Tracer()
    outbox = box(tracer)
    before = threading.active_count()
    await outbox.aclose(20)
    await outbox.aclose(20)
    assert threading.active_count() == before
    assert tracer.closed == 1
