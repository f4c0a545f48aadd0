"""`deskhand eval small-model`: what a smaller model loses on easy questions, and whether it may.

$ deskhand eval small-model own
120 easy questions: 1 is answered wrongly for the small model's sake, 0 the other way round
at most 4.6% are lost (95%), for 31% of the cost; it writes easy answers from now on
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid

from bot.cli.json_lines import json_line
from bot.cli.terminal import answer_counter
from engine.clock import now
from engine.containment import one_line
from engine.settings import Settings
from engine.small_model.permit import Measured, SmallModelPermit
from engine.storage.models import ModelStore
from evals.cases.overlap import refuse_trained_cases
from evals.reports.wording import counted
from evals.running.opening import open_database, open_target
from evals.running.targets import load_target, target_name
from evals.small_model.measuring import Measuring
from evals.suites.metric import Suite

_NAMED = 10


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Measures, and keeps what it found; 1 where the small model may not write by it."""
    target = await asyncio.to_thread(
        load_target, target_name(args.target), settings.home, tuple(Suite)
    )
    bound = settings.openai.small_model_loss
    async with open_database(settings) as database:
        models = ModelStore(database)
        await refuse_trained_cases(models, settings.tenant, target.dataset.cases)
        async with open_target(target, settings, lambda _: None, models=True) as engine:
            with answer_counter(shown=sys.stderr.isatty(), what="asked") as told:
                measuring = Measuring(
                    engine=engine,
                    each_usd=settings.slack.max_cost_usd,
                    limit_usd=args.max_cost or settings.evals.max_cost_usd,
                    tell=told,
                )
                found = await measuring.run(target.dataset.cases)
        kept = SmallModelPermit(store=models, model=found.model, small=found.small, bound=bound)
        await kept.save(settings.tenant, found, uuid.uuid4().hex[:12], now)
    allowed = found.allows(found.model, found.small, bound)
    if args.json:
        print(json_line(_rendered(found, measuring, bound, allowed=allowed)))
    else:
        _print(found, measuring, bound, allowed=allowed)
    return 0 if allowed else 1


def _print(found: Measured, measuring: Measuring, bound: float, *, allowed: bool) -> None:
    wrongly = "is answered wrongly" if found.lost == 1 else "are answered wrongly"
    print(
        f"{counted(found.cases, 'easy question')}: {found.lost:,} {wrongly} for the small model's "
        f"sake, {found.gained:,} the other way round"
    )
    share = found.small_cost_usd / found.cost_usd if found.cost_usd else None
    cost = "" if share is None else f", for {share:.0%} of the cost"
    verdict = (
        "it writes easy answers from now on"
        if allowed
        else f"that is more than {bound:.1%} (DESKHAND_OPENAI__SMALL_MODEL_LOSS), so it writes none"
    )
    print(f"at most {found.most_lost:.1%} are lost (95%){cost}; {verdict}")
    for name in measuring.lost[:_NAMED]:
        print(f"  lost: {one_line(name)}")


def _rendered(
    found: Measured, measuring: Measuring, bound: float, *, allowed: bool
) -> dict[str, object]:
    return {
        "model": found.model,
        "small": found.small,
        "easy": found.cases,
        "lost": found.lost,
        "gained": found.gained,
        "most_lost": round(found.most_lost, 4),
        "bound": bound,
        "allowed": allowed,
        "cost_usd": round(found.cost_usd, 6),
        "small_cost_usd": round(found.small_cost_usd, 6),
        "lost_cases": measuring.lost,
    }
