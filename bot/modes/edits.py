"""How far a reviewer's answer is from the draft they had before them.

The measure is the share of words in common, in order: twice the matching words over the words of
both (Ratcliff and Obershelp, as in difflib), without case, marks and punctuation. From `LIGHTLY` on
an edit is light, and the draft counts as right: wording, a greeting, a word more. It never is where
a number, a name of a file or a "not" differs, whatever the share: one figure is what an answer may
be about.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

LIGHTLY = 0.7
_MARK = re.compile(r"\[\d+\]")
_WORD = re.compile(r"[^\W_]+(?:[.,:/'’-][^\W_]+)*")
_NEGATION = frozenset("no not never none neither nor without cannot".split())
_DENIED = " not "
_MOST_WORDS = 2_000


def likeness(draft: str, answer: str) -> float:
    """In [0, 1]; 1 for the same words. 0 where either has none."""
    ours, theirs = _words(draft), _words(answer)
    if not ours or not theirs:
        return 0.0
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()


def is_light(draft: str, answer: str) -> bool:
    """Whether the draft was right but for its wording."""
    before, after = _facts(draft), _facts(answer)
    same = before <= after and (_DENIED in before) == (_DENIED in after)
    return same and likeness(draft, answer) >= LIGHTLY


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_MARK.sub(" ", text))][:_MOST_WORDS]


def _facts(text: str) -> set[str]:
    """Numbers, names with a sign in them, and denials."""
    words = _words(text)
    said = {word for word in words if any(c.isdigit() for c in word) or "/" in word or "." in word}
    if any(word in _NEGATION or word.endswith(("n't", "n’t")) for word in words):
        said.add(_DENIED)
    return said
