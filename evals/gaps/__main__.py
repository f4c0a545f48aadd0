"""How well questions are grouped: `python -m evals.gaps`, on sets whose questions people sorted.

    $ python -m evals.gaps --only banking77

Each draw has as many categories as 250 questions give, few of them large: sizes fall off as
1 / rank. Pairs: of two questions of one category, how many stand in one cluster (recall), and the
other way round (precision), at which the method in use aims. The last line of standard
output is one JSON object; the exit code is 0 when every set keeps the aim, 1 when not.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.errors import DeskhandError
from engine.triage.examples import Example
from evals.gaps.clustering import DISTANCE, clustered, groups_of
from evals.measurement import Findings, at_least, measurement_parser
from evals.terminal import say
from evals.triage.sets import load_parts

_SETS = ("banking77", "clinc150", "hwu64")
_QUESTIONS, _LARGEST, _SMALLEST = 250, 24, 2
_LEAST_PRECISION = 0.6

Labels = NDArray[np.int64]
Group = Callable[[NDArray[np.float32]], list[list[int]]]


def drawn(examples: Sequence[Example], random: np.random.Generator) -> list[Example]:
    """Questions of categories of falling size."""
    by: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by[example.category].append(example)
    found: list[Example] = []
    for rank, name in enumerate(random.permutation(sorted(by)), start=1):
        size = max(_SMALLEST, _LARGEST // rank)
        picked = random.permutation(len(by[str(name)]))[:size]
        found += [by[str(name)][place] for place in picked]
        if len(found) >= _QUESTIONS:
            break
    return found[:_QUESTIONS]


def pair_scores(groups: Sequence[Sequence[int]], truth: Sequence[str]) -> dict[str, float]:
    """Precision, recall and F1 over pairs, the adjusted Rand index, the share in some cluster.

    A question of no cluster stands alone. Source of the index: Hubert and Arabie, Comparing
    partitions (1985), by scikit-learn.
    """
    from sklearn.metrics import adjusted_rand_score

    labels = np.arange(len(truth)) + len(groups)
    for label, rows in enumerate(groups):
        labels[list(rows)] = label
    names = np.array(truth)
    same, joined = names[:, None] == names[None, :], labels[:, None] == labels[None, :]
    upper = np.triu(np.ones_like(same), 1)
    both = int((same & joined & upper).sum())
    precision = both / max(1, int((joined & upper).sum()))
    recall = both / max(1, int((same & upper).sum()))
    return {
        "pair_precision": precision,
        "pair_recall": recall,
        "pair_f1": 2 * precision * recall / max(1e-9, precision + recall),
        "adjusted_rand": float(adjusted_rand_score(truth, labels)),
        "in_a_cluster": sum(map(len, groups)) / len(truth),
    }


def methods(others: bool) -> Mapping[str, Group]:
    """What is compared; the one in use first."""
    found: dict[str, Group] = {f"agglomerative {DISTANCE}": clustered}
    if others:
        for distance in (0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65):
            found.setdefault(f"agglomerative {distance}", _at(distance))
        for least in (2, 3):
            found[f"hdbscan {least}"] = _hdbscan(least)
    return found


def _at(distance: float) -> Group:
    return lambda vectors: clustered(vectors, distance=distance)


def _hdbscan(least: int) -> Group:
    def group(vectors: NDArray[np.float32]) -> list[list[int]]:
        from sklearn.cluster import HDBSCAN

        model = HDBSCAN(min_cluster_size=least, metric="cosine", algorithm="brute", copy=True)
        return groups_of(model.fit_predict(vectors))

    return group


async def run(args: argparse.Namespace) -> int:
    """The whole measurement; the exit code."""
    findings = Findings()
    embedder = MiniLmEmbedder(threads=2)
    for name in args.only or _SETS:
        parts = await asyncio.to_thread(load_parts, name, args.datasets, args.seed)
        if parts is None:
            findings.skip(name, args.datasets / "triage" / name)
            continue
        random = np.random.default_rng(args.seed)
        scores: dict[str, list[dict[str, float]]] = defaultdict(list)
        for _ in range(args.draws):
            examples = drawn(parts.fit, random)
            vectors = await embedder.embed_many([e.text for e in examples])
            truth = [e.category for e in examples]
            for method, group in methods(args.compare).items():
                groups = await asyncio.to_thread(group, vectors)
                scores[method].append(pair_scores(groups, truth))
        findings.sets[name] = found = {
            method: {key: round(float(np.mean([s[key] for s in each])), 3) for key in each[0]}
            for method, each in scores.items()
        }
        for method, figures in found.items():
            say(f"{name}: {method}: {figures}")
        precision = found[f"agglomerative {DISTANCE}"]["pair_precision"]
        if precision < _LEAST_PRECISION:
            findings.broken.append(
                f"{name}: pair precision is {precision}, the aim is {_LEAST_PRECISION}"
            )
    await embedder.aclose()
    more: dict[str, Any] = {"draws": args.draws, "questions": _QUESTIONS}
    return findings.finish(seed=args.seed, more=more)


def main() -> int:
    """Runs the command line; returns its exit code."""
    parser = measurement_parser(
        "evals.gaps",
        "Measures how well questions are grouped by what they ask for.",
        "--only banking77 --compare",
        _SETS,
    )
    parser.add_argument("--draws", type=at_least(1), default=5, help="of questions (default 5)")
    parser.add_argument("--compare", action="store_true", help="other thresholds and HDBSCAN too")
    try:
        return asyncio.run(run(parser.parse_args()))
    except DeskhandError as error:
        say(f"evals.gaps: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
