"""Figures of a set: a model learned from one part and judged on another, and the shipped one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.triage.baseline import judge_by_baseline
from engine.triage.card import judge
from engine.triage.examples import OUT_OF_SCOPE, Example
from engine.triage.judge import starter_judge
from engine.triage.model import TriageModel
from engine.triage.model_file import dump_parts, read_model
from engine.triage.scores import Judged, difference, figures, rounded_auroc
from engine.triage.training import fit_triage
from evals.cases.case_file import read_cases
from evals.corpora import SAMPLE
from evals.metrics import percentile
from evals.terminal import Ticker
from evals.triage.sets import Parts

_HELD_OUT_SHARE = 0.3
_TIMED = 300

Vectors = NDArray[np.float32]


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
    cases = (await asyncio.to_thread(read_cases, SAMPLE / "cases.jsonl")).cases
    examples = [
        Example(text=c.question.text, category=c.category or OUT_OF_SCOPE, priority=c.priority)
        for c in cases
        if not c.question.history  # "and in Japan?" means nothing without the turns before
    ]
    vectors = await embed(embedder, examples)
    shipped = starter_judge((embedder.name, embedder.version)).model
    assert shipped is not None
    found = await asyncio.to_thread(judge, shipped, examples, vectors, seed=seed)
    for part in ("category", "priority"):
        for key in ("by_category", "confusion", "reliability"):
            found[part].pop(key)
    return found
