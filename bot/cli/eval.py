"""`deskhand eval`: runs of questions with known answers, scored and compared.

$ deskhand eval run sample --gate
$ deskhand eval compare release 3f2a91c0
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from engine.errors import WrongUse
from engine.settings import Settings, load_settings

_EXIT_STOPPED = 130

_MODULES = {
    "list": "eval_runs",
    "show": "eval_runs",
    "cancel": "eval_runs",
    "baseline": "eval_baselines",
    "cases": "eval_cases",
    "judge": "eval_judge",
    "report": "eval_report",
    "schedule": "eval_schedules",
    "small-model": "eval_small_model",
    "watch": "eval_watch",
}


async def run(args: argparse.Namespace) -> int:
    """Does what the action names; 1 where a run failed, stopped early or does not pass."""
    if args.action is None:
        raise WrongUse("name an action, such as deskhand eval run sample; see --help")
    if args.action == "run":
        return await _run(args, load_settings())
    if args.action == "compare":
        return await _compare(args, load_settings())
    if getattr(args, "step", "") is None:
        raise WrongUse(f"say what to do: see deskhand eval {args.action} --help")
    from importlib import import_module

    module = import_module(f"bot.cli.{_MODULES[args.action]}")
    return int(await module.run(args, load_settings()))


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.cli.eval_output import print_finished, rendered
    from bot.cli.eval_progress import shown_progress
    from evals.running.request import RunRequest
    from evals.running.service import evaluate

    started = time.monotonic()
    request = RunRequest(
        target=args.target,
        suites=tuple(args.suite),
        compare=args.compare,
        gate=args.gate,
        judge=args.judge,
        models=not args.shipped,
        fresh=args.fresh,
        split=args.split,
        concurrency=args.concurrency,
        max_cost_usd=args.max_cost,
        seed=args.seed,
        run_id=args.run_id,
    )
    terminated = _end_when_told()
    try:
        with shown_progress() as watch:
            folder = Path(args.report) if args.report else None
            finished = await evaluate(request, settings, watch, report_folder=folder)
    except asyncio.CancelledError:
        if not terminated:
            raise
        print("deskhand: stopped; what was done is kept", file=sys.stderr)
        return _EXIT_STOPPED
    if args.json:
        print(json.dumps(rendered(finished, time.monotonic() - started), ensure_ascii=False))
    else:
        print_finished(finished)
    return 0 if finished.passed else 1


def _end_when_told() -> list[bool]:
    """A polite end, as at Ctrl-C, where a supervisor asks for it; not empty once one did."""
    task, told = asyncio.current_task(), list[bool]()
    assert task is not None

    def end() -> None:
        told.append(True)
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    return told


async def _compare(args: argparse.Namespace, settings: Settings) -> int:
    from bot.cli.eval_output import print_comparison, rendered_comparison
    from evals.running.baselines import find_record
    from evals.running.opening import open_evaluations
    from evals.statistics.compare import compare
    from evals.statistics.gate import gate

    async with open_evaluations(settings) as (store, _):
        before = await find_record(store, settings.tenant, args.before)
        after = await find_record(store, settings.tenant, args.after)
    found = await asyncio.to_thread(compare, before, after, args.seed)
    verdict = gate(found, after) if args.gate else None
    if args.json:
        print(json.dumps(rendered_comparison(found, verdict), ensure_ascii=False))
    else:
        print_comparison(found, verdict)
    return 1 if verdict is not None and not verdict.passed else 0
