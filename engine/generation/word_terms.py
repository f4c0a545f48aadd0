"""The terms of a text as spans and questions are compared by them."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.retrieval.lexical import terms

WORD = re.compile(r"[^\W_]+(?:[._:/@#&+'’-]+[^\W_]+)*")
# What a stemmer does not bring together; forms that are common words of their own are left out.
_IRREGULAR = {
    form: base
    for base, forms in {
        "lose": "lost", "steal": "stole stolen", "break": "broke broken", "buy": "bought",
        "pay": "paid", "send": "sent", "take": "took taken", "give": "gave given",
        "write": "wrote written", "choose": "chose chosen", "forget": "forgot forgotten",
        "keep": "kept", "hold": "held", "meet": "met", "find": "found", "tell": "told",
        "spend": "spent", "sell": "sold", "bring": "brought", "build": "built",
        "freeze": "froze frozen", "hide": "hid hidden", "begin": "began begun",
        "speak": "spoke spoken", "drive": "drove driven", "teach": "taught", "child": "children",
    }.items()
    for form in forms.split()
}  # fmt: skip


@lru_cache(maxsize=65_536)
def _terms_of_word(word: str) -> tuple[int, ...]:
    return tuple(terms(_IRREGULAR.get(word, word)).tolist())


@lru_cache(maxsize=8_192)
def term_set(text: str) -> frozenset[int]:
    """The distinct terms of a text, as `lexical.terms` finds them, from a cache of words."""
    found: set[int] = set()
    for word in WORD.findall(text.lower()):
        found.update(_terms_of_word(word))
    return frozenset(found)
