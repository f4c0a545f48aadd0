"""What a question asks about that no passage mentions: a hint that the answer is not there.

>>> [u.text for u in missing_from("Does Tidemark 5 run on Solaris?", ["Tidemark 5 runs on Linux."])]
['Solaris']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from engine.verification.alignment import Matcher
from engine.verification.claim_words import FUNCTION_WORDS, Word, read_words, stems_in
from engine.verification.evidence_text import without_marks
from engine.verification.lexicon.lexicon import NEAR, Lexicon, load_lexicon
from engine.verification.lexicon.stem import stem_of
from engine.verification.quantities import read_quantities
from engine.verification.quantity import Quantity

_MOST = 8
_MOST_CHARS = 200_000
_RARE = 0.45
_RAREST_IDF = 7.0
_QUOTED = re.compile(
    r"[\"“”„«]([^\"“”„«»\n]{2,120})[\"“”»]|`([^`\n]{2,120})`|(?<!\w)'([^'\n]{2,80})'(?!\w)"
)
_CONDITION = re.compile(
    r"\b(?:if|when|while|during|without|unless|in case|as an?|for (?:a|an|my|our)|working from|"
    r"living in|based in|on a|because of)\s+(?P<inner>[^,.;?!]+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+")
_VERSION_WINDOW = 4

_GENERIC = frozenset(
    stem_of(word)
    for word in """
    accept access achieve act add advise affect agree allow answer appear apply approach
    appropriate ask boss assume available avoid basically begin believe best better bit book
    bring build buy call cancel care case cause change chance check choose clarify clear close
    colleague common company complete concern configure confirm confused connect consider
    contact continue correct correctly cost count create curious current currently customer cut
    day days deal decide define depend describe detail details determine difference different
    difficult discuss document documentation easy employee enable end ensure entitled error
    exact exactly example exist expect experience explain fact figure fine fix follow form found
    full generally good great guess guide guy handle happen hear hello help hey hi hold hope
    hour idea implement important include info information instead issue issues item join know
    lead learn leave let list load long look lot main major manage manager matter maybe member
    method minute month name necessary normal note notice obtain offer officially open option
    options organisation organization paid pay perform permit personal place plan point policy
    possible prefer prepare problem procedure process product proper properly provide purpose
    put question quick quickly read really reason receive recommend recommended refer related
    relevant remain remember reply report request require required requirement response right
    rule run save seem select send set setting settings show similar simple simply single
    situation solution solve sort specific specify staff start state step steps stop store
    submit suggest supply support supposed sure switch system talk task team tell thank thanks
    time today tomorrow total try turn type understand update user usual usually valid various
    view visit wait way week weeks wonder wondering word work worker works write wrong year
    yesterday
    """.split()
)
"""Words of asking and of offices: that no passage has them says nothing."""


class UnmetKind(StrEnum):
    """What sort of thing is not mentioned."""

    NAME = "name"
    VERSION = "version"
    NUMBER = "number"
    QUOTED = "quoted"
    CONDITION = "condition"
    TERM = "term"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """Something in a question that no passage mentions.

    text: as the question says it. weight: in (0, 1], how much its absence speaks against an answer.
    """

    text: str
    kind: UnmetKind
    weight: float


def missing_from(
    question: str, texts: Sequence[str], idf: Callable[[str], float] | None = None
) -> tuple[Unmet, ...]:
    """Names, versions, numbers, quoted texts, conditions and rare terms that no text mentions.

    texts: cited or retrieved passages, with their titles where those help; none leaves everything
    unmet. idf: natural-log IDF of a lower-case word in the corpus; None uses the shipped rarity.
    At most 8, the weightiest first; inflections, synonyms and abbreviations count as mentioned.
    Pure, and never raises for any text.
    """
    lexicon = load_lexicon()
    plain = [without_marks(text[:_MOST_CHARS]) for text in texts]
    tokens = [[stem_of(token) for token in _TOKEN.findall(text.lower())] for text in plain]
    stems = frozenset(stem for found in tokens for stem in found)
    stems = stems.union(*(stems_in(text) for text in plain))
    words = read_words(without_marks(question), lexicon)
    covered: set[int] = set()
    found = [
        *_quoted(question, plain, words, covered),
        *_versions(words, tokens, covered),
        *_numbers(question, plain, covered),
        *_terms(
            question, words, Matcher(stems, lexicon), stems, " ".join(plain), lexicon, idf, covered
        ),
    ]
    unique = {unmet.text.lower(): unmet for unmet in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda u: (-u.weight, question.find(u.text)))[:_MOST])


def _quoted(
    question: str, plain: Sequence[str], words: Sequence[Word], covered: set[int]
) -> Iterator[Unmet]:
    """Quoted texts that stand in no passage; their words are not looked at again."""
    bare = [f" {' '.join(_TOKEN.findall(text.lower()))} " for text in plain]
    for match in _QUOTED.finditer(question):
        said = next(group for group in match.groups() if group)
        wanted = " ".join(_TOKEN.findall(said.lower()))
        if not wanted:
            continue
        covered |= {w.start for w in words if match.start() <= w.start < match.end()}
        if not any(f" {wanted} " in text for text in bare):
            yield Unmet(text=said, kind=UnmetKind.QUOTED, weight=1.0)


def _versions(
    words: Sequence[Word], tokens: Sequence[Sequence[str]], covered: set[int]
) -> Iterator[Unmet]:
    """A name with a number behind it ("Windows 11"): the number must stand near the name."""
    for name, number in pairwise(words):
        is_version = number.text[:1].isdigit() and number.text.replace(".", "").isdigit()
        if not (name.name and is_version) or name.start in covered:
            continue
        parts = [stem_of(part) for part in _TOKEN.findall(number.text)]
        if name.stem in _MONTH_STEMS:
            continue
        covered.add(number.start)
        if not any(_near(found, name.stem, parts) for found in tokens):
            known = any(name.stem in found for found in tokens)
            if known:
                covered.add(name.start)
            yield Unmet(text=f"{name.text} {number.text}", kind=UnmetKind.VERSION, weight=0.9)


_MONTH_STEMS = frozenset(
    stem_of(m)
    for m in (
        "january february march april may june july august september october november "
        "december jan feb mar apr jun jul aug sep oct nov dec"
    ).split()
)


def _near(tokens: Sequence[str], name: str, parts: Sequence[str]) -> bool:
    size = len(parts)
    places = [i for i, token in enumerate(tokens) if token == name]
    return any(
        list(tokens[j : j + size]) == list(parts)
        for i in places
        for j in range(i + 1, i + 2 + _VERSION_WINDOW * 2)
    )


def _numbers(question: str, plain: Sequence[str], covered: set[int]) -> Iterator[Unmet]:
    """Numbers with a unit that no passage says, nor any bound under which they could fall."""
    asked = [q for q in read_quantities(question) if _is_asked(q) and q.start not in covered]
    if not asked:
        return
    said = [quantity for text in plain for quantity in read_quantities(text)]
    for quantity in asked:
        if any(quantity.equals(other) for other in said):
            continue
        alike = [
            o for o in said if o.dimension == quantity.dimension and o.unit[:4] == quantity.unit[:4]
        ]
        if any(other.bound or "-" in other.text or " to " in other.text for other in alike):
            continue
        weight = 0.3 if alike else 0.6
        if quantity.dimension == "version":
            weight = 0.9
        kind = UnmetKind.VERSION if quantity.dimension == "version" else UnmetKind.NUMBER
        yield Unmet(text=quantity.text, kind=kind, weight=weight)


def _is_asked(quantity: Quantity) -> bool:
    if quantity.dimension == "ordinal":
        return False
    return quantity.text[:1].isdigit() or quantity.dimension != "count" or quantity.value > 3


def _terms(
    question: str,
    words: Sequence[Word],
    matcher: Matcher,
    stems: frozenset[str],
    everything: str,
    lexicon: Lexicon,
    idf: Callable[[str], float] | None,
    covered: set[int],
) -> Iterator[Unmet]:
    """Names and rare words that no passage says in any form."""
    conditions = [match.span("inner") for match in _CONDITION.finditer(question)]
    shouted = question.isupper()
    for word in words:
        if not word.content or word.start in covered or word.stem in _GENERIC:
            continue
        is_name = (word.name and not shouted) or word.identifier
        if matcher.share(word, stems) >= NEAR or _abbreviated(word, everything):
            continue
        weight = lexicon.rarity(word.stem)
        if idf is not None:
            weight = min(1.0, max(0.05, idf(word.text.lower()) / _RAREST_IDF))
        inside = any(low <= word.start < high for low, high in conditions)
        if word.identifier:
            yield Unmet(text=word.text, kind=UnmetKind.NAME, weight=1.0)
        elif is_name:
            yield Unmet(text=word.text, kind=UnmetKind.NAME, weight=max(weight, 0.7))
        elif weight >= _RARE or (inside and weight >= _RARE - 0.1):
            kind = UnmetKind.CONDITION if inside else UnmetKind.TERM
            yield Unmet(text=word.text, kind=kind, weight=weight * (0.9 if inside else 0.75))


def _abbreviated(word: Word, everything: str) -> bool:
    """Whether a passage writes an abbreviation out, or abbreviates the word."""
    if word.text.isupper() and 2 <= len(word.text) <= 5 and word.text.isalpha():
        letters = r"[\s-]+(?:of\s+|and\s+|for\s+|the\s+)?".join(
            rf"{c}\w+" for c in word.text.lower()
        )
        return re.search(rf"\b{letters}", everything.lower()) is not None
    short = word.text.lower()
    return len(short) >= 6 and any(
        short.startswith(token) and len(token) >= 3 and token not in FUNCTION_WORDS
        for token in set(re.findall(r"\b[a-z]{3,5}\b(?=\.)", everything.lower()))
    )
