"""The evidence as the checker reads it: sentences near the claim, and every word it holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.knowledge.sentences import split_sentences
from engine.verification.claim_words import Word, read_words
from engine.verification.lexicon.lexicon import Lexicon
from engine.verification.lexicon.stem import stem_of
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity

_MOST_CHARS = 200_000
_MOST_SENTENCES = 48
"""Read closely; of a longer evidence those that share most with the claim, and their neighbours."""
_MOST_SENTENCE_CHARS = 600
_TOKEN = re.compile(r"[^\W_]+")
_LINK = re.compile(r"\]\([^()\s]{0,1000}\)")
_MARKS = re.compile(r"[*`|>#]+|__+")


@dataclass(frozen=True, slots=True)
class EvidenceSentence:
    """A sentence of the evidence. place: its number in the whole evidence."""

    text: str
    place: int
    words: tuple[Word, ...]
    quantities: tuple[Quantity, ...]
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class EvidenceText:
    """What may support a claim.

    sentences: those read closely, in order. stems: of every word of the whole evidence.
    """

    sentences: tuple[EvidenceSentence, ...]
    stems: frozenset[str]
    initials: frozenset[str]


def without_marks(text: str) -> str:
    """Text without Markdown's marks, so that bold words and table cells read as words."""
    return _MARKS.sub(" ", _LINK.sub("]", text))


def read_evidence(
    evidence: Sequence[str], claim: Mapping[str, float], figures: Collection[str], lexicon: Lexicon
) -> EvidenceText:
    """Reads the evidence for a claim.

    claim: its content stems with their weights. figures: the digit strings it holds; sentences
    that hold one of them are read too.
    """
    texts = [
        text[start : min(end, start + _MOST_SENTENCE_CHARS)]
        for span in evidence
        for text in (without_marks(span[:_MOST_CHARS]),)
        for start, end in split_sentences(text)
    ]
    stems_of = [frozenset(map(stem_of, _TOKEN.findall(text.lower()))) for text in texts]
    chosen = _choose(texts, stems_of, claim, figures, lexicon)
    sentences = []
    for place in chosen:
        words = tuple(read_words(texts[place], lexicon))
        stems = stems_of[place] | {word.stem for word in words}
        sentences.append(
            EvidenceSentence(
                texts[place], place, words, tuple(read_quantities(texts[place])), stems
            )
        )
    everything = frozenset().union(*stems_of) if stems_of else frozenset()
    closely = frozenset().union(*(s.stems for s in sentences)) if sentences else frozenset()
    initials = _initials(sentences)
    return EvidenceText(tuple(sentences), everything | closely, initials)


def _choose(
    texts: Sequence[str],
    stems_of: Sequence[frozenset[str]],
    claim: Mapping[str, float],
    figures: Collection[str],
    lexicon: Lexicon,
) -> list[int]:
    if len(texts) <= _MOST_SENTENCES:
        return list(range(len(texts)))
    related: dict[str, float] = {}
    for stem in frozenset().union(*stems_of):
        best = claim.get(stem, 0.0)
        if not best:
            best = max(
                (w * s for c, w in claim.items() if (s := lexicon.same(c, stem)) > 0), default=0.0
            )
        if best:
            related[stem] = best
    scores = []
    for text, stems in zip(texts, stems_of, strict=True):
        score = sum(weight for stem, weight in related.items() if stem in stems)
        if figures and any(figure in text for figure in figures):
            score += 0.5
        scores.append(score)
    order = sorted(range(len(texts)), key=lambda place: -scores[place])
    chosen: set[int] = set()
    for place in order:
        if len(chosen) >= _MOST_SENTENCES or not scores[place]:
            break
        chosen |= {near for near in (place - 1, place, place + 1) if 0 <= near < len(texts)}
    return sorted(chosen) or list(range(_MOST_SENTENCES))


def _initials(sentences: Iterable[EvidenceSentence]) -> frozenset[str]:
    """First letters of runs of capitalised words: what an abbreviation may stand for."""
    found = set()
    for sentence in sentences:
        run = ""
        for word in (*sentence.words, None):
            if word is not None and word.text[:1].isupper():
                run += word.text[0].lower()
                continue
            if word is not None and word.text.lower() in ("of", "and", "for", "the"):
                continue
            found |= {run[i:j] for i in range(len(run)) for j in range(i + 2, len(run) + 1)}
            run = ""
    return frozenset(found)
