"""What waits to be sent to one service, and the thread that sends it."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

from engine.fault_place import place
from engine.mirroring.mirror import Deadline, Mirror, MirrorFault
from engine.mirroring.records import Record

log = logging.getLogger(__name__)

_BATCH = 20
_ATTEMPTS = 3
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_SAY_EVERY_S = 60.0
_SEND_S = 60.0


class Outbox:
    """Takes records without ever waiting, and drops what does not fit or cannot be sent.

    What is dropped is counted, and said in one line of the log a minute. The thread is a daemon:
    a service that never answers cannot keep the program alive. prepare: makes a record fit to
    leave, in the thread; what it raises drops that record alone.
    """

    def __init__(
        self,
        mirror: Mirror,
        *,
        prepare: Callable[[Record], Record],
        most: int,
        first_pause_s: float = _FIRST_PAUSE_S,
    ) -> None:
        self._mirror = mirror
        self._prepare = prepare
        self._queue: queue.Queue[Record | None] = queue.Queue(most)
        self._first_pause_s = first_pause_s
        self._under_way = 0
        self._abandoned = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._dropped: Counter[str] = Counter()
        self._said_at = float("-inf")
        self.sent = 0
        self.dropped = 0

    def put(self, record: Record) -> None:
        """Queues it; where the queue is full or closed it is dropped. Never blocks or raises."""
        if self._closing.is_set():
            self._drop(1, "the program is stopping")
            return
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self._drop(1, "too many wait")
            return
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name=f"deskhand-{self._mirror.name.lower()}", daemon=True
            )
            self._thread.start()

    async def aclose(self, within_s: float) -> None:
        """Sends what waits, for at most so long, then stops; idempotent."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._thread is not None:
            # By polling: a thread that waits for it would outlive a service that hangs.
            ends_at = time.monotonic() + within_s
            while not self._over.is_set() and time.monotonic() < ends_at:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        self._abandoned.set()
        if left := self._queue.qsize() + self._under_way:
            self._drop(left, "the program stopped")
        self._say(last=True)
        self._mirror.close()

    def _run(self) -> None:
        try:
            while batch := self._next():
                self._under_way = len(batch)
                self._send(self._prepared(batch))
                self._under_way = 0
        finally:
            self._over.set()

    def _next(self) -> list[Record]:
        """What waits, at least one; empty once the box is closed and nothing waits."""
        batch: list[Record] = []
        while len(batch) < _BATCH:
            try:
                record = self._queue.get(timeout=0 if batch else 0.1)
            except queue.Empty:
                if batch or self._closing.is_set():
                    break
                self._say()
                continue
            if record is not None:
                batch.append(record)
        return [] if self._abandoned.is_set() else batch

    def _prepared(self, batch: Sequence[Record]) -> list[Record]:
        made = []
        for record in batch:
            try:
                made.append(self._prepare(record))
            except Exception as error:  # an unforeseen text must not end the thread
                self._drop(1, f"{type(error).__name__} at {place(error)}")
        return made

    def _send(self, records: Sequence[Record]) -> None:
        failures = 0
        while records:
            fault = self._try(records)
            if self._abandoned.is_set():
                return  # it was counted as dropped
            if fault is None:
                self.sent += len(records)
                return
            if fault.too_large and len(records) > 1:
                middle = len(records) // 2
                self._send(records[:middle])
                records = records[middle:]
                continue
            failures += 1
            if not fault.retryable or failures >= _ATTEMPTS:
                self._drop(len(records), str(fault))
                if fault.retryable or fault.of_everything:
                    # So that a service that is down, or refuses the key, is not asked all the time.
                    self._pause(_LONGEST_PAUSE_S if fault.of_everything else self._first_pause_s)
                return
            pause_s = self._first_pause_s * 2**failures
            if not self._pause(min(max(pause_s, fault.retry_after_s or 0.0), _LONGEST_PAUSE_S)):
                self._drop(len(records), str(fault))
                return

    def _try(self, records: Sequence[Record]) -> MirrorFault | None:
        try:
            self._mirror.send(records, Deadline(_SEND_S))
        except MirrorFault as fault:
            return fault
        except Exception as error:  # a vendor's library may raise anything
            return MirrorFault(f"{self._mirror.name}: {type(error).__name__} at {place(error)}")
        return None

    def _pause(self, seconds: float) -> bool:
        """Waits; false as soon as the box is being closed."""
        self._say()
        return not self._closing.wait(seconds)

    def _drop(self, count: int, why: str) -> None:
        with self._lock:
            self._dropped[why] += count
            self.dropped += count
        self._say()

    def _say(self, *, last: bool = False) -> None:
        with self._lock:
            now = time.monotonic()
            if not self._dropped or (now - self._said_at < _SAY_EVERY_S and not last):
                return
            dropped, self._dropped, self._said_at = self._dropped, Counter(), now
        count, (why, _) = dropped.total(), dropped.most_common(1)[0]
        log.warning("%d not sent to %s: %s", count, self._mirror.name, why)
