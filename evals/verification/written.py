"""Training pairs: those written by hand, and changed sentences of the sample knowledge.

Nothing of any development set is in them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from engine.knowledge.sentences import split_sentences
from evals.verification.pair import Pair

WRITTEN = Path(__file__).parent / "written_pairs.txt"
KNOWLEDGE = Path(__file__).parents[1] / "sample" / "knowledge"

_KINDS = {"+": "supported", "-": "unsupported", "~": "partly"}
_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,4}(?![\w/:-]|[.,]\d)")
_VERB = re.compile(r"\b(is|are|can|may|must|will|was|were|has|have)\b(?! not\b)")
_NEGATED = re.compile(r"\b(is|are|can|may|must|will|do|does|was|were) not\b|\bcannot\b")
_CONDITION = re.compile(r",? (?:if|unless|except|only for|only when|as long as) [^,.;]+(?=[,.;])")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
_OPPOSITES = {
    "before": "after",
    "after": "before",
    "minimum": "maximum",
    "maximum": "minimum",
    "more": "less",
    "first": "last",
    "last": "first",
    "always": "never",
    "never": "always",
    "internal": "external",
    "open": "close",
    "higher": "lower",
    "lower": "higher",
    "every": "no",
    "free": "paid",
    "allowed": "forbidden",
    "without": "with",
    "with": "without",
    "longer": "shorter",
    "new": "old",
    "at least": "at most",
    "at most": "at least",
    "up to": "at least",
    "same": "different",
    "automatically": "manually",
    "yearly": "monthly",
    "monthly": "yearly",
    "day": "week",
    "days": "weeks",
    "months": "years",
    "hours": "days",
    "email": "post",
    "customer": "supplier",
    "team lead": "intern",
    "manager": "customer",
    "paid": "unpaid",
    "added": "removed",
    "remove": "add",
    "enable": "disable",
}
_REWORDINGS = {
    "do not": "don't",
    "does not": "doesn't",
    "is not": "isn't",
    "are not": "aren't",
    "cannot": "can't",
    "must": "has to",
    "at least": "a minimum of",
    "up to": "at most",
    "within": "in at most",
    "for example": "such as",
    "customer": "client",
    "approve": "agree to",
    "needs": "requires",
    "send": "forward",
    "ask": "contact",
    "people": "persons",
    "also": "in addition",
    "about": "roughly",
    "every": "each",
    "get": "receive",
    "gets": "receives",
    "begin": "start",
    "buy": "purchase",
    "1": "one",
    "2": "two",
    "3": "three",
    "4": "four",
    "5": "five",
    "6": "six",
    "7 days": "one week",
    "14 days": "two weeks",
    "10": "ten",
    "12 months": "one year",
    "24 hours": "one day",
    "30 days": "one month",
}


def written_pairs(path: Path = WRITTEN) -> list[Pair]:
    """The pairs written by hand."""
    pairs, evidence, number = [], "", 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("# "):
            continue
        mark, claim = line[0], line[2:]
        if mark not in _KINDS or line[1] != " ":
            evidence, number = line, number + 1
            continue
        kind = _KINDS[mark]
        pairs.append(
            Pair(
                claim=claim,
                evidence=(evidence,),
                supported=mark == "+",
                kind=kind,
                group=f"written-{number}",
            )
        )
    return pairs


def joined_pairs(pairs: Sequence[Pair], seed: int) -> Iterator[Pair]:
    """Claims of two sentences, and claims whose evidence stands among other texts."""
    random_ = random.Random(seed)
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.group, []).append(pair)
    texts = [own[0].evidence[0] for own in groups.values()]
    names = sorted({found for text in texts for found in _NAME.findall(text)})
    for name, own in groups.items():
        right = [pair for pair in own if pair.supported]
        wrong = [pair for pair in own if not pair.supported]
        for pair in own:
            others = random_.sample([t for t in texts if t != own[0].evidence[0]], 2)
            spans = [*others, own[0].evidence[0]]
            random_.shuffle(spans)
            yield Pair(
                claim=pair.claim,
                evidence=tuple(spans),
                supported=pair.supported,
                kind=pair.kind,
                group=name,
            )
        yield from _counterweights(right, names, random_, name)
        for one in right:
            second = random_.choice([pair for pair in right if pair is not one])
            yield _joined(one, second, name)
        for one in wrong:
            second = random_.choice(right)
            first, last = random_.sample([one, second], 2)
            yield _joined(first, last, name)


def _counterweights(
    right: Sequence[Pair], names: Sequence[str], random_: random.Random, group: str
) -> Iterator[Pair]:
    """Verbatim claims that are supported, and reworded ones that are not.

    People reword when they write what is true and copy when they write what is false; without
    these a model would learn that, and not what the evidence says.
    """
    evidence = right[0].evidence
    sentences = [evidence[0][a:b] for a, b in split_sentences(evidence[0])]
    for sentence in sentences:
        if len(sentence.split()) > 4:
            yield Pair(
                claim=sentence, evidence=evidence, supported=True, kind="quoted", group=group
            )
            for kind, change in _changes(random_, names, []):
                claim = change(sentence) if kind == "reworded" else None
                if claim:
                    yield Pair(
                        claim=claim, evidence=evidence, supported=True, kind=kind, group=group
                    )
    for pair in right:
        for kind, change in _changes(random_, names, []):
            claim = None if kind in ("reworded", "joined", "condition") else change(pair.claim)
            if claim and claim != pair.claim:
                yield Pair(claim=claim, evidence=evidence, supported=False, kind=kind, group=group)


def _joined(one: Pair, other: Pair, group: str) -> Pair:
    wrong = next((pair.kind for pair in (one, other) if not pair.supported), "supported")
    return Pair(
        claim=f"{one.claim} {other.claim}",
        evidence=one.evidence,
        supported=wrong == "supported",
        kind=wrong,
        group=group,
    )


def changed_pairs(seed: int, folder: Path = KNOWLEDGE) -> list[Pair]:
    """Sentences of the sample knowledge, reworded or changed in meaning by rule."""
    random_ = random.Random(seed)
    passages = _passages(folder)
    names = sorted({name for text, _ in passages for name in _NAME.findall(text)})
    pairs = []
    for number, (passage, sentences) in enumerate(passages):
        group = f"sample-{number}"
        for sentence in sentences:
            for kind, change in _changes(random_, names, [s for s in sentences if s != sentence]):
                claim = change(sentence)
                if claim is None or claim == sentence:
                    continue
                supported = kind in ("reworded", "joined")
                pairs.append(
                    Pair(
                        claim=claim,
                        evidence=(passage,),
                        supported=supported,
                        kind=kind,
                        group=group,
                    )
                )
    return pairs


def _passages(folder: Path) -> list[tuple[str, list[str]]]:
    passages = []
    for path in sorted(folder.rglob("*.md")):
        text = path.read_text(encoding="utf-8").split("---\n", 2)[-1]
        for paragraph in re.split(r"\n\s*\n", text):
            plain = re.sub(r"[*`#]|^\s*(?:\d+\.|-)\s+", "", paragraph, flags=re.M)
            if "|" in plain:
                continue
            sentences = [
                plain[a:b] for a, b in split_sentences(plain) if 7 <= len(plain[a:b].split()) <= 32
            ]
            if len(sentences) >= 2:
                passages.append((plain, sentences[:4]))
    return passages


def _changes(
    random_: random.Random, names: Sequence[str], others: Sequence[str]
) -> list[tuple[str, Callable[[str], str | None]]]:
    def replaced(table: dict[str, str]) -> Callable[[str], str | None]:
        def change(text: str) -> str | None:
            forms = [form for form in table if re.search(rf"\b{form}\b", text)]
            for form in random_.sample(forms, min(2, len(forms))):
                text = re.sub(rf"\b{form}\b", table[form], text, count=1)
            return text

        return change

    def one_replaced(table: dict[str, str]) -> Callable[[str], str | None]:
        def change(text: str) -> str | None:
            forms = [form for form in table if re.search(rf"\b{form}\b", text)]
            if not forms:
                return None
            form = random_.choice(forms)
            return re.sub(rf"\b{form}\b", table[form], text, count=1)

        return change

    def number(text: str) -> str | None:
        found = list(_NUMBER.finditer(text))
        if not found:
            return None
        match = random_.choice(found)
        value = int(match.group())
        other = random_.choice([value + 1, value * 2, value + 10, max(1, value // 2)])
        return None if other == value else f"{text[: match.start()]}{other}{text[match.end() :]}"

    def negated(text: str) -> str | None:
        if _NEGATED.search(text):
            return _NEGATED.sub(
                lambda m: "can" if m.group() == "cannot" else m.group(1), text, count=1
            )
        return _VERB.sub(r"\1 not", text, count=1) if _VERB.search(text) else None

    def named(text: str) -> str | None:
        found = list(_NAME.finditer(text))
        if not found:
            return None
        match = random_.choice(found)
        return f"{text[: match.start()]}{random_.choice(names)}{text[match.end() :]}"

    def unconditional(text: str) -> str | None:
        return _CONDITION.sub("", text, count=1) if _CONDITION.search(text) else None

    def longer(text: str) -> str | None:
        extra = random_.choice(
            [
                "and sends a copy to the finance team",
                "which costs 15 euros",
                "after a review by the board",
                "because the insurer demands it",
                "including weekends and holidays",
                "with the help of an agency",
                "as the Lisbon office has done since spring",
                "and a bonus is paid for it",
                "using a tablet",
                "which most customers prefer",
                "in every country where we sell",
                "and it takes about an hour",
            ]
        )
        return f"{text.rstrip('.!?')}, {extra}."

    def joined(text: str) -> str | None:
        if not others:
            return None
        other = random_.choice(list(others))
        return f"{text.rstrip('.!?')}, and {other[:1].lower()}{other[1:]}"

    return [
        ("reworded", replaced(_REWORDINGS)),
        ("joined", joined),
        ("number", number),
        ("negated", negated),
        ("name", named),
        ("opposite", one_replaced(_OPPOSITES)),
        ("condition", unconditional),
        ("longer", longer),
    ]
