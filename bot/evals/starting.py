"""Starts what is evaluated: a row for the run, and a row for what is told of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.clock import Clock
from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.announcements import Announcement, AnnouncementKind, AnnouncementStore
from engine.storage.evaluation_run import AlreadyRunning, Run
from engine.storage.evaluations import EvaluationStore
from evals.running.targets import OWN_TARGET, SAMPLE_TARGET, target_name
from evals.suites.metric import Suite

BY_CLOCK = "schedule:"
"""Before the schedule's name, in `Run.requested_by`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """Puts runs and comparisons into the database; what works on them finds them there.

    news: set where there is something new.
    """

    settings: Settings
    runs: EvaluationStore
    announcements: AnnouncementStore
    clock: Clock
    news: asyncio.Event

    @property
    def datasets(self) -> Path:
        """The folder of the data sets that may be named in Slack."""
        return self.settings.evals.datasets or self.settings.home / "evals" / "datasets"

    async def target(self, named: str) -> str:
        """The name under which a target's runs are stored.

        Who is an admin in Slack may not read every file of this machine, so a file or folder is
        one of `datasets`.

        Raises: WrongUse that says what there is.
        """
        return await asyncio.to_thread(self._target, named)

    def _target(self, named: str) -> str:
        suites = [suite.value for suite in Suite]
        if named in (SAMPLE_TARGET, OWN_TARGET, *suites):
            return named
        folder = self.datasets.resolve()
        try:
            path = (folder / named).resolve()
        except (OSError, ValueError):
            path = folder
        if path == folder or not path.is_relative_to(folder) or not path.exists():
            there = sorted(p.name for p in folder.iterdir())[:20] if folder.is_dir() else []
            sets = f", and the data sets {', '.join(there)}" if there else ""
            raise WrongUse(
                f"{named[:60]!r} is nothing to evaluate; there are {SAMPLE_TARGET}, the suites "
                f"{', '.join(suites)}, {OWN_TARGET}{sets}"
            )
        return target_name(str(path))

    def shown(self, target: str) -> str:
        """A target as it is named in Slack: no folder of this machine."""
        path = Path(target)
        folder = self.datasets.resolve()
        if path.is_absolute():
            return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name
        return target

    def discreet(self, sentence: str) -> str:
        """A sentence without the folders of this machine."""
        for folder in (self.datasets, self.datasets.resolve(), self.settings.home):
            sentence = sentence.replace(f"{folder}/", "")
        return sentence

    async def start(
        self,
        target: str,
        options: Mapping[str, Any],
        *,
        requested_by: str,
        channel: str,
        asked_by: str | None,
        owner: str | None,
    ) -> Run | AlreadyRunning:
        """A run that the next free process takes; the target's own where one is under way.

        Raises: StorageUnavailable.
        """
        at = self.clock()
        told = {"channel": channel, "asked_by": asked_by, "owner": owner}
        found = await self.runs.start(
            *(self.settings.tenant, target, options),
            requested_by=requested_by,
            owner=None,
            at=at,
            message=told,
        )
        if isinstance(found, Run):
            await self.announce(found, told)
        return found

    async def announce(self, run: Run, told: Mapping[str, Any] | None = None) -> None:
        """Has a run told of, where that is not so already.

        Raises: StorageUnavailable.
        """
        told = run.message if told is None else told
        await self.announcements.open(
            Announcement(
                id=run.id,
                tenant=run.tenant,
                kind=AnnouncementKind.RUN,
                channel=str(told.get("channel") or ""),
                asked_by=told.get("asked_by"),
                owner=told.get("owner"),
                subject={"target": run.target, "requested_by": run.requested_by},
                opened_at=self.clock(),
            )
        )
        self.news.set()

    async def compare(self, before: str, after: str, *, channel: str, asked_by: str) -> None:
        """Has two runs compared.  before, after: ids of runs, or names of baselines.

        Raises: WrongUse where one of them names none; StorageUnavailable.
        """
        ids = [await self.run_named(named) for named in (before, after)]
        await self.announcements.open(
            Announcement(
                id=str(uuid.uuid4()),
                tenant=self.settings.tenant,
                kind=AnnouncementKind.COMPARISON,
                channel=channel,
                asked_by=asked_by,
                subject={"before": ids[0], "after": ids[1], "named": [before, after]},
                opened_at=self.clock(),
            )
        )
        self.news.set()

    async def run_named(self, named: str) -> str:
        """The id of a run by a baseline's name, or by the first characters of an id.

        Raises: WrongUse where there is none; StorageUnavailable.
        """
        tenant = self.settings.tenant
        baseline = await self.runs.baseline(tenant, named)
        run = await self.runs.get(tenant, named if baseline is None else baseline.run_id)
        if run is None:
            raise WrongUse(f"{named[:60]!r} is no baseline and no run")
        return run.id
