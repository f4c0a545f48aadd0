"""What an ingestion tells while it runs, and what it did when it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from engine.knowledge.quarantine import Warned
from engine.storage.sources import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands. listed: documents seen so far; complete: there are no more.

    done: of those, the ones dealt with. passages: published so far. current: a name, or "".
    """

    listed: int
    complete: bool
    done: int
    passages: int
    current: str


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run did, by document. passages: published by this run; ignored: no documents.

    warnings: documents that were read in this run and of which something is never quoted.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: list[Failure] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    passages: int = 0
    ignored: int = 0
    tokens: int = 0
    seconds: float = 0.0


Watch = Callable[[Progress], None]
