"""Which word of the evidence says a word of the claim, and in which sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.verification.claim_words import Word
from engine.verification.evidence_text import EvidenceSentence, EvidenceText
from engine.verification.lexicon.lexicon import NEAR, SAME_MEANING, Lexicon


@dataclass(frozen=True, slots=True)
class Match:
    """The best word for a claimed one: how well (0 none, 1 the same), and which word it is."""

    share: float
    word: Word | None
    opposite: str = ""


@dataclass(frozen=True, slots=True)
class Alignment:
    """A clause beside the two or three neighbouring sentences that say most of it.

    words: the clause's content words. local: their matches in the window; anywhere: in all that
    was read closely. window: those sentences; empty without evidence. coverage: the weighted share
    of the words that the window says, in [0, 1]; 1 for a clause without content.
    """

    words: tuple[Word, ...]
    local: tuple[Match, ...]
    anywhere: tuple[float, ...]
    window: tuple[EvidenceSentence, ...]
    coverage: float
    coverage_anywhere: float


def weighted(words: Sequence[Word], shares: Sequence[float]) -> float:
    """Mean of the shares weighted by rarity; 1 without words."""
    total = sum(word.weight for word in words)
    if not total:
        return 1.0
    return sum(w.weight * s for w, s in zip(words, shares, strict=True)) / total


class Matcher:
    """How well sets of stems say claimed words; looks each word up in the evidence only once."""

    def __init__(self, stems: frozenset[str], lexicon: Lexicon) -> None:
        """stems: of the whole evidence."""
        self._stems = stems
        self._lexicon = lexicon
        self._related: dict[str, dict[str, float]] = {}

    def share(self, word: Word, stems: frozenset[str]) -> float:
        """How well some of the evidence's stems say a word, in [0, 1]."""
        if word.stem in stems or (word.parts and all(part in stems for part in word.parts)):
            return 1.0
        if word.identifier:
            return 0.0
        best = self._best(word.stem, stems)
        if word.parts:
            best = max(best, sum(self._best(p, stems) for p in word.parts) / len(word.parts))
        return best if not word.name or best > NEAR else 0.0

    def _best(self, stem: str, stems: frozenset[str]) -> float:
        related = self._related.get(stem)
        if related is None:
            related = self._related[stem] = self._relate(stem)
        return max((value for found, value in related.items() if found in stems), default=0.0)

    def _relate(self, stem: str) -> dict[str, float]:
        related = {
            found: value for found in self._stems if (value := self._lexicon.same(stem, found))
        }
        for cut in range(3, len(stem) - 1):  # "sign in" says "signin"
            if stem[:cut] in self._stems and stem[cut:] in self._stems:
                related.setdefault(stem[cut:], SAME_MEANING)
        return related


def align(
    words: Sequence[Word], evidence: EvidenceText, matcher: Matcher, lexicon: Lexicon
) -> Alignment:
    """Aligns a clause's words with the evidence."""
    content = tuple(word for word in words if word.content)
    everywhere = evidence.stems
    anywhere = tuple(_anywhere(word, everywhere, evidence.initials, matcher) for word in content)
    table = [[matcher.share(word, s.stems) for word in content] for s in evidence.sentences]
    window: tuple[EvidenceSentence, ...] = ()
    best, best_score = tuple(Match(0.0, None) for _ in content), -1.0
    chosen: Sequence[int] = ()
    for start in range(len(evidence.sentences)):
        for size in (1, 2, 3):
            stop = start + size
            if stop > len(evidence.sentences) or (
                evidence.sentences[stop - 1].place - evidence.sentences[start].place >= size
            ):
                break
            shares = (
                [max(column) for column in zip(*table[start:stop], strict=True)] if content else []
            )
            score = weighted(content, shares) - 0.06 * (size - 1)
            if score > best_score + 1e-9:
                best_score, chosen = score, range(start, stop)
    coverage = weighted(content, [0.0] * len(content))
    if chosen:
        window = tuple(evidence.sentences[i] for i in chosen)
        best = tuple(_best_word(word, window, matcher, lexicon) for word in content)
        coverage = weighted(content, [match.share for match in best])
    return Alignment(
        words=content,
        local=best,
        anywhere=anywhere,
        window=window,
        coverage=coverage,
        coverage_anywhere=weighted(content, anywhere),
    )


def _anywhere(
    word: Word, stems: frozenset[str], initials: frozenset[str], matcher: Matcher
) -> float:
    share = matcher.share(word, stems)
    if share < 1 and word.name and word.text.isupper() and word.text.lower() in initials:
        return 0.9
    return share


def _best_word(
    word: Word, window: Sequence[EvidenceSentence], matcher: Matcher, lexicon: Lexicon
) -> Match:
    """The window's best word for a claimed one; of equal ones, one of the same polarity."""
    best, share, opposite = None, 0.0, ""
    for sentence in window:
        for found in sentence.words:
            if not found.content and found.stem != word.stem:
                continue
            value = lexicon.same(word.stem, found.stem)
            if not value and found.parts and word.stem in found.parts:
                value = 1.0
            if value > share or (
                value == share and value and best and found.negated == word.negated != best.negated
            ):
                best, share = found, value
            elif not value and found.content and lexicon.opposite(word.stem, found.stem):
                opposite = found.text
    whole = frozenset().union(*(s.stems for s in window))
    total = matcher.share(word, whole)
    if total > share:
        return Match(total, None, opposite)
    return Match(share if not word.name or share > NEAR else 0.0, best, opposite)
