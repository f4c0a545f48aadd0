"""The words of a text as the checker compares them: stem, rarity, polarity, what kind of word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from engine.verification.lexicon.lexicon import Lexicon
from engine.verification.lexicon.stem import stem_of

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?(?:[._@/#&+-]+[^\W_]+)*")
_PIECES = re.compile(r"[^\W_]+")
_CLAUSE_END = re.compile(r"[,;:.!?()—–\n]|\b(?:but|however|although|though|while|whereas)\b", re.I)
_IDENTIFIER = re.compile(r"\S*(?:[_@]|[a-z][A-Z]|\w\.\w|\d[A-Za-z]|[A-Za-z]-?\d)\S*")

FUNCTION_WORDS = frozenset(
    """a about above after again against all am an and any are as at be became because been before
    being below between both but by came can could did do does doing done down during each either
    else etc for from further get gets getting give given go goes going got had has have having he
    her here hers him his how i if in into is it its itself just let like made make makes making may
    me might more most much must my no nor not now of off often on once one ones only onto or other
    others our out over own per put rather s same shall she should since so some such t take takes
    than that the their theirs them then there these they this those through thus to too toward
    towards under until up upon us use used uses using very via was way we well were what when where
    whether which while who whom whose why will with within without would yet you your yours also
    been able according along among another around away become becomes certain come comes due even
    ever every first following however including includes keep kind last least less lot many mean
    means mr mrs ms new next number old order part people person please said say says second see
    several show still sure thing things think time times toward two try want wants yes""".split()
)
"""Words that carry no claim of their own; some of them are looked at as polarity or bounds."""
_LIGHT = frozenset(
    """able become certain first following including includes last many new next number
    old order part people person said say says second several show two want wants keep""".split()
)
_NEGATORS = frozenset(
    """not no never none neither nor cannot without hardly barely scarcely nobody nothing nowhere
    unable refuse refuses refused fail fails failed lack lacks lacking stop stopped deny denies
    denied instead except excluding""".split()
)
_NOT_NEGATING = re.compile(
    r"\b(?:not only|no (?:more|less|fewer|later|longer|earlier|sooner) than|"
    r"not (?:more|less|later) than|no matter|no doubt|not just|if not|whether or not|no\.? ?\d)\b",
    re.I,
)
_SCOPE = 4
"""Words behind a negator that it turns around."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text.

    text: as written. stem: of its lower-case form; parts: stems of its parts where it has several.
    weight: rarity in (0, 1], small for function words. content: whether it carries a claim.
    negated: whether a negator stands before it within its clause. name: whether it is written as a
    name. identifier: whether it is code, an address or a number with letters. start: where.
    """

    text: str
    stem: str
    parts: tuple[str, ...]
    weight: float
    content: bool
    negated: bool
    name: bool
    identifier: bool
    start: int
    end: int


@lru_cache(maxsize=65_536)
def _parts_of(lower: str) -> tuple[str, ...]:
    return tuple(stem_of(piece) for piece in _PIECES.findall(lower.replace("’", "'")))


def _bare(lower: str) -> str:
    return lower[:-2] if lower.endswith("'s") else lower


def stems_in(text: str) -> frozenset[str]:
    """The stems of `read_words`, at a tenth of its cost."""
    said = {match.group() for match in _WORD.finditer(text)}
    return frozenset(stem_of(_bare(word.lower().replace("’", "'"))) for word in said)


def read_words(text: str, lexicon: Lexicon) -> list[Word]:
    """The words of a text in order."""
    words: list[Word] = []
    exempt = [match.span() for match in _NOT_NEGATING.finditer(text)]
    breaks = [match.start() for match in _CLAUSE_END.finditer(text)]
    negator_at, at_break = -1, 0
    sentence_start = True
    for count, match in enumerate(_WORD.finditer(text)):
        said, start = match.group(), match.start()
        lower = said.lower().replace("’", "'")
        while at_break < len(breaks) and breaks[at_break] < start:
            if text[breaks[at_break]] in ".!?\n:":
                sentence_start = True
            at_break += 1
            negator_at = -1
        bare = _bare(lower)
        negates = (bare in _NEGATORS or lower.endswith("n't")) and not any(
            low <= start < high for low, high in exempt
        )
        stem = stem_of(bare)
        digits = any(c.isdigit() for c in said)
        content = (
            bare not in FUNCTION_WORDS
            and not negates
            and len(bare) > 1
            and not lower.endswith("n't")
        )
        name = _is_name(said, bare, stem, sentence_start, lexicon)
        parts = _parts_of(bare)
        words.append(
            Word(
                text=said,
                stem=stem,
                parts=parts if len(parts) > 1 else (),
                weight=max((lexicon.rarity(p) for p in parts), default=0.1) if content else 0.08,
                content=content and not (digits and not any(c.isalpha() for c in said)),
                negated=0 <= count - negator_at <= _SCOPE and negator_at >= 0,
                name=name and content,
                identifier=(
                    digits
                    and any(c.isalpha() for c in said)
                    and not re.fullmatch(r"\d+(?:st|nd|rd|th|[kmbgt]b?|[ap]m|h|d|s|min)", bare)
                )
                or (
                    bool(_IDENTIFIER.fullmatch(said))
                    and not digits
                    and any(mark in said for mark in "@_.")
                ),
                start=start,
                end=match.end(),
            )
        )
        if negates:
            negator_at = count
        sentence_start = False
    return words


def _is_name(said: str, bare: str, stem: str, sentence_start: bool, lexicon: Lexicon) -> bool:
    if not said[:1].isupper():
        return False
    if len(said) > 1 and said[1:].lower() != said[1:] and bare.isalpha():
        return True  # SLA, GitHub
    if sentence_start:
        return bare not in FUNCTION_WORDS and not lexicon.knows(stem) and bare.isalpha()
    return bare not in FUNCTION_WORDS
