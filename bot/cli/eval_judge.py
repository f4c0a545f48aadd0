"""`deskhand eval judge calibrate`: whether a model may judge, by what people said."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.cli.terminal import answer_counter
from engine.clock import now
from engine.compose import open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.settings import Settings
from evals.cases.overlap import TrainedOn, keep_training_texts, refuse_case_texts
from evals.judging.calibration import JudgeCalibration, calibrate, keep_calibration
from evals.judging.labels import LabelFile, read_labels

_HOSTED = "openai:"


async def run(args: argparse.Namespace, settings: Settings) -> int:
    """Calibrates; 1 where the model may not judge by any criterion."""
    model = args.judge.removeprefix(_HOSTED)
    if model == args.judge or not model:
        raise WrongUse(f"{args.judge[:60]!r} is no model; give one such as openai:gpt-4.1-mini")
    labels = await asyncio.to_thread(_read, args.file)
    texts = [
        (f"label {number}", label.request.question)
        for number, label in enumerate(labels.labels, start=1)
        if label.request.question
    ]
    await refuse_case_texts(settings.home, texts)
    for problem in labels.problems:
        print(f"left out: {one_line(problem)}", file=sys.stderr)
    async with open_engine(settings) as engine:
        with answer_counter(shown=sys.stderr.isatty(), what="judged") as counted:
            made = await calibrate(
                engine.hosted.grader(model), labels.labels, tell=lambda _: counted()
            )
        await keep_calibration(engine.models, settings.tenant, made)
        await keep_training_texts(
            engine.models, settings.tenant, TrainedOn.JUDGE, made.version, texts, now()
        )
    if args.json:
        print(json.dumps(_rendered(made, labels), ensure_ascii=False))
    else:
        _print(made)
    return 0 if any(each.usable for each in made.criteria.values()) else 1


def _read(path: str) -> LabelFile:
    try:
        found = read_labels(Path(path))
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    if not found.labels:
        first = f"; {found.problems[0]}" if found.problems else ""
        raise WrongUse(f"{path} holds no label{first}")
    return found


def _rendered(made: JudgeCalibration, labels: LabelFile) -> dict[str, Any]:
    return {
        "judge": made.judge,
        "version": made.version,
        "labels": len(labels.labels),
        "problems": list(labels.problems),
        "failed": made.failed,
        "criteria": {
            name.value: {**asdict(each), "usable": each.usable}
            for name, each in made.criteria.items()
        },
    }


def _print(made: JudgeCalibration) -> None:
    for name, each in made.criteria.items():
        said = "may be shown" if each.usable else f"is not shown: {each.why_not}"
        print(f"{name.value} by {made.judge} {said}")
    if made.failed:
        print(f"{made.failed:,} labels could not be judged")
