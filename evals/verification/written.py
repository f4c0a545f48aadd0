"""Training pairs: those written by hand, and changed sentences of the sample knowledge.

Nothing of any development set is in them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.knowledge.sentences import split_sentences
from evals.verification.claim_changes import changes_of, names_in
from evals.verification.pair import Pair

WRITTEN = Path(__file__).parent / "written_pairs.txt"
KNOWLEDGE = Path(__file__).parents[1] / "sample" / "knowledge"

_KINDS = {"+": "supported", "-": "unsupported", "~": "partly"}


def written_pairs(path: Path = WRITTEN) -> list[Pair]:
    """The pairs written by hand."""
    pairs, evidence, number = [], "", 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        mark, claim = line[0], line[2:]
        if mark not in _KINDS or line[1] != " ":
            evidence, number = line, number + 1
            continue
        kind = _KINDS[mark]
        pairs.append(
            Pair(
                claim=claim,
                evidence=(evidence,),
                supported=mark == "+",
                kind=kind,
                group=f"written-{number}",
            )
        )
    return pairs


def joined_pairs(pairs: Sequence[Pair], seed: int) -> Iterator[Pair]:
    """Claims of two sentences, and claims whose evidence stands among other texts."""
    random_ = random.Random(seed)
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.group, []).append(pair)
    texts = [own[0].evidence[0] for own in groups.values()]
    names = sorted({found for text in texts for found in names_in(text)})
    for name, own in groups.items():
        right = [pair for pair in own if pair.supported]
        wrong = [pair for pair in own if not pair.supported]
        for pair in own:
            others = random_.sample([t for t in texts if t != own[0].evidence[0]], 2)
            spans = [*others, own[0].evidence[0]]
            random_.shuffle(spans)
            yield Pair(
                claim=pair.claim,
                evidence=tuple(spans),
                supported=pair.supported,
                kind=pair.kind,
                group=name,
            )
        yield from _counterweights(right, names, random_, name)
        for one in right:
            second = random_.choice([pair for pair in right if pair is not one])
            yield _joined(one, second, name)
        for one in wrong:
            second = random_.choice(right)
            first, last = random_.sample([one, second], 2)
            yield _joined(first, last, name)


def _counterweights(
    right: Sequence[Pair], names: Sequence[str], random_: random.Random, group: str
) -> Iterator[Pair]:
    """Verbatim claims that are supported, and reworded ones that are not.

    People reword when they write what is true and copy when they write what is false; without
    these a model would learn that, and not what the evidence says.
    """
    evidence = right[0].evidence
    sentences = [evidence[0][a:b] for a, b in split_sentences(evidence[0])]
    for sentence in sentences:
        if len(sentence.split()) > 4:
            yield Pair(
                claim=sentence, evidence=evidence, supported=True, kind="quoted", group=group
            )
            for kind, change in changes_of(random_, names, []):
                claim = change(sentence) if kind == "reworded" else None
                if claim:
                    yield Pair(
                        claim=claim, evidence=evidence, supported=True, kind=kind, group=group
                    )
    for pair in right:
        for kind, change in changes_of(random_, names, []):
            claim = None if kind in ("reworded", "joined", "condition") else change(pair.claim)
            if claim and claim != pair.claim:
                yield Pair(claim=claim, evidence=evidence, supported=False, kind=kind, group=group)


def _joined(one: Pair, other: Pair, group: str) -> Pair:
    wrong = next((pair.kind for pair in (one, other) if not pair.supported), "supported")
    return Pair(
        claim=f"{one.claim} {other.claim}",
        evidence=one.evidence,
        supported=wrong == "supported",
        kind=wrong,
        group=group,
    )


def changed_pairs(seed: int, folder: Path = KNOWLEDGE) -> list[Pair]:
    """Sentences of the sample knowledge, reworded or changed in meaning by rule."""
    random_ = random.Random(seed)
    passages = _passages(folder)
    names = sorted({name for text, _ in passages for name in names_in(text)})
    pairs = []
    for number, (passage, sentences) in enumerate(passages):
        group = f"sample-{number}"
        for sentence in sentences:
            for kind, change in changes_of(random_, names, [s for s in sentences if s != sentence]):
                claim = change(sentence)
                if claim is None or claim == sentence:
                    continue
                supported = kind in ("reworded", "joined")
                pairs.append(
                    Pair(
                        claim=claim,
                        evidence=(passage,),
                        supported=supported,
                        kind=kind,
                        group=group,
                    )
                )
    return pairs


def _passages(folder: Path) -> list[tuple[str, list[str]]]:
    passages = []
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8").split("---\n", 2)[-1]
        for paragraph in re.split(r"\n\s*\n", text):
            plain = re.sub(r"[*`#]|^\s*(?:\d+\.|-)\s+", "", paragraph, flags=re.M)
            if "|" in plain:
                continue
            sentences = [
                plain[a:b] for a, b in split_sentences(plain) if 7 <= len(plain[a:b].split()) <= 32
            ]
            if len(sentences) >= 2:
                passages.append((plain, sentences[:4]))
    return passages
