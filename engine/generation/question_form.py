"""A question -> what it asks: its parts, the kind of answer each wants, the words that count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.generation.word_terms import WORD, term_set
from engine.question import Question


class AnswerKind(StrEnum):
    """What an answer to a question looks like."""

    HOW_TO = "how_to"
    TROUBLESHOOTING = "troubleshooting"
    YES_NO = "yes_no"
    NUMBER = "number"
    DURATION = "duration"
    DATE = "date"
    PERSON = "person"
    PLACE = "place"
    REASON = "reason"
    DEFINITION = "definition"
    LIST = "list"
    COMPARISON = "comparison"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionPart:
    """One thing that is asked; "how much, and until when?" has two.

    terms: the terms of this part alone.
    """

    kind: AnswerKind
    terms: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionForm:
    """What a question asks for.

    parts: at least one, in the order asked; the first decides how the answer is laid out.
    weights: for each term of the question how much it counts, in (0, 1]: 1 in the sentence that
        asks, less in a ticket's story around it; empty if the question has no words that count.
    wants_all: whether it asks for everything there is of something ("all", "list", "overview").
    wants_code: whether a command or an example is asked for.
    identifiers: terms of error codes, versions and the like; a span that names one fits better.
    """

    parts: tuple[QuestionPart, ...]
    weights: Mapping[int, float]
    wants_all: bool
    wants_code: bool
    identifiers: frozenset[int]

    @property
    def kind(self) -> AnswerKind:
        """The kind of the first part."""
        return self.parts[0].kind

    def asks_for(self, *kinds: AnswerKind) -> bool:
        """Whether some part wants one of these kinds of answer."""
        return any(part.kind in kinds for part in self.parts)


# The first pattern that matches decides, so the narrow ones stand first.
_KINDS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            AnswerKind.COMPARISON,
            r"\b(?:differ(?:s|ences?|ent from)|compar(?:e|es|ed|ing|ison)|versus|vs\.?)\b",
        ),
        (
            AnswerKind.DURATION,
            r"\bhow (?:long|fast|quick(?:ly)?|soon|early|often|late|frequent(?:ly)?|far back"
            r"|far ahead|many (?:days|hours|weeks|months|years|minutes))\b"
            r"|\b(?:waiting|response|notice) (?:time|period)\b",
        ),
        (
            AnswerKind.NUMBER,
            r"\bhow (?:many|much|big|large|high|expensive|strong|heavy)\b"
            r"|\b(?:cost|costs|price|prices|pricing|fees?|rates?|amount|percent(?:age)?|number of"
            r"|maximum|minimum|limits?|quota|allowance|budget|salary|deductible|co-?pay(?:ment)?)\b"
            r"|\bwhat (?:version|size|percentage|range)\b",
        ),
        (
            AnswerKind.DATE,
            r"\b(?:when|deadline|cut-?off|due date|expir(?:y|ation) date)\b"
            r"|\b(?:what|which) (?:time|day|date|month|year|week)\b"
            r"|\b(?:until|till|by|since|from) (?:when|which|what)\b|\bslot\b",
        ),
        (
            AnswerKind.PERSON,
            r"\bwho(?:m|se|'s|’s)?\b|\b(?:which|what) (?:person|team|role|department|approver)\b",
        ),
        (
            AnswerKind.REASON,
            r"\bwhy\b|\b(?:what(?:'s|’s| is| are| was)? (?:the )?(?:reasons?|causes?))\b"
            r"|\bwhat causes\b|\bhow come\b",
        ),
        (
            AnswerKind.HOW_TO,
            r"\bhow (?:do|does|can|could|should|would|to|must|might|did|shall|will)\b"
            r"(?!.{1,60}\bwork\b\W*$)"
            r"|\b(?:steps?|procedure|process|instructions?|guide|way) (?:to|for|of)\b"
            r"|\bwalk me through\b|\bhow is .{3,60} (?:done|made|set up|installed|configured)\b"
            r"|\bwhat (?:do|should|must|can|shall) (?:i|we|they|you|he|she) do\b"
            r"|\bwhat (?:to do|now)\b|\bwhat(?:'s|’s| is) the (?:process|procedure)\b",
        ),
        (
            AnswerKind.PLACE,
            r"\bwhere\b|\b(?:url|uri|link|address|path|location)\b"
            r"|\b(?:which|what) (?:room|office|folder|page|channel|menu|tab|floor|region)\b",
        ),
        (
            AnswerKind.DEFINITION,
            r"\bwhat (?:does|do) .{1,80}\b(?:mean|stand for)\b|\b(?:meaning|definition) of\b"
            r"|\bdefine\b|^\W*(?:what|who)(?:'s|’s| is| are) (?:an? )?[\w.-]+(?: [\w.-]+){0,2}\W*$",
        ),
        (
            AnswerKind.LIST,
            r"\bwhat (?:are|were)\b|\b(?:what|which) (?:[\w-]+ ){0,2}[\w-]+[^\Ws]s (?:are|do|does"
            r"|can|should)\b"
            r"|^\W*(?:list|name|enumerate)\b|\bwhat (?:all|kinds?|types?|sorts?)\b"
            r"|\b(?:requirements?|prerequisites?|options|benefits|rules|types)\b"
            r"|\bwhat (?:do|does|must|should) .{2,40}\b(?:need|include|contain|cover|offer)\b",
        ),
        (
            AnswerKind.YES_NO,
            r"(?:^|[,.;:!?–-]\s*|\b(?:and|but|so|or|whether|if|know)\s+)(?:can|could|may|do|does"
            r"|did|is|are|was|were|will|would|should|shall|must|has|have|am|isn't|aren't|don't"
            r"|doesn't|can't|won't)\s+(?:i|we|you|he|she|it|they|the|a|an|my|our|your|there|this"
            r"|that|these|those|people|any\w*|some\w*|all|every\w*|[A-Z]\w+|\w+s)\b"
            r"|\b(?:possible|allowed|permitted|supported|available|ok|okay|normal|too late)\s*\?",
        ),
        (
            AnswerKind.TROUBLESHOOTING,
            r"\b(?:errors?|fail(?:s|ed|ing|ure)?|exceptions?|crash(?:es|ed)?|issues?|problems?"
            r"|stuck|broken|slow(?:ly)?|hangs?|freezes?|trouble|unable|refused|denied|rejected)\b"
            r"|\b(?:not|n't|n’t) (?:work|connect|start|load|open|respond|appear|show|find|log|sign)"
            r"|\b(?:cannot|can't|can’t|won't|won’t|never)\b",
        ),
    )
)

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_ASKS = re.compile(
    r"\?\s*[\"')\]]*$|^\W*(?:how|what|when|where|which|who|whom|whose|why|can|could|may|do|does|is"
    r"|are|will|would|should)\b|\b(?:please (?:help|advise|tell|let|explain|guide)"
    r"|(?:tell|show) (?:me|us)|(?:like|need|want|love) to know|wonder(?:ing)?"
    r"|looking for|need (?:help|to)|would like|any (?:idea|advice|way)|let (?:me|us) know"
    r"|could you|can you|advise)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\b(?:https?|ftp)://\S+|\bwww\.\S+")
_MAIL_NOISE = re.compile(
    r"^\s*(?:>|--\s*$|(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)"
    r"|greetings)\b[^?]{0,40}$"
    r"|(?:(?:kind|best|warm|many)\s+)?(?:regards|wishes|thanks|thank you|cheers|sincerely|best)\b"
    r"[^?]{0,60}$|sent from my\b.{0,60}$|(?:from|to|cc|date|sent):\s.{0,120}$)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:--[ \t]*|(?:(?:kind|best|warm|many)(?:est)?\s+)?(?:regards|wishes|thanks"
    r"|thank you|cheers"
    r"|sincerely|best|warmly)\b[\w ]{0,20}[,.!]?[ \t]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_REPLY_PREFIX = re.compile(r"^\s*(?:(?:subject|re|fwd?|aw|wg)\s*:\s*)+", re.IGNORECASE)
_PART_BREAK = re.compile(
    r"[,;]?\s+(?:and|or|but|,)\s+(?=(?:(?:also|then|by|until|till|since|from|in|at|for|to)\s+)?"
    r"(?:who|whom|what|when|where|which|how|why)\b|(?:can|do|does|is|are|may|will|should|must)\s+"
    r"(?:i|we|you|they|it|he|she|the|there)\b)",
    re.IGNORECASE,
)
_WANTS_ALL = re.compile(
    r"\b(?:all(?: of)? (?:the|our|your|their)|all \w+s|list|overview|every|each|complete|full table"
    r"|whole table|table of)\b",
    re.IGNORECASE,
)
_WANTS_CODE = re.compile(
    r"\b(?:commands?|code|cli|command[ -]line|scripts?|syntax|snippets?|examples?|samples?|query"
    r"|quer(?:y|ies)|curl|json|yaml|sql|bash|shell|powershell|python|config(?:uration)?|regex|url"
    r"|uri|endpoint)\b",
    re.IGNORECASE,
)
# Words that people use to ask, not to say what about.
_ASKING_WORDS = term_set(
    "tell know help hi hello hey thanks thank question wonder need want like somebody someone"
    " something anyone thing way possible ask say get got give let make sure find idea explain show"
    " look see try go going come happen happens mean means work works use used work right now guys"
    " folks sorry dear team customer customers client user users people person employee company"
    " currently actually really much many often set pls info information best regards different"
    " long short"
)
_ASKING_WEIGHT = 0.25
_STORY_WEIGHT = 0.35
_BEFORE_WEIGHT = 0.6
_SHORT_WORDS = 30
_READ_CHARS = 8_000  # of each field; a longer ticket has its question before that


def read_question(question: Question) -> QuestionForm:
    """What the question, or the ticket it stands in, asks for."""
    sentences = list(_sentences(question))
    asking = [bool(_ASKS.search(sentence)) for sentence in sentences]
    words = sum(len(sentence.split()) for sentence in sentences)
    if not any(asking) or (words <= _SHORT_WORDS and len(sentences) <= 2):
        weighed = [(sentence, 1.0) for sentence in sentences]
        parts = [part for s in sentences for part in _PART_BREAK.split(s)]
    else:
        weighed = []
        for place, sentence in enumerate(sentences):
            before = place + 1 < len(sentences) and asking[place + 1]
            weight = 1.0 if asking[place] else _BEFORE_WEIGHT if before else _STORY_WEIGHT
            weighed.append((sentence, weight))
        parts = [
            part
            for sentence, asks in zip(sentences, asking, strict=True)
            if asks
            for part in _PART_BREAK.split(sentence)
        ]
    weights: dict[int, float] = {}
    for sentence, weight in weighed:
        for term in term_set(sentence):
            value = weight * (_ASKING_WEIGHT if term in _ASKING_WORDS else 1.0)
            weights[term] = max(weights.get(term, 0.0), value)
    text = " ".join(sentences)
    identifiers = term_set(" ".join(filter(_is_identifier, WORD.findall(text))))
    return QuestionForm(
        parts=_parts(parts, text),
        weights=weights,
        wants_all=bool(_WANTS_ALL.search(text)),
        wants_code=bool(_WANTS_CODE.search(text)),
        identifiers=identifiers & weights.keys(),
    )


def _parts(texts: list[str], whole: str) -> tuple[QuestionPart, ...]:
    parts: list[QuestionPart] = []
    for text in texts:
        kind = answer_kind(text)
        part_terms = term_set(text) - _ASKING_WORDS
        if kind is AnswerKind.UNKNOWN and len(texts) > 1:
            continue
        if part_terms or kind is not AnswerKind.UNKNOWN:
            parts.append(QuestionPart(kind=kind, terms=part_terms))
    return tuple(parts[:4]) or (QuestionPart(kind=answer_kind(whole), terms=term_set(whole)),)


def _sentences(question: Question) -> Iterator[str]:
    seen: set[str] = set()
    for written in (question.subject, question.text, question.body):
        text = _ADDRESS.sub(" ", written[:_READ_CHARS])
        for raw in _SENTENCE_END.split(_without_signature(text)):
            # Single blanks, also because some patterns are slow on long runs of them.
            sentence = _REPLY_PREFIX.sub("", " ".join(raw.split()))
            if not sentence or sentence in seen or _MAIL_NOISE.match(sentence):
                continue
            seen.add(sentence)
            yield sentence


def _is_identifier(word: str) -> bool:
    return any(c.isdigit() for c in word) and any(c.isalpha() for c in word)


def _without_signature(text: str) -> str:
    """A mail without what follows its closing line."""
    closings = list(_CLOSING.finditer(text))
    if not closings or "?" in text[closings[-1].end() :]:
        return text
    return text[: closings[-1].start()]


def answer_kind(text: str) -> AnswerKind:
    """The kind of answer that one question sentence wants."""
    for kind, pattern in _KINDS:
        if pattern.search(text):
            return kind
    return AnswerKind.UNKNOWN
