"""Stems by which words are compared, irregular forms brought to their base first."""

from __future__ import annotations

from functools import lru_cache

from py_rust_stemmers import SnowballStemmer

_STEMMER = SnowballStemmer("english")
# Forms that are common words of their own (`left`, `found` as founding, `saw`) stay themselves.
_IRREGULAR = {
    form: base
    for base, forms in {
        "be": "am is are was were been being", "have": "has had having", "do": "does did done",
        "go": "went gone", "get": "got gotten", "make": "made", "take": "took taken",
        "give": "gave given", "come": "came", "see": "seen", "know": "knew known",
        "think": "thought", "say": "said", "tell": "told", "keep": "kept", "hold": "held",
        "bring": "brought", "buy": "bought", "sell": "sold", "send": "sent", "spend": "spent",
        "pay": "paid", "lose": "lost", "steal": "stole stolen", "break": "broke broken",
        "write": "wrote written", "choose": "chose chosen", "forget": "forgot forgotten",
        "meet": "met", "find": "found", "build": "built", "begin": "began begun",
        "run": "ran", "win": "won", "lead": "led", "grow": "grew grown", "rise": "rose risen",
        "fall": "fell fallen", "drive": "drove driven", "speak": "spoke spoken",
        "teach": "taught", "catch": "caught", "leave": "leaving", "become": "became",
        "show": "shown", "hide": "hid hidden", "freeze": "froze frozen", "wear": "wore worn",
        "fly": "flew flown", "draw": "drew drawn", "throw": "threw thrown", "eat": "ate eaten",
        "understand": "understood", "stand": "stood", "sit": "sat", "sleep": "slept",
        "feel": "felt", "deal": "dealt", "mean": "meant", "shut": "shutting", "swear": "sworn",
        "child": "children", "man": "men", "woman": "women", "person": "persons people",
        "foot": "feet", "datum": "data", "half": "halves", "life": "lives",
        "good": "better best", "bad": "worse worst", "die": "dying died", "lie": "lying",
        "early": "earlier earliest", "easy": "easily easier", "busy": "busier",
    }.items()
    for form in forms.split()
}  # fmt: skip


@lru_cache(maxsize=65_536)
def stem_of(word: str) -> str:
    """The stem of a lower-case word."""
    stem: str = _STEMMER.stem_word(_IRREGULAR.get(word, word))
    return stem
