"""How well triage sorts: accuracy, calibration and scope, on the sets that are there.

    $ python -m evals.triage --only banking77 sample

Each set is learned from its training part and judged on its validation part; where there is only
the former, on a stratified fifth of it. Against TF-IDF and logistic regression on the same rows.
Out of scope is judged twice: on categories that were held out of the training altogether (near
the domain), and on texts the set itself labels so, which are never learned from. The last line of
standard output is one JSON object; the exit code is 0 when every set keeps the aims, 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.errors import DeskhandError
from engine.triage.baseline import judge_by_baseline
from engine.triage.card import judge, split
from engine.triage.examples import OUT_OF_SCOPE, Example
from engine.triage.judge import starter_judge
from engine.triage.model import TriageModel
from engine.triage.model_file import dump_parts, read_model
from engine.triage.scores import Judged, difference, figures, rounded_auroc
from engine.triage.training import fit_triage
from evals.corpora import SAMPLE, default_datasets
from evals.metrics import percentile
from evals.terminal import Ticker, finish, say, show_table

SET_NAMES = ("banking77", "clinc150", "hwu64", "sample")
_MOST_ECE, _LEAST_GAIN, _LEAST_AUROC = 0.02, 0.02, 0.87
_HELD_OUT_SHARE = 0.3
_TIMED = 300

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Examples to learn from and to judge; outsiders: labelled out of scope, only judged."""

    fit: list[Example]
    judged: list[Example]
    outsiders: list[Example]


def load_parts(name: str, datasets: Path, seed: int) -> Parts | None:
    """A set by name; None where it is absent."""
    folder = datasets / "triage" / name
    return _LOADERS[name](folder, seed) if folder.is_dir() else None


def _banking(folder: Path, seed: int) -> Parts:
    with (folder / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [Example(text=r["text"], category=r["category"]) for r in csv.DictReader(file)]
    fit, judged = split(rows, seed)
    return Parts(fit=[rows[i] for i in fit], judged=[rows[i] for i in judged], outsiders=[])


def _clinc(folder: Path, _: int) -> Parts:
    found = json.loads((folder / "train_val.json").read_text(encoding="utf-8"))
    made = {k: [Example(text=t, category=c) for t, c in rows] for k, rows in found.items()}
    outsiders = [
        Example(text=e.text, category=OUT_OF_SCOPE) for e in made["oos_train"] + made["oos_val"]
    ]
    return Parts(fit=made["train"], judged=made["val"], outsiders=outsiders)


def _hwu(folder: Path, _: int) -> Parts:
    def part(name: str) -> list[Example]:
        texts = (folder / name / "seq.in").read_text(encoding="utf-8").splitlines()
        labels = (folder / name / "label").read_text(encoding="utf-8").splitlines()
        return [Example(text=t, category=c) for t, c in zip(texts, labels, strict=True)]

    return Parts(fit=part("train"), judged=part("valid"), outsiders=[])


_LOADERS: dict[str, Callable[[Path, int], Parts]] = {
    "banking77": _banking,
    "clinc150": _clinc,
    "hwu64": _hwu,
}


def cut(parts: Parts, size: int | None, seed: int) -> Parts:
    """At most `size` examples to learn from, of as many whole categories as that allows."""
    if size is None or size >= len(parts.fit):
        return parts
    counts: dict[str, int] = {}
    for example in parts.fit:
        counts[example.category] = counts.get(example.category, 0) + 1
    kept: set[str] = set()
    left = size
    for name in np.random.default_rng(seed).permutation(sorted(counts)):
        if counts[name] <= left or len(kept) < 6:
            kept.add(str(name))
            left -= counts[name]
    return Parts(
        fit=[e for e in parts.fit if e.category in kept],
        judged=[e for e in parts.judged if e.category in kept],
        outsiders=parts.outsiders,
    )


async def evaluate(parts: Parts, embedder: MiniLmEmbedder, *, seed: int) -> dict[str, Any]:
    """The figures of a set."""
    fit, judged = await embed(embedder, parts.fit), await embed(embedder, parts.judged)
    outsiders = await embed(embedder, parts.outsiders)
    return await asyncio.to_thread(_evaluate, parts, fit, judged, outsiders, seed)


async def embed(embedder: MiniLmEmbedder, examples: Sequence[Example]) -> Vectors:
    """Unit rows of the examples' texts."""
    ticker, rows = Ticker("embedding"), []
    for start in range(0, len(examples), 256):
        part = examples[start : start + 256]
        rows.append(await embedder.embed_many([e.text for e in part]))
        ticker.tick(f"{start + len(part):,} of {len(examples):,} texts")
    return np.concatenate(rows) if rows else np.empty((0, embedder.dimension), np.float32)


def _evaluate(
    parts: Parts, fit: Vectors, judged: Vectors, outsiders: Vectors, seed: int
) -> dict[str, Any]:
    started = time.monotonic()
    model = _fit(parts.fit, fit, seed)
    train_s = time.monotonic() - started
    texts = [e.text for e in parts.judged]
    truth = [e.category for e in parts.judged]
    ours = Judged(
        labels=model.category.labels, truth=truth, probabilities=model.distributions(texts, judged)
    )
    baseline = judge_by_baseline(
        [e.text for e in parts.fit], [e.category for e in parts.fit], texts, truth
    )
    found, base = figures(ours, seed=seed), figures(baseline, seed=seed)
    for key in ("by_category", "confusion", "reliability"):
        found.pop(key)
    found |= {
        "train_rows": len(parts.fit),
        "train_s": round(train_s, 1),
        "categories": len(model.category.labels),
        **{f"baseline_{k}": base[k] for k in ("accuracy", "macro_f1", "ece", "brier")},
        **difference(ours, baseline, seed=seed),
        "predict_p50_ms": _predict_p50_ms(model, texts, judged),
        "held_out_categories_auroc": _held_out_auroc(parts, fit, judged, seed),
    }
    if len(parts.outsiders):
        inside = [v.out_of_scope or 0.0 for v in model.judge(texts, judged)]
        asked = [e.text for e in parts.outsiders]
        outside = [v.out_of_scope or 0.0 for v in model.judge(asked, outsiders)]
        labels = np.array([False] * len(inside) + [True] * len(outside))
        found["labelled_out_of_scope_auroc"] = rounded_auroc(np.array(inside + outside), labels)
    return found


def _fit(examples: Sequence[Example], vectors: Vectors, seed: int) -> TriageModel:
    ticker = Ticker("training")
    fitted = fit_triage(
        examples, vectors, seed=seed, tell=lambda what, n, of: ticker.tick(f"{what}, {n} of {of}")
    )
    return read_model(dump_parts(fitted.parts()))


def _held_out_auroc(parts: Parts, fit: Vectors, judged: Vectors, seed: int) -> float | None:
    """Of texts whose category a model was never shown, against those of the other categories.

    Another draw of categories than those that training holds out within itself.
    """
    names = sorted({e.category for e in parts.fit})
    rng = np.random.default_rng(seed + 1000)
    count = max(1, round(_HELD_OUT_SHARE * len(names)))
    held = set(rng.choice(names, count, replace=False).tolist())
    rows = [n for n, e in enumerate(parts.fit) if e.category not in held]
    model = _fit([parts.fit[n] for n in rows], fit[rows], seed)
    verdicts = model.judge([e.text for e in parts.judged], judged)
    outside = np.array([e.category in held for e in parts.judged])
    return rounded_auroc(np.array([v.out_of_scope or 0.0 for v in verdicts]), outside)


def _predict_p50_ms(model: TriageModel, texts: Sequence[str], vectors: Vectors) -> float:
    """Median time of one verdict, from a text and its vector."""
    spent = []
    for text, vector in zip(texts[:_TIMED], vectors[:_TIMED], strict=True):
        started = time.perf_counter()
        model.judge([text], vector[None, :])
        spent.append((time.perf_counter() - started) * 1000)
    return round(percentile(spent, 50) or 0.0, 3)


async def evaluate_starter(embedder: MiniLmEmbedder, *, seed: int) -> dict[str, Any]:
    """The shipped model on the sample's questions, none of which it has seen."""
    lines = (SAMPLE / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    examples = [
        Example(text=r["question"], category=r["category"] or OUT_OF_SCOPE, priority=r["priority"])
        for r in map(json.loads, lines)
        if not r.get("history")  # "and in Japan?" means nothing without the turns before
    ]
    vectors = await embed(embedder, examples)
    shipped = starter_judge((embedder.name, embedder.version)).model
    assert shipped is not None
    found = await asyncio.to_thread(judge, shipped, examples, vectors, seed=seed)
    for part in ("category", "priority"):
        for key in ("by_category", "confusion", "reliability"):
            found[part].pop(key)
    return found


def broken_aims(name: str, found: dict[str, Any]) -> list[str]:
    """Sentences that name each aim a set does not reach."""
    broken = []
    if found["ece"] > _MOST_ECE:
        broken.append(f"{name}: ECE is {found['ece']}, the aim is at most {_MOST_ECE}")
    if found["accuracy_gain"] < _LEAST_GAIN:
        broken.append(f"{name}: accuracy gains {found['accuracy_gain']}, the aim is {_LEAST_GAIN}")
    if (found["held_out_categories_auroc"] or 0.0) < _LEAST_AUROC:
        broken.append(
            f"{name}: out-of-scope AUROC is {found['held_out_categories_auroc']}, the aim is "
            f"{_LEAST_AUROC}"
        )
    return broken


async def run(args: argparse.Namespace) -> int:
    """The whole measurement; the exit code."""
    started = time.monotonic()
    sets: dict[str, Any] = {}
    skipped: list[str] = []
    broken: list[str] = []
    embedder = MiniLmEmbedder(threads=2)
    for name in args.only or SET_NAMES:
        if name == "sample":
            sets[name] = await evaluate_starter(embedder, seed=args.seed)
            continue
        parts = await asyncio.to_thread(load_parts, name, args.datasets, args.seed)
        if parts is None:
            skipped.append(name)
            say(f"{name}: skipped, {args.datasets / 'triage' / name} is absent")
            continue
        parts = cut(parts, args.size, args.seed)
        say(f"{name}: {len(parts.fit):,} rows to learn from, {len(parts.judged):,} judged")
        sets[name] = await evaluate(parts, embedder, seed=args.seed)
        if args.size is None:
            broken += broken_aims(name, sets[name])
    await embedder.aclose()
    _show(sets)
    for sentence in broken:
        say(f"not held: {sentence}")
    finish(
        {
            "holds": not broken,
            "not_held": broken,
            "skipped": skipped,
            "seed": args.seed,
            "total_s": round(time.monotonic() - started, 1),
            "sets": sets,
        }
    )
    return 1 if broken else 0


def _show(sets: dict[str, Any]) -> None:
    columns = (
        "accuracy",
        "baseline_accuracy",
        "accuracy_gain",
        "macro_f1",
        "ece",
        "baseline_ece",
        "brier",
        "held_out_categories_auroc",
        "labelled_out_of_scope_auroc",
        "predict_p50_ms",
        "train_s",
    )
    rows = [[n, *(f.get(c) for c in columns)] for n, f in sets.items() if n != "sample"]
    if rows:
        show_table(("set", *columns), rows)
    if "sample" in sets:
        category, priority = sets["sample"]["category"], sets["sample"]["priority"]
        say(
            f"the shipped model on the sample: category {category['accuracy']:.3f} (ECE "
            f"{category['ece']:.3f}), priority {priority['accuracy']:.3f} (ECE "
            f"{priority['ece']:.3f}), out of scope AUROC {sets['sample']['out_of_scope_auroc']}"
        )


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.triage",
        description="Measures triage offline.",
        epilog="example:\n  python -m evals.triage --only banking77",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=SET_NAMES, metavar="NAME", help="these sets")
    parser.add_argument(
        "--size", type=_positive, metavar="N", help="most rows to learn from; aims do not count"
    )
    parser.add_argument("--seed", type=int, default=7, help="of splits and intervals (default 7)")
    parser.add_argument(
        "--datasets", type=Path, default=default_datasets(), help="folder of the development sets"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    value = int(text)
    if value < 200:
        raise argparse.ArgumentTypeError("must be 200 or more")
    return value


def main() -> int:
    """Runs the command line; returns its exit code."""
    try:
        return asyncio.run(run(parse_arguments()))
    except DeskhandError as error:
        say(f"evals.triage: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
