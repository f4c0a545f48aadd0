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
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from bot.cli.json_lines import is_same_file, json_line, open_input, open_output, parse_line
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
        raise WrongUse("name an action: deskhand triage train|evaluate|predict|card; see --help")
    return int(await _ACTIONS[args.action](args))


async def _train(args: argparse.Namespace) -> int:
    started = time.monotonic()
    examples = await _examples(args.file)
    check_enough(examples, args.file)
    from engine.triage.card import train  # scikit-learn: a second that other commands need not pay

    async with open_engine(load_settings()) as engine:
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
        await engine.models.save(engine.settings.tenant, model)
    seconds = round(time.monotonic() - started, 1)
    summary = _summary(trained.card) | {"seconds": seconds}
    if args.json:
        print(json_line(summary))
        return 0
    _print_summary(summary)
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
        _print_evaluation(found)
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
    _print_summary(_summary(judge.card) | {"shipped": judge.is_starter})
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


def _summary(card: dict[str, Any]) -> dict[str, Any]:
    category = card["held_out"].get("category", {})
    return {
        "version": card["version"],
        "made_at": card["made_at"],
        "rows": card["rows"],
        "categories": card["categories"],
        "priorities": card["priorities"],
        "notes": card["notes"],
        **{
            name: category.get(name)
            for name in ("accuracy", "accuracy_interval_95", "macro_f1", "ece", "brier")
        },
        "accuracy_gain": card["held_out"]["over_baseline"]["accuracy_gain"],
        "out_of_scope_auroc": card["out_of_scope"]["auroc"],
        "out_of_scope_learned_from": card["out_of_scope"]["learned_from"],
    }


def _print_summary(found: dict[str, Any]) -> None:
    low, high = found["accuracy_interval_95"]
    print(
        f"model {found['version']} of {found['made_at'][:10]}"
        f"{', shipped with Deskhand' if found.get('shipped') else ''}: {found['rows']:,} rows, "
        f"{len(found['categories']):,} categories, {len(found['priorities']):,} priorities"
    )
    for note in found["notes"]:
        print(f"  {note}")
    print(
        f"  on rows held out: accuracy {found['accuracy']:.3f} ({low:.3f} to {high:.3f}), "
        f"{found['accuracy_gain']:+.3f} over TF-IDF and logistic regression, "
        f"macro-F1 {found['macro_f1']:.3f}, ECE {found['ece']:.3f}, Brier {found['brier']:.3f}"
    )
    if found["out_of_scope_auroc"] is not None:
        print(
            f"  out of scope: AUROC {found['out_of_scope_auroc']:.3f}, learned from "
            f"{found['out_of_scope_learned_from']}"
        )


def _print_evaluation(found: dict[str, Any]) -> None:
    if found["of"] == "file":
        print(f"the model in use ({found['version']}) on this file")
        if found["trained_on_this_file"]:
            print("  it was trained on these very rows; only the figures held out say anything")
    else:
        print(f"the model in use ({found['version']}) on rows held out of its training")
    _print_figures(found)
    if found["of"] == "file" and found.get("retrained"):
        print("trained anew on four fifths of the file, judged on the rest")
        _print_figures(found["retrained"])
    elif found.get("why_not_retrained"):
        print(f"not trained anew: {found['why_not_retrained']}")


def _print_figures(found: dict[str, Any]) -> None:
    for what in ("category", "priority"):
        if what not in found:
            continue
        f = found[what]
        low, high = f["accuracy_interval_95"]
        print(
            f"  {what}: accuracy {f['accuracy']:.3f} ({low:.3f} to {high:.3f}), macro-F1 "
            f"{f['macro_f1']:.3f}, ECE {f['ece']:.3f}, Brier {f['brier']:.3f}, {f['rows']:,} rows"
        )
        worst = sorted(f["by_category"].items(), key=lambda item: item[1]["f1"])[:10]
        for label, row in worst:
            print(
                f"    {label:<32.32} {row['rows']:>6,} rows  precision {row['precision']:.3f}  "
                f"recall {row['recall']:.3f}  F1 {row['f1']:.3f}"
            )
        for pair in f["confusion"][:5]:
            print(f"    {pair['rows']:,} of {pair['label']} taken for {pair['taken_for']}")
    if found.get("over_baseline"):
        gain, (low, high) = (
            found["over_baseline"]["accuracy_gain"],
            found["over_baseline"]["accuracy_gain_interval_95"],
        )
        print(
            f"  over TF-IDF and logistic regression ({found['baseline']['accuracy']:.3f}): "
            f"{gain:+.3f} ({low:+.3f} to {high:+.3f})"
        )
    if found.get("out_of_scope_auroc") is not None:
        print(
            f"  out of scope: AUROC {found['out_of_scope_auroc']:.3f} on "
            f"{found['out_of_scope_rows']:,} rows"
        )
