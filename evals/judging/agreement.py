"""Whether an answer says what people said: by the local judge, with a cut on each side.

An answer is held against each sentence that people said, and each of its own sentences against what
they said together. The score is the larger of two: the mean probability that the answer states
their sentences, and the mean that their words support its sentences. Either may be the shorter text
("16 weeks" beside a paragraph, or a long story beside one quoted line), and the longer one then
holds more than the other can state.

From `RIGHT_FROM` on it is right, below `WRONG_BELOW` wrong, and between the two nothing is said.
`python -m evals.judging.agreement` holds this against labels of people, and the cuts were chosen by
it (600 pairs, a third of them right): 90% of what it calls right is, and 95% of what it calls
wrong; AUROC .94. The labels are of answers that people wrote to questions and of claims with their
evidence, not of talk in a channel, where it can be worse; and what it calls right too often makes a
precision that rests on comparisons alone look better than it is. A reviewer's or an asker's word
goes before it for that reason.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from evals.judging.judge import Claim, Judge
from evals.judging.relevance import sentences_of

RIGHT_FROM = 0.6
WRONG_BELOW = 0.3
_MOST_SENTENCES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """right: None where the judge cannot tell. score: in [0, 1]; None where there was nothing to
    judge."""

    right: bool | None
    score: float | None


async def agreement(judge: Judge, answer: str, said: Sequence[str]) -> Agreement:
    """Of an answer with what people said, oldest first. Blocks no event loop.

    Raises: ModelUnavailable, as the judge does.
    """
    ours = sentences_of(answer)[:_MOST_SENTENCES]
    theirs = [s for text in said for s in sentences_of(text)][:_MOST_SENTENCES]
    if not ours or not theirs:
        return Agreement(right=None, score=None)
    stated = await judge.completeness(theirs, answer)
    together = tuple(text for text in said if text.strip())
    supported = await judge.faithfulness([Claim(sentence=s, evidence=together) for s in ours])
    means = [
        fmean(known)
        for each in (stated, supported)
        if (known := [value for value in each if value is not None])
    ]
    return verdict_of(max(means)) if means else Agreement(right=None, score=None)


def verdict_of(score: float) -> Agreement:
    """By the two cuts."""
    if score >= RIGHT_FROM:
        return Agreement(right=True, score=score)
    return Agreement(right=False if score < WRONG_BELOW else None, score=score)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    answer: str
    said: str
    right: bool
    kind: str


def _pairs(datasets: Path, size: int, seed: int) -> list[_Pair]:
    """Answers beside what people said, with whether they say the same; empty where the sets are
    absent.

    Of `longform_qa`, where people wrote an answer to a question: the sentences of its passage that
    they marked as its ground (right), its other sentences, as many (wrong), and the ground of the
    next question (wrong). Of `faithfulness/wice_dev`: a claim with its evidence, as people labelled
    it; partly supported is wrong.
    """
    from evals.verification.sets import load_claims

    draw, pairs = random.Random(seed), []
    path = datasets / "longform_qa" / "clapnq_dev_answerable.jsonl"
    if path.is_file():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        grounds = [_ground(row) for row in rows]
        for number, row in enumerate(rows):
            said, (ground, rest) = str(row["output"][0]["answer"]), grounds[number]
            other = grounds[(number + 1) % len(rows)][0]
            for text, right, kind in (
                (ground, True, "ground"),
                (rest, False, "same passage"),
                (other, False, "other question"),
            ):
                if text:
                    pairs.append(_Pair(answer=text, said=said, right=right, kind=kind))
    pairs = draw.sample(pairs, min(size, len(pairs)))
    claims = load_claims("wice_dev", datasets) or []
    pairs += [
        _Pair(answer=c.claim, said=" ".join(c.evidence), right=c.supported, kind="wice_dev")
        for c in draw.sample(claims, min(size // 2, len(claims)))
    ]
    return pairs


def _ground(row: dict[str, object]) -> tuple[str, str]:
    """The sentences that the answer rests on, and as many others of the passage."""
    outputs, passages = row["output"], row["passages"]
    assert isinstance(outputs, list)
    assert isinstance(passages, list)
    marked = {str(s).strip() for s in outputs[0].get("selected_sentences") or ()}
    sentences = [str(s).strip() for s in passages[0].get("sentences") or ()]
    rest = [s for s in sentences if s and s not in marked]
    return " ".join(s for s in sentences if s in marked), " ".join(rest[: max(1, len(marked))])


async def measure(datasets: Path, size: int, seed: int) -> dict[str, object]:
    """Judges every pair; the figures of the cuts."""
    from engine.probability_scores import auroc
    from evals.judging.local import LocalJudge

    pairs, judge = await asyncio.to_thread(_pairs, datasets, size, seed), LocalJudge()
    scored = [(pair, await agreement(judge, pair.answer, [pair.said])) for pair in pairs]
    await judge.aclose()
    known = [(pair, found) for pair, found in scored if found.score is not None]
    figures: dict[str, object] = {"pairs": len(known)}
    for kind in ("all", *dict.fromkeys(pair.kind for pair, _ in known)):
        of = [(p.right, f) for p, f in known if kind in ("all", p.kind)]
        told = [(right, f.right) for right, f in of if f.right is not None]
        said_right = [right for right, verdict in told if verdict]
        said_wrong = [right for right, verdict in told if not verdict]
        figures[kind] = {
            "pairs": len(of),
            "right": sum(right for right, _ in of),
            "auroc": auroc([f.score or 0.0 for _, f in of], [right for right, _ in of]),
            "told_share": len(told) / len(of),
            "agreement_where_told": sum(a == b for a, b in told) / max(1, len(told)),
            "right_of_said_right": sum(said_right) / max(1, len(said_right)),
            "wrong_of_said_wrong": 1 - sum(said_wrong) / max(1, len(said_wrong)),
        }
    for cut in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        above = [p.right for p, f in known if (f.score or 0.0) >= cut]
        below = [p.right for p, f in known if (f.score or 0.0) < cut]
        figures[f"cut_{cut}"] = {
            "right_above": sum(above) / max(1, len(above)),
            "above": len(above),
            "wrong_below": 1 - sum(below) / max(1, len(below)),
            "below": len(below),
        }
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures as one JSON object; 2 where the sets are absent."""
    parser = argparse.ArgumentParser(prog="python -m evals.judging.agreement")
    parser.add_argument("--datasets", type=Path, default=Path("../shared/datasets"))
    parser.add_argument("--size", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(arguments)
    figures = asyncio.run(measure(args.datasets, args.size, args.seed))
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 0 if figures["pairs"] else 2


if __name__ == "__main__":
    sys.exit(main())
