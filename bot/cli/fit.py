"""`deskhand fit`: learns how much the documents answer, where the shipped model fails on them.

$ deskhand fit
the shipped model serves: it tells 720 questions with documents held out apart, AUROC 0.83
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.answerability.fit import LEAST_EXAMPLES, Fit
from engine.audience import FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.settings import load_settings


async def run(args: argparse.Namespace) -> int:
    """Fits, and says how well the fit does on questions left out of it."""
    async with open_engine(load_settings()) as engine:
        await engine.make_ready()
        made = await refit(engine)
    if args.json:
        print(json.dumps(render_fit(made)))
    elif made is None:
        print(f"too few passages to learn from: {LEAST_EXAMPLES} questions of each kind are needed")
    elif not made.learnt:
        print(
            f"the shipped model serves: it tells {made.examples:,} questions with documents held "
            f"out apart, AUROC {made.auroc:.2f}"
        )
    else:
        print(
            f"learnt from {made.examples:,} questions with documents held out: "
            f"AUROC {made.auroc:.2f}, calibration error {made.ece:.3f}"
        )
    return 0


async def refit(engine: Engine) -> Fit | None:
    """Fits to what full members may read."""
    return await engine.answerability.refit(engine.settings.tenant, FULL_MEMBER)


def render_fit(made: Fit | None) -> dict[str, Any]:
    """The figures of a fit; only `examples` where there was too little to learn from."""
    if made is None:
        return {"examples": 0}
    return {
        "examples": made.examples,
        "learnt": made.learnt,
        "prior_log_loss": round(made.prior_log_loss, 4),
        "log_loss": round(made.log_loss, 4),
        "auroc": round(made.auroc, 4),
        "brier": round(made.brier, 4),
        "ece": round(made.ece, 4),
        "weights": [round(w, 4) for w in made.model.weights],
        "intercept": round(made.model.intercept, 4),
        "reliability": [
            {
                "low": b.low,
                "high": b.high,
                "questions": b.rows,
                "mean_probability": round(b.mean_probability, 4),
                "answerable_share": round(b.true_share, 4),
            }
            for b in made.reliability
        ],
    }
