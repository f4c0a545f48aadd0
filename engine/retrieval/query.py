"""What of a question is searched for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.question import Question, Role

_LONGEST_CONTEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryTexts:
    """The texts a question is searched by.

    whole: everything the asker wrote this time. lead: its first line or the ticket's subject when
    there is more after it, else empty. joined: the asker's last turn and this one, for a question
    that follows up; empty without history.
    """

    whole: str
    lead: str
    joined: str


def query_texts(question: Question) -> QueryTexts:
    """The texts to search a question by."""
    parts = [part for part in (question.subject, question.text, question.body) if part.strip()]
    whole = "\n\n".join(dict.fromkeys(parts))
    first, _, rest = whole.partition("\n")
    lead = first.strip() if rest.strip() and len(first.split()) >= 3 else ""
    before = [turn.text for turn in question.history if turn.role is Role.USER and turn.text]
    joined = f"{before[-1][-_LONGEST_CONTEXT:]}\n{whole}" if before else ""
    return QueryTexts(whole=whole, lead=lead, joined=joined)
