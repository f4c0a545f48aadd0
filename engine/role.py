"""What a process of the bot does; several of them share one database."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """web: takes events and answers questions. worker: does the jobs, of which one worker at a time
    is in charge. all: both."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        """Whether it takes events and answers questions."""
        return self is not Role.WORKER

    @property
    def does_jobs(self) -> bool:
        """Whether it may be in charge of the jobs."""
        return self is not Role.WEB
