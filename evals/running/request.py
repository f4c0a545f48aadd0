"""What a run is asked to do."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import Any

from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import Run
from evals.cases.hashing import Split
from evals.judging.opening import LOCAL
from evals.suites.metric import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """One run, as it is asked for.

    target: `sample`, a suite's name, `own`, or a file or folder. suites: restricts what is
    computed; empty means all that the target has. compare: what to compare with; None compares
    with nothing. gate: whether a regression fails. judge: `local`, or `openai:MODEL`. models:
    False measures what is shipped, whatever models the settings name. fresh: ask again what is
    cached. split: the part of the cases; None means all. concurrency: cases at the same time; None
    means the setting. max_cost_usd: None means the setting. seed: of intervals and tests. run_id:
    of a run that waits for its process. requested_by: who asked, such as `cli`.
    """

    target: str
    suites: tuple[str, ...] = ()
    compare: str | None = None
    gate: bool = False
    judge: str = LOCAL
    models: bool = True
    fresh: bool = False
    split: str | None = None
    concurrency: int | None = None
    max_cost_usd: float | None = None
    seed: int = 7
    run_id: str | None = None
    requested_by: str = "cli"

    def options(self) -> dict[str, Any]:
        """What tells two runs of a target apart, as it is stored with them."""
        return {
            "suites": sorted(self.suites),
            "judge": self.judge,
            "models": self.models,
            "fresh": self.fresh,
            "split": self.split,
            "seed": self.seed,
        }

    def of_run(self, run: Run) -> RunRequest:
        """This request with all that a stored run was started with."""
        names = {field.name for field in fields(self)} - {"target", "run_id", "requested_by"}
        stored = {name: value for name, value in run.options.items() if name in names}
        if "suites" in stored:
            stored["suites"] = tuple(stored["suites"])
        return replace(
            self, target=run.target, run_id=run.id, requested_by=run.requested_by, **stored
        )

    def slots(self, settings: Settings) -> int:
        """Cases at the same time: a processor each, or more where a server does the work."""
        if self.concurrency is not None:
            return self.concurrency
        if settings.evals.concurrency is not None:
            return settings.evals.concurrency
        processors = len(os.sched_getaffinity(0))
        hosted = settings.openai.api_key is not None or settings.openai.base_url is not None
        return max(processors, settings.openai.max_concurrency) if hosted else processors


def parse_suites(names: tuple[str, ...]) -> tuple[Suite, ...]:
    """Suites in the catalogue's order; none named means all.

    Raises: WrongUse naming the first that is none, and what there is.
    """
    there = [suite.value for suite in Suite]
    for name in names:
        if name not in there:
            raise WrongUse(f"{name[:60]!r} is no suite; there are {', '.join(there)}")
    return tuple(suite for suite in Suite if not names or suite.value in names)


def parse_split(name: str | None) -> Split | None:
    """A part of a data set; None for all of it.

    Raises: WrongUse for another name.
    """
    try:
        return None if name is None else Split(name)
    except ValueError:
        raise WrongUse(f"{name!r} is no split; there are {', '.join(Split)}") from None
