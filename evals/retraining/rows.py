"""What a challenger learns from: what the champion was trained on, and what people have said."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.storage.labels import Label
from engine.storage.models import ModelStore, StoredModel
from engine.triage.examples import MIN_ROWS, OUT_OF_SCOPE, Example, ExampleSet, read_examples
from evals.cases.overlap import SEED, case_texts
from evals.cases.own import read_own_cases
from evals.cases.signatures import near_pairs, normalised, signatures_of

EXAMPLES: Final = "triage_examples"
"""Name under which a model's examples lie in the store, in the tenant's own database."""

_MOST_PAIRS = 100_000
_MOST_BYTES = 512 * 2**20


async def keep_examples(
    store: ModelStore, tenant: str, version: str, examples: Sequence[Example], at: datetime
) -> None:
    """Keeps what a model was trained on, so that it can be trained anew with more.

    Raises: StorageUnavailable.
    """
    body = await asyncio.to_thread(_packed, examples)
    card = {"rows": len(examples)}
    await store.save(
        tenant, StoredModel(name=EXAMPLES, version=version, made_at=at, card=card, body=body)
    )


async def examples_of(store: ModelStore, tenant: str, version: str) -> tuple[Example, ...] | None:
    """What a model of the tenant's own was trained on; None where that was not kept.

    Raises: StorageUnavailable.
    """
    kept = await store.get(tenant, EXAMPLES, version)
    return None if kept is None else await asyncio.to_thread(_unpacked, kept.body)


def starter_examples() -> tuple[Example, ...]:
    """What the shipped model was trained on."""
    return read_examples(SEED).examples


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What is learned from, and why what is missing is. held_out: what is judged on."""

    examples: ExampleSet
    held_out: tuple[Label, ...]
    notes: tuple[str, ...]


def material(
    base: Sequence[Example],
    said: Sequence[Label],
    held_out: Sequence[Label],
    *,
    of_starter: bool,
    priorities: Mapping[str, str | None],
    home: Path,
) -> Material:
    """The examples for a challenger; blocks, for a thread.

    base: the champion's. of_starter: it is the shipped one, of whose categories only those count
    that people here use. said: what people said of questions that may be learned from.
    priorities: by question id, for labels that name none where the base has them.
    """
    judged = tuple(label for label in held_out if label.category)
    words = [label for label in said if label.category]
    words, near = _apart(words, judged)
    words, saved = _not_saved(words, home)
    used = {label.category for label in (*words, *judged)}
    kept = [e for e in base if not of_starter or e.category in used]
    kept = [e for e, own in zip(kept, _repeats(kept, judged), strict=True) if not own]
    rows = _joined(kept, words, priorities, with_priority=_has_priority(kept, words))
    rows, few = _without_rare(rows)
    notes = [
        f"{count:,} {what}"
        for count, what in (
            (near, "questions are nearly the same as one that is judged on, and were left out"),
            (saved, "questions are evaluation cases, and were left out"),
        )
        if count
    ]
    if few:
        notes.append(f"too few rows yet of {', '.join(few[:5])}")
    digest = hashlib.sha256()
    for e in rows:
        digest.update(json.dumps([e.text, e.category, e.priority]).encode() + b"\n")
    return Material(
        examples=ExampleSet(examples=tuple(rows), data_hash=digest.hexdigest()),
        held_out=judged,
        notes=tuple(notes),
    )


def _apart(words: Sequence[Label], judged: Sequence[Label]) -> tuple[list[Label], int]:
    """Without what is nearly a held-out question: to know that would be no learning."""
    near = _near(
        [(w.question_id, w.text) for w in words], [(j.question_id, j.text) for j in judged]
    )
    kept = [label for label in words if label.question_id not in near]
    return kept, len(words) - len(kept)


def _not_saved(words: Sequence[Label], home: Path) -> tuple[list[Label], int]:
    own = read_own_cases(home)
    if own is None or not own.cases:
        return list(words), 0
    near = _near(_named(words), case_texts(own.cases))
    kept = [label for label in words if label.question_id not in near]
    return kept, len(words) - len(kept)


def _repeats(base: Sequence[Example], judged: Sequence[Label]) -> list[bool]:
    near = _near([(str(n), e.text) for n, e in enumerate(base)], _named(judged))
    return [str(n) in near for n in range(len(base))]


def _named(labels: Sequence[Label]) -> list[tuple[str, str]]:
    return [(label.question_id, label.text) for label in labels]


def _near(texts: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]) -> set[str]:
    """The names of texts that are nearly one of the others."""
    pairs = near_pairs(signatures_of(texts), signatures_of(others), most=_MOST_PAIRS)
    return {pair.first for pair in pairs}


def _has_priority(base: Sequence[Example], words: Sequence[Label]) -> bool:
    if base:
        return all(e.priority is not None for e in base)
    return bool(words) and all(label.priority for label in words)


def _joined(
    base: Sequence[Example],
    words: Sequence[Label],
    priorities: Mapping[str, str | None],
    *,
    with_priority: bool,
) -> list[Example]:
    """One example a text; what a person said of it here is the last word."""
    by_text = {normalised(e.text): e for e in base}
    for label in words:
        priority = label.priority or priorities.get(label.question_id)
        if with_priority and not priority:
            continue
        by_text[normalised(label.text)] = Example(
            text=label.text,
            category=label.category or OUT_OF_SCOPE,
            priority=priority if with_priority else None,
        )
    return [
        e if with_priority else Example(text=e.text, category=e.category) for e in by_text.values()
    ]


def _without_rare(rows: Sequence[Example]) -> tuple[list[Example], list[str]]:
    """Without labels of which there are too few rows to calibrate on."""
    kept, few = list(rows), []
    for name in ("category", "priority", "category"):  # each may make the other rare
        counts = Counter(getattr(e, name) for e in kept)
        rare = {label for label, n in counts.items() if label is not None and n < MIN_ROWS}
        few += [f"the {name} {label} ({counts[label]})" for label in sorted(rare)]
        kept = [e for e in kept if getattr(e, name) not in rare]
    return kept, few


def _packed(examples: Sequence[Example]) -> bytes:
    rows = [[e.text, e.category, e.priority] for e in examples]
    return zlib.compress(json.dumps(rows).encode("utf-8", "surrogatepass"), 6)


def _unpacked(body: bytes) -> tuple[Example, ...]:
    raw = zlib.decompressobj().decompress(body, _MOST_BYTES)
    rows = json.loads(raw.decode("utf-8", "surrogatepass"))
    return tuple(Example(text=text, category=c, priority=p) for text, c, p in rows)
