"""`deskhand triage`: train, evaluate, use and show the model that sorts questions.

$ deskhand triage train tickets.csv
$ deskhand triage predict --input new.jsonl --output sorted.jsonl
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bot.cli.json_lines import is_same_file, json_line, open_input, open_output, parse_line
from bot.cli.triage_report import print_evaluation, print_summary, summary
from engine.clock import now
from engine.compose import Engine, open_engine
from engine.errors import ModelUnavailable, WrongUse
from engine.settings import load_settings
from engine.triage.examples import ExampleSet, check_enough, read_examples, text_of
from engine.triage.judge import Judge, stored_model

_SEED = 7
_EMBEDDED_AT_ONCE = 256
_FIELDS = ("category", "category_confidence", "priority", "priority_confidence", "out_of_scope")


async def run(args: argparse.Namespace) -> int:
    """Does what the action names."""
    if args.action is None:
        raise WrongUse(
            "name an action: deskhand triage train|evaluate|predict|card|retrain|rollback; see "
            "--help"
        )
    if args.action in ("retrain", "rollback"):
        from bot.cli.retraining import rolled_back, trained_anew
        from evals.retraining.triage import retrain_triage, roll_back_triage

        if args.action == "rollback":
            return await rolled_back(roll_back_triage, as_json=args.json)
        with _progress() as tell:
            retrain = partial(retrain_triage, promote=not args.measure_only, tell=tell)
            return await trained_anew(retrain, as_json=args.json)
    return int(await _ACTIONS[args.action](args))


async def _train(args: argparse.Namespace) -> int:
    started = time.monotonic()
    examples = await _examples(args.file)
    check_enough(examples, args.file)
    from engine.triage.card import train  # scikit-learn: a second that other commands need not pay
    from evals.cases.overlap import TrainedOn, keep_training_texts, refuse_case_texts
    from evals.retraining.rows import keep_examples

    settings = load_settings()
    texts = [
        (f"line {line}", example.text)
        for line, example in zip(examples.lines, examples.examples, strict=True)
    ]
    await refuse_case_texts(settings.home, texts)
    async with open_engine(settings) as engine:
        with _progress() as tell:
            vectors = await _embed(engine, [e.text for e in examples.examples], tell)
            made_at = now()
            trained = await asyncio.to_thread(
                train,
                examples,
                vectors,
                embedder=(engine.embedder.name, engine.embedder.version),
                made_at=made_at,
                seed=_SEED,
                tell=tell,
            )
        model = stored_model(trained.body, trained.card, made_at)
        # Before the model itself: one in use whose texts are not known could not be checked.
        await keep_training_texts(
            engine.models, settings.tenant, TrainedOn.TRIAGE, model.version, texts, made_at
        )
        await keep_examples(
            engine.models, settings.tenant, model.version, examples.examples, made_at
        )
        await engine.models.save(settings.tenant, model)
    seconds = round(time.monotonic() - started, 1)
    made = summary(trained.card) | {"seconds": seconds}
    if args.json:
        print(json_line(made))
        return 0
    print_summary(made)
    print(f"trained in {seconds} s; in use from now on")
    return 0


async def _evaluate(args: argparse.Namespace) -> int:
    examples = await _examples(args.file) if args.file is not None else None
    async with open_engine(load_settings()) as engine:
        judge = await _judge(engine)
        if examples is None:
            found = dict(judge.card["held_out"]) | {"version": judge.version, "of": "held_out"}
        else:
            found = await _evaluate_file(engine, judge, examples)
    if args.json:
        print(json_line(found))
    else:
        print_evaluation(found)
    return 0


async def _evaluate_file(engine: Engine, judge: Judge, examples: ExampleSet) -> dict[str, Any]:
    """The model in use on a file, and a model trained on four fifths of it beside the baseline."""
    from engine.triage.card import judge as judged
    from engine.triage.card import measure

    assert judge.model is not None
    with _progress() as tell:
        vectors = await _embed(engine, [e.text for e in examples.examples], tell)
        found = await asyncio.to_thread(judged, judge.model, examples.examples, vectors, seed=_SEED)
        found |= {
            "version": judge.version,
            "of": "file",
            "trained_on_this_file": judge.card.get("data_hash") == examples.data_hash,
        }
        try:
            check_enough(examples, "the file")
        except WrongUse as error:
            found |= {"retrained": None, "why_not_retrained": str(error)}
        else:
            found["retrained"] = await asyncio.to_thread(
                measure, examples.examples, vectors, seed=_SEED, tell=tell
            )
    return found


async def _predict(args: argparse.Namespace) -> int:
    if args.output not in (None, "-") and is_same_file(args.input, args.output):
        raise WrongUse(f"--output {args.output} is the input itself; name another file")
    started = time.monotonic()
    async with open_engine(load_settings()) as engine:
        judge = await _judge(engine)
        with (
            open_input(args.input) as source,
            open_output(args.output) as sink,
            _progress() as tell,
        ):
            done = 0
            for batch in _batches(source):
                for row in await _predict_batch(engine, judge, batch):
                    sink.write(json_line(row) + "\n")
                sink.flush()
                done += len(batch)
                tell("sorted", done, 0)
    if args.json and args.output not in (None, "-"):
        print(json_line({"lines": done, "seconds": round(time.monotonic() - started, 3)}))
    return 0


async def _predict_batch(
    engine: Engine, judge: Judge, batch: Sequence[tuple[int, str]]
) -> list[dict[str, Any]]:
    """One object for each line, in order; one that is no text says why in `error`."""
    rows: list[dict[str, Any]] = []
    texts: dict[int, str] = {}
    for place, (number, line) in enumerate(batch):
        row: dict[str, Any] = {"id": str(number), **dict.fromkeys(_FIELDS)}
        try:
            given = parse_line(line)
            if not isinstance(given, dict):
                raise ValueError
            if "id" in given:
                row["id"] = given["id"]
            texts[place] = text_of(given)
        except WrongUse as error:
            row["error"] = f"line {number} {error}"
        except (ValueError, RecursionError):
            row["error"] = f"line {number} is no JSON object"
        rows.append(row)
    if texts and judge.model is not None:
        vectors = await engine.embedder.embed_many(list(texts.values()))
        verdicts = await asyncio.to_thread(judge.model.judge, list(texts.values()), vectors)
        for place, verdict in zip(texts, verdicts, strict=True):
            rows[place] |= {name: getattr(verdict, name) for name in _FIELDS}
    return rows


async def _card(args: argparse.Namespace) -> int:
    async with open_engine(load_settings()) as engine:
        judge = await _judge(engine)
    if args.json:
        print(json_line(judge.card | {"shipped": judge.is_starter}))
        return 0
    print_summary(summary(judge.card) | {"shipped": judge.is_starter})
    return 0


_ACTIONS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "train": _train,
    "evaluate": _evaluate,
    "predict": _predict,
    "card": _card,
}


async def _judge(engine: Engine) -> Judge:
    """The model in use; that the tenant's own one is not, is told on standard error."""
    judge = await engine.triage.of(engine.settings.tenant)
    if judge.model is None:
        raise ModelUnavailable(judge.why_not_own or "there is no triage model")
    return judge


async def _examples(file: str) -> ExampleSet:
    return await asyncio.to_thread(read_examples, Path(file))


Tell = Callable[[str, int, int], None]


async def _embed(engine: Engine, texts: Sequence[str], tell: Tell) -> NDArray[np.float32]:
    rows = np.empty((len(texts), engine.embedder.dimension), np.float32)
    for start in range(0, len(texts), _EMBEDDED_AT_ONCE):
        part = texts[start : start + _EMBEDDED_AT_ONCE]
        rows[start : start + len(part)] = await engine.embedder.embed_many(part)
        tell("texts embedded", start + len(part), len(texts))
    return rows


def _batches(source: TextIO) -> Iterator[list[tuple[int, str]]]:
    batch: list[tuple[int, str]] = []
    for number, line in enumerate(source, start=1):
        if line.strip():
            batch.append((number, line))
        if len(batch) == _EMBEDDED_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _progress() -> Iterator[Tell]:
    """Something to tell steps to, shown on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from bot.cli.terminal import console

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)
        yield lambda what, done, of: bar.update(
            task, description=what, completed=done, total=of or None
        )
