"""Whether two questions are asked in the same words, whatever surrounds them.

Vectors do not tell: "full-time" and "part-time", "from A to B" and "from B to A", "may" and "must"
lie as near to each other as true paraphrases do (`python -m evals.caching`).
"""

from __future__ import annotations

import re
import unicodedata

_LONG_FORMS = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"\bcan't\b", "can not"),
        (r"\bcannot\b", "can not"),
        (r"\bwon't\b", "will not"),
        (r"(?<=\w)n't\b", " not"),
        (r"\bi'm\b", "i am"),
        (r"(?<=\w)'re\b", " are"),
        (r"(?<=\w)'ve\b", " have"),
        (r"(?<=\w)'ll\b", " will"),
        (r"\b(what|where|how|who|when|it|that|there)'s\b", r"\1 is"),
    )
)
_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|so|thanks|thank you|please|excuse me|good (?:morning|afternoon))"
    r"\b(?: (?:there|all|everyone|team)\b)?[\s,.!:-]*)+"
)
_THANKS = re.compile(r"(?:[\s,.!?-]*\b(?:please|thanks|thank you|thx|pls|plz))+[\s.!?]*$")
_LEAD = re.compile(
    r"(?:(?:can|could|would|will) (?:you|someone|anyone) (?:please )?"
    r"(?:tell|show|explain to|help|let) (?:me|us)(?: know| understand| find out)?"
    r"|(?:please )?(?:tell|show) (?:me|us)"
    r"|(?:i|we)(?: would like| want| need|'d like) to (?:know|find out|understand|ask)"
    r"|do you (?:happen to )?know|does anyone know|i was wondering|i wonder"
    r")\b(?: if| whether)?[\s,:]*"
)
_HOW = re.compile(r"(how|where|when)(?: (?:do|can|should|could|would) (?:i|we|you|one)| to)\b")
_MAY_I = re.compile(r"(?:is it possible (?:for (?:me|us) )?to|(?:am i|are we) able to|can we)\b")
_TOKEN = re.compile(
    r"(?<!\w)-?\d+(?:[.,:/-]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|\w+|[^\s\w.,!?;:\"'“”„«»()…*~`–—-]"
)
_ARTICLES = frozenset(("a", "an", "the", "please", "just"))
_LEAST_TOKENS = 2


def wording(text: str) -> str:
    """What is left of a question: its words in their order, empty where they are too few to tell.

    Case, punctuation, articles, the plural's `s`, greetings, thanks and "can you tell me" do not
    count; everything else does, and every sign that stands for something (`C++`, `5 %`).
    """
    folded = unicodedata.normalize("NFKC", text).lower().replace("’", "'")
    for pattern, form in _LONG_FORMS:
        folded = pattern.sub(form, folded)
    folded = _THANKS.sub("", " ".join(folded.split()))
    for lead in (_GREETING, _LEAD):
        if found := lead.match(folded):
            folded = folded[found.end() :]
    folded = _HOW.sub(r"\1", folded, count=1) if _HOW.match(folded) else folded
    if found := _MAY_I.match(folded):
        folded = "can i" + folded[found.end() :]
    tokens = [_singular(t) for t in _TOKEN.findall(folded) if t not in _ARTICLES]
    return " ".join(tokens) if len(tokens) >= _LEAST_TOKENS else ""


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
