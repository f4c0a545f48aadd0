"""The port to a service that shows traces and experiments."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.errors import DeskhandError
from engine.mirroring.records import Experiment, MirroredDataset, Record


class MirrorFault(DeskhandError):
    """The service took nothing.

    retry_after_s: what it asked to be waited; None where it did not say. of_everything: whether
    all else would be refused too, as by a wrong key. too_large: fewer at a time may do.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool = False,
        retry_after_s: float | None = None,
        of_everything: bool = False,
        too_large: bool = False,
    ) -> None:
        super().__init__(message, retryable=retryable)
        self.retry_after_s = retry_after_s
        self.of_everything = of_everything
        self.too_large = too_large


class Deadline:
    """Until when a piece of work may go on; `stop` ends it sooner. Thread-safe."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._stopped = threading.Event()

    @property
    def left_s(self) -> float:
        """Seconds left; 0 when there are none."""
        return 0.0 if self._stopped.is_set() else max(0.0, self._at - time.monotonic())

    def stop(self) -> None:
        """Nothing more is begun; idempotent."""
        self._stopped.set()

    def sleep(self, seconds: float) -> bool:
        """Waits, unless that is longer than what is left; whether it waited to the end."""
        return seconds < self.left_s and not self._stopped.wait(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """Where an experiment is seen. link: empty where the service gave none. notes: sentences about
    what is missing."""

    link: str
    notes: tuple[str, ...] = ()


class Mirror(Protocol):
    """One service. It blocks: every call but `close` is made in a thread of the mirror's own.

    name: for people. Sending the same again replaces what was sent before.
    """

    name: str

    def check(self) -> str:
        """Asks for what only the keys open, and changes nothing; gives where that was, for people.

        Raises: MirrorFault.
        """
        ...

    def send(self, records: Sequence[Record], deadline: Deadline) -> None:
        """Sends traces and opinions, each request within the time limit of the settings.

        Raises: MirrorFault, where perhaps some were taken.
        """
        ...

    def upload(
        self, dataset: MirroredDataset, experiment: Experiment, deadline: Deadline
    ) -> Uploaded:
        """Brings the data set up to date and adds the experiment, as far as the time allows.

        Raises: MirrorFault where there is nothing to look at.
        """
        ...

    def close(self) -> None:
        """Closes its connections; idempotent, never waits."""
        ...
