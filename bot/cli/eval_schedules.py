"""`deskhand eval schedule add|list|remove`: what the bot runs by the clock."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from bot.evals.cron import next_due
from engine.clock import now
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings
from engine.storage.evaluation_run import Schedule
from engine.storage.evaluation_schedules import EvaluationSchedules
from evals.running.opening import open_database
from evals.running.request import RunRequest, parse_suites
from evals.running.targets import target_name


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Does what the step names."""
    async with open_database(settings) as database:
        store, tenant = EvaluationSchedules(database), settings.tenant
        if args.step == "add":
            schedule = await asyncio.to_thread(_schedule, args)
            await store.put(tenant, schedule)
            return _said(args, rendered_schedule(schedule), schedule_line(schedule))
        if args.step == "remove":
            if not await store.remove(tenant, args.name):
                raise WrongUse(f"there is no schedule {args.name[:60]!r}")
            return _said(args, {"removed": args.name}, f"removed {one_line(args.name)}")
        found = await store.all(tenant)
    lines = [schedule_line(schedule) for schedule in found]
    text = "\n".join(lines) or "nothing is scheduled; `deskhand eval schedule add --help`"
    return _said(args, {"schedules": [rendered_schedule(schedule) for schedule in found]}, text)


def _schedule(args: argparse.Namespace) -> Schedule:
    parse_suites(tuple(args.suite))
    name = target_name(args.target)
    request = RunRequest(target=name, suites=tuple(args.suite))
    compare = {} if args.compare is None else {"compare": args.compare}
    return Schedule(
        name=args.name,
        target=name,
        options={**request.options(), **compare},
        cron=args.cron,
        timezone=args.timezone,
        channel=args.channel,
        owner=args.owner,
        next_due_at=next_due(args.cron, args.timezone, now()),
    )


def _said(args: argparse.Namespace, found: dict[str, Any], text: str) -> int:
    print(json.dumps(found, ensure_ascii=False) if args.json else text)
    return 0


def rendered_schedule(schedule: Schedule) -> dict[str, Any]:
    """A schedule as JSON."""
    return {
        "name": schedule.name,
        "target": schedule.target,
        "options": dict(schedule.options),
        "cron": schedule.cron,
        "timezone": schedule.timezone,
        "channel": schedule.channel,
        "owner": schedule.owner,
        "next_due_at": schedule.next_due_at.isoformat(),
        "last_run_id": schedule.last_run_id,
    }


def schedule_line(schedule: Schedule) -> str:
    """A schedule in one line."""
    where = f", report in {schedule.channel}" if schedule.channel else ""
    return (
        f"{one_line(schedule.name)}: {one_line(schedule.target)} at {schedule.cron} "
        f"{schedule.timezone}, next {schedule.next_due_at:%Y-%m-%d %H:%M} UTC{where}"
    )
