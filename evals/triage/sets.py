"""The labelled sets that triage is measured on, read where they lie."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.triage.card import split
from engine.triage.examples import OUT_OF_SCOPE, Example

SET_NAMES = ("banking77", "clinc150", "hwu64", "sample")


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
