"""Do two questions ask the same, so that the answer to one is the answer to the other?

One-sided: where it is in doubt they do not. "How do I reset my VPN password?" and "... my email
password?" are near to each other for any embedder, so words decide beside the cosine.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from itertools import pairwise

from engine.verification.alignment import Matcher
from engine.verification.claim_words import Word, read_words, stems_in
from engine.verification.evidence_text import without_marks
from engine.verification.lexicon.lexicon import load_lexicon
from engine.verification.unmet import UnmetKind, missing_from
from engine.verification.wording import turned_words

LEAST_COSINE = 0.85
"""Chosen on three public sets of requests by intent, see the README's decisions."""

_COVERED = 0.9
_WEIGHTY = 0.7
_SUBJECTS = (UnmetKind.NAME, UnmetKind.VERSION, UnmetKind.NUMBER, UnmetKind.QUOTED)
_SLOPE, _INTERCEPT = 8.4, -4.92
"""Of a logistic model of the cosine, fitted to those sets' pairs that the words let pass."""

_ASKING = re.compile(
    r"\b(?:how (?:long|often|many|much|far|old|soon|big|large|high|fast)|who|whom|whose|where|when"
    r"|why)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|their|he|him|she|her|there|then|one|ones|same"
    r"|above|instead|also|too)\b"
    r"|^\W*(?:and|or|but|so|what about|how about|why|why not|really)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|cannot|without|\w+n['\u2019]t)\b",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"(?<=\d)[,.'\u2019\u202f\u00a0](?=\d{3}(?!\d))")
_WAYS = re.compile(
    r"\b(from|to|into|onto)\s+(?:(?:a|an|the|my|our|your|their|another|other)\s+)?(\w+)",
    re.IGNORECASE,
)
_PARTICLES = frozenset(("back", "out", "in", "on", "off", "up", "down", "over", "away"))
_PLACES = frozenset(("in", "on"))
"""Which of the two is said of a place means nothing."""
_TELLING_WORDS = 3
_LONGEST = 1_000


def same_question(one: str, other: str, cosine: float) -> float:
    """The probability that two questions ask the same, 0 where something speaks against it.

    cosine: of their vectors. What speaks against it: a name, number, version or quotation that
    only one of them has; another asking word (how long, how often); a "not"; a word turned around
    (on, off), the other direction (from, to), another particle (roll back, roll out); or words on
    both sides that the other has in no form. Pure; some milliseconds, so call it
    in a thread.
    """
    # As an entry's question is kept: on one line, and cut.
    one, other = (" ".join(text.split())[:_LONGEST] for text in (one, other))
    if _bare(one) == _bare(other):
        return _probability(1.0)
    if cosine < LEAST_COSINE or _differ(one, other) or turned_words(one, other):
        return 0.0
    if _numbers(one) != _numbers(other) or _turned_around(one, other):
        return 0.0
    unmet = [*missing_from(one, [other]), *missing_from(other, [one])]
    if any(u.kind in _SUBJECTS or u.weight >= _WEIGHTY for u in unmet):
        return 0.0
    if max(_covered(one, other), _covered(other, one)) < _COVERED:
        return 0.0
    return _probability(cosine)


def stands_alone(question: str) -> bool:
    """Whether a question says what it is about, and does not point to something said before."""
    words = [w for w in read_words(without_marks(question[:_LONGEST]), load_lexicon()) if w.content]
    return len(words) >= _TELLING_WORDS and _POINTING.search(question[:_LONGEST]) is None


def _probability(cosine: float) -> float:
    return 1.0 / (1.0 + math.exp(-(_SLOPE * min(1.0, cosine) + _INTERCEPT)))


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _differ(one: str, other: str) -> bool:
    """Whether they want different things told."""
    if (_NOT.search(one) is None) != (_NOT.search(other) is None):
        return True
    asking = [{found.lower() for found in _ASKING.findall(text)} for text in (one, other)]
    return all(asking) and asking[0].isdisjoint(asking[1])


def _numbers(text: str) -> set[str]:
    """Each as it is written, without the marks between thousands."""
    return set(re.findall(r"\d+(?:[.,:]\d+)*", _THOUSANDS.sub("", text)))


def _turned_around(one: str, other: str) -> bool:
    """Whether one goes from where the other goes to, or a word stands with another particle."""
    mine, theirs = _directions(one), _directions(other)
    if any(theirs.get(place, way) != way for place, way in mine.items()):
        return True
    first, second = _particles(one), _particles(other)
    return any(
        kinds.isdisjoint(second[word]) and not kinds | second[word] <= _PLACES
        for word, kinds in first.items()
        if word in second
    )


def _directions(text: str) -> dict[str, str]:
    """From or to, by the word that follows; without words that follow both."""
    found: dict[str, set[str]] = defaultdict(set)
    for way, place in _WAYS.findall(text):
        found[place.lower()].add("from" if way.lower() == "from" else "to")
    return {place: ways.pop() for place, ways in found.items() if len(ways) == 1}


def _particles(text: str) -> dict[str, set[str]]:
    """The particles that follow each word."""
    found: dict[str, set[str]] = defaultdict(set)
    words = [word.lower() for word in re.findall(r"\w+", text)]
    for word, following in pairwise(words):
        if following in _PARTICLES:
            found[word].add(following)
    return found


def _covered(one: str, other: str) -> float:
    """Share in [0, 1] of the weight of the first's words that the second says in some form."""
    lexicon = load_lexicon()
    stems = stems_in(without_marks(other))
    matcher = Matcher(stems, lexicon)

    def weight(word: Word) -> float:
        return lexicon.rarity(word.stem) + 0.1

    words = [word for word in read_words(without_marks(one), lexicon) if word.content]
    total = sum(weight(word) for word in words)
    if not total:
        return 1.0
    return sum(weight(word) * matcher.share(word, stems) for word in words) / total
