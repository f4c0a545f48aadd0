"""`deskhand calibrate`: the confidence made honest by verdicts, if held-out ones say it is.

$ deskhand calibrate
not promoted: 12 held-out answers were judged since the last change; 40 are needed
"""

from __future__ import annotations

import argparse
from functools import partial

from bot.cli.retraining import rolled_back, trained_anew
from engine.errors import WrongUse
from evals.retraining.calibration import recalibrate, roll_back_calibration


async def run(args: argparse.Namespace) -> int:
    """Holds the contest, or goes back."""
    if args.rollback:
        if args.measure_only:
            raise WrongUse("--rollback measures nothing; leave --measure-only out")
        return await rolled_back(roll_back_calibration, as_json=args.json)
    contest = partial(recalibrate, promote=not args.measure_only)
    return await trained_anew(contest, as_json=args.json)
