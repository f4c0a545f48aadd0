"""Near misses made of real questions: one word changed, and another question."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_OPPOSITES = (
    *(("when", "where"), ("how much", "how long"), ("who", "why"), ("before", "after")),
    *(("my", "your"), ("can", "must"), ("is", "was"), ("with", "without"), ("first", "last")),
    *(("increase", "decrease"), ("more", "less"), ("add", "remove"), ("buy", "sell")),
    *(("from", "to"), ("open", "close"), ("all", "none of the"), ("always", "never")),
)
_TURNS = tuple(
    (re.compile(rf"\b{one}\b", re.IGNORECASE), other)
    for pair in _OPPOSITES
    for one, other in (pair, pair[::-1])
)
_NUMBER = re.compile(r"\d+")
_VERB = re.compile(r"\b(can|do|does|did|is|are|will|should)( i| you| we| it| the| my)\b", re.I)
_WORD = re.compile(r"\b[a-z]{5,}\b")


def near_miss(text: str, words: Sequence[str], drawn: random.Random) -> str:
    """The question with one thing changed: a word's opposite, a number, a negation, or a longer
    word for one of `words`; the text itself where nothing of it can be changed."""
    ways = [(pattern, other) for pattern, other in _TURNS if pattern.search(text)]
    made = []
    if ways:
        pattern, other = drawn.choice(ways)
        made.append(pattern.sub(other, text, count=1))
    if _NUMBER.search(text):
        made.append(_NUMBER.sub(lambda found: str(int(found.group()) + 1), text, count=1))
    if _VERB.search(text):
        made.append(_VERB.sub(r"\1\2 not", text, count=1))
    if found := _WORD.findall(text):
        old = drawn.choice(found)
        new = drawn.choice([word for word in words if word != old])
        made.append(text.replace(old, new, 1))
    return drawn.choice(made) if made else text


def long_words(texts: Sequence[str]) -> list[str]:
    """What may be put in: every longer word of the texts, each once."""
    return sorted({word for text in texts for word in _WORD.findall(text)})
