"""How well a sentence has the shape of the answer that a question wants."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.generation.question_form import AnswerKind
from engine.generation.word_terms import term_set

_UNIT = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|nights?|quarters?)"
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|third|twice|once"
    r"|none|no|unlimited|free|all|both)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_IMPERATIVE = (
    r"(?:select|click|open|choose|press|enter|go|run|use|set|type|install|check|ask|send|contact"
    r"|call|create|add|remove|update|restart|try|switch|tick|make|follow|download|upload|log|sign"
    r"|submit|fill|report|move|copy|paste|delete|enable|disable|configure|start|stop|wait|look"
    r"|reach|email|e-mail|request|read|write|put|take|bring|turn|allow|unplug|reload|navigate)"
)

_COUNT = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|third|twice|once)"
_STATES = (
    r"(?:up to|at (?:most|least)|maximum|minimum|limit(?:ed)?|no more than|entitled to|total"
    r"|equals?|receives?|gets?|earns?|accrues?|has|have|pays?|covers?|costs?|takes?|lasts?|is|are|was|were"
    r"|of|to|every|each|within)[\s:]+"
)
_MENTIONS: dict[AnswerKind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        AnswerKind.NUMBER: rf"\d|[€$£%]|\b{_NUMBER_WORD}\b",
        AnswerKind.DATE: (
            r"\b(?:before|after|until|within|by|from|when|once|as soon as|at the end)\b"
        ),
        AnswerKind.PERSON: r"\b(?:you|anyone|everyone|nobody|members?|users?|people)\b",
        AnswerKind.DEFINITION: (
            r"\b(?:is|are) (?:an?|the|when|how|any|one|used|defined)\b"
            r"|\b(?:means?|refers? to|stands? for|called|known as|describes?|consists? of)\b"
        ),
    }.items()
}
_SHAPES: dict[AnswerKind, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE)
    for kind, pattern in {
        # An amount that the sentence states, not one that it mentions in passing.
        AnswerKind.NUMBER: (
            rf"[€$£]\s?\d|\d\s?(?:%|percent\b)|\b{_STATES}(?:\w+ (?:of )?)?(?:\d|{_COUNT}\b)"
            r"|\b(?:unlimited|free)\b"
        ),
        AnswerKind.DURATION: (
            rf"(?:\d|\b{_NUMBER_WORD})[\s-]*(?:\w+[\s-]+){{0,2}}{_UNIT}\b"
            r"|\b(?:daily|(?:bi-?)?weekly|monthly|quarterly|yearly|annually|never|always|immediately"
            r"|at once|expires?)\b"
        ),
        AnswerKind.DATE: (
            rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}|{_MONTH}\.? \d|in {_MONTH}|{_DAY})\b"
            rf"|\b\d{{1,2}}:\d\d\b|\b(?:19|20)\d\d\b|\b\d{{1,2}}(?:st|nd|rd|th)\b"
            rf"|\d[\s-]*{_UNIT}|\b(?:bi-?weekly|weekly|monthly|yearly|annually|quarterly)\b"
        ),
        AnswerKind.PERSON: (
            r"\b(?:managers?|admin\w*|owners?|teams?|leads?|head|officers?|directors?|hr|finance"
            r"|support|desk|agents?|departments?|commander|president|ceo|cfo|cto|staff|employees?"
            r"|supervisors?)\b|[\w.-]{1,64}@[\w-]+\."
            r"|#[a-z][\w-]+|(?-i:\b[A-Z][a-z]+ [A-Z][a-z]+\b)|\+\d[\d ]{6,}"
        ),
        AnswerKind.YES_NO: (
            r"\b(?:yes|no|not|cannot|can|only|may|must|never|always|possible|impossible|allowed"
            r"|available|supported|unless|except|if|need|required|permitted|n't|should|have to"
            r"|eligible|covered|included|nothing|neither|also)\b"
        ),
        AnswerKind.REASON: (
            r"\b(?:because|since|due to|caused?|causes|reasons?|so that|therefore|as a result"
            r"|otherwise|if|when|means)\b"
        ),
        AnswerKind.HOW_TO: (
            rf"(?:^|[.;:,]\s+|\b(?:to|must|should|can|then|and|please|you|may)\s+){_IMPERATIVE}\b"
        ),
        AnswerKind.TROUBLESHOOTING: (
            rf"(?:^|[.;:,]\s+|\b(?:to|must|should|can|then|and|please|you)\s+){_IMPERATIVE}\b"
            r"|\b(?:workaround|fix(?:ed)?|resol(?:ve[sd]?|ution)|because|caused?|reason|solution)\b"
        ),
        AnswerKind.COMPARISON: (
            r"\b(?:than|whereas|while|both|unlike|differ\w*|instead|compared|but|only|other)\b"
        ),
    }.items()
}
AMOUNTS = (AnswerKind.NUMBER, AnswerKind.DURATION)
_ASIDE = re.compile(r"\([^()]*\)")
_NEUTRAL = 0.5
_READ_CHARS = 600
_ORDER = re.compile(rf"^\W*(?:please |then |now )?{_IMPERATIVE}\b", re.IGNORECASE)
_SAYS_WHAT_IT_IS = re.compile(
    r"\s(?:is|are) (?:an?|the|one|any|when|how|where|what|used|defined|our|those|people)\b"
    r"|\s(?:means?|refers? to|stands? for|describes?|consists? of|seeks?|helps?|provides?|allows?"
    r"|lets?|enables?|entitles?|gives?|offers?|exists? to)\s|\s[-–—]\s|:\s",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\(([^()]{2,30})\)\s*$")
_NAME_CHARS = 60


@lru_cache(maxsize=8_192)
def answer_fit(kind: AnswerKind, text: str) -> float:
    """1 where the text has what this kind of answer needs (an amount stated, a date, ...), 0.5
    where it only mentions such a thing, 0 where it lacks it; 0.5 for kinds that have no mark."""
    shape, mention = _SHAPES.get(kind), _MENTIONS.get(kind)
    head = text[:_READ_CHARS]
    if kind in AMOUNTS and "(" in head:
        mention = mention or shape
        stated = _ASIDE.sub(" ", head)  # an amount in brackets is one of something else
    else:
        stated = head
    if shape is not None and shape.search(stated):
        return 1.0
    if mention is None:
        return 0.0 if shape is not None else _NEUTRAL
    return 0.5 if mention.search(head) else 0.0


def defines(terms: frozenset[int], text: str) -> bool:
    """Whether the text opens by naming one of the terms and saying what it is."""
    match = _SAYS_WHAT_IT_IS.search(text[: _NAME_CHARS + 20])
    if match is None:
        return False
    name = text[: match.start()]
    named = term_set(name)
    if named & terms and len(named - terms) <= 1:
        return True
    # "A Personal Identity Verification (PIV) card is ..."
    short = _IN_BRACKETS.search(name)
    return short is not None and bool(term_set(short[1]) & terms)


def tells_what_to_do(text: str) -> bool:
    """Whether the text opens with an order ("Press ...")."""
    return bool(_ORDER.match(text))
