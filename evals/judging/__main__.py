"""`python -m evals.judging`: the local judge against labels of people.

    $ python -m evals.judging --only wice_dev longform_relevance

Faithfulness on the development sets of claims. Relevance on `longform_relevance`: a question with
the answer that was written for it, against the most similar other question and one drawn at random.
No row of them was used to fit it. Beside it, the share of the shorter text's terms that stand in
the other. The last line of standard output is one JSON object; the exit code is 0 when the judge's
AUROC is above that share's on every set that is there, 1 when not, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.verification.support_checker import LEAST_PROBABILITY
from evals.judging.judge import Claim
from evals.judging.local import LocalJudge
from evals.measurement import Findings, at_least, measurement_parser
from evals.terminal import Ticker, say, show_table
from evals.verification.__main__ import coverage
from evals.verification.figures import figures
from evals.verification.pair import Pair
from evals.verification.sets import SET_NAMES as CLAIM_SETS
from evals.verification.sets import load_claims

RELEVANCE = "longform_relevance"
SET_NAMES = (*CLAIM_SETS, RELEVANCE)
_SHOWN = ("claims", "balanced_accuracy", "kappa", "auroc", "coverage_auroc", "ece")


async def load_relevance_pairs(
    datasets: Path, embedder: MiniLmEmbedder, seed: int
) -> list[Pair] | None:
    """Questions as claims with answers as evidence; None where the set is absent."""
    path = datasets / "longform_qa" / "clapnq_dev_answerable.jsonl"
    if not path.is_file():
        return None
    text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    questions = [str(row["input"]) for row in rows]
    vectors = await embedder.embed_many(questions)
    nearness, draw = vectors @ vectors.T, random.Random(seed)
    np.fill_diagonal(nearness, -1.0)
    pairs = []
    for number, row in enumerate(rows):
        answer = (str(row["output"][0]["answer"]),)
        drawn = draw.choice([i for i in range(len(rows)) if i != number])
        for kind, other in (
            ("its question", number),
            ("nearest question", int(nearness[number].argmax())),
            ("drawn question", drawn),
        ):
            pairs.append(
                Pair(
                    claim=questions[other],
                    evidence=answer,
                    supported=other == number,
                    kind=kind,
                    group=str(row["id"]),
                )
            )
    return pairs


async def measure(name: str, pairs: Sequence[Pair], judge: LocalJudge, seed: int) -> dict[str, Any]:
    """Judges every pair and gives the figures of the set."""
    ticker, said, times_ms = Ticker("judging"), [], []
    for number, pair in enumerate(pairs, start=1):
        started = time.perf_counter()
        if name == RELEVANCE:
            said.append(await judge.relevance(pair.claim, pair.evidence[0]))
        else:
            claim = Claim(sentence=pair.claim, evidence=pair.evidence)
            said += await judge.faithfulness([claim])
        times_ms.append((time.perf_counter() - started) * 1000)
        ticker.tick(f"{number:,} of {len(pairs):,}")
    return await asyncio.to_thread(_figures, pairs, said, times_ms, seed)


def _figures(
    pairs: Sequence[Pair], said: Sequence[float], times_ms: Sequence[float], seed: int
) -> dict[str, Any]:
    from sklearn.metrics import cohen_kappa_score

    truth = [pair.supported for pair in pairs]
    found = figures(pairs, said, [coverage(pair) for pair in pairs], times_ms, seed=seed)
    for name in ("check_p50_cpu_ms", "check_p95_cpu_ms"):
        found[name.replace("check", "judge").replace("_cpu", "")] = found.pop(name)
    kappa = cohen_kappa_score(truth, [value >= LEAST_PROBABILITY for value in said])
    return {**found, "kappa": float(kappa)}


def not_held(name: str, found: Mapping[str, Any]) -> list[str]:
    """A sentence where the judge tells less than the shared terms alone."""
    if found["auroc"] is None or found["auroc"] > found["coverage_auroc"]:
        return []
    return [
        f"{name}: auroc is {found['auroc']:.3f}, shared terms have {found['coverage_auroc']:.3f}"
    ]


async def run(args: argparse.Namespace) -> int:
    """Every set that is wanted; the exit code."""
    findings, embedder = Findings(), MiniLmEmbedder()
    judge = LocalJudge(embedder)
    try:
        for name in args.only or SET_NAMES:
            if name == RELEVANCE:
                pairs = await load_relevance_pairs(args.datasets, embedder, args.seed)
            else:
                pairs = await asyncio.to_thread(load_claims, name, args.datasets)
            if pairs is None:
                findings.skip(name, args.datasets)
                continue
            if args.size is not None and args.size < len(pairs):
                pairs = random.Random(args.seed).sample(pairs, args.size)
            say(f"{name}: {len(pairs):,} pairs")
            findings.sets[name] = await measure(name, pairs, judge, args.seed)
            findings.broken += not_held(name, findings.sets[name])
    finally:
        await embedder.aclose()
    show_table(
        ("set", *_SHOWN), [[name, *(s[c] for c in _SHOWN)] for name, s in findings.sets.items()]
    )
    return findings.finish(seed=args.seed, more={"judge": f"{judge.name}-{judge.version}"})


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.judging", "Measures the local judge.", "--only wice_dev", SET_NAMES
    )
    parser.add_argument("--size", type=at_least(1), metavar="N", help="most pairs of a set")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the measurement; returns its exit code."""
    return asyncio.run(run(parse_arguments(arguments)))


if __name__ == "__main__":
    sys.exit(main())
