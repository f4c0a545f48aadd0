"""What of a question may be answered, and what of it is refused for what it asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.question import Question
from engine.refusal.attacks import without_orders
from engine.refusal.private import Kept, wanted_by


class Refused(StrEnum):
    """Why a question is refused."""

    ORDERS = "orders"
    CREDENTIAL = "credential"
    PERSONAL = "personal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question as it is answered.

    question: without the sentences that order the bot about; as it was asked where nothing else is
    in it. refused: why it may be refused; None for almost every question. always: whatever the
    documents say; else only where they do not answer what is left of it.
    """

    question: Question
    refused: Refused | None = None
    always: bool = False


def read_request(question: Question) -> Request:
    """Reads a question as it was asked this time; takes CPU time linear in its length."""
    read = [without_orders(part) for part in (question.text, question.subject, question.body)]
    (text, _), (subject, _), (body, _) = read
    ordered = any(found for _, found in read)
    meant = replace(question, text=text, subject=subject, body=body) if ordered else question
    asks = any(c.isalnum() for part in (text, subject, body) for c in part)
    wanted = wanted_by("\n".join((subject, text, body)))
    if wanted is not None and asks:
        kept = Refused.CREDENTIAL if wanted.kept is Kept.CREDENTIAL else Refused.PERSONAL
        return Request(question=meant, refused=kept, always=wanted.always)
    if ordered:
        whole = meant if asks else question
        return Request(question=whole, refused=Refused.ORDERS, always=not asks)
    return Request(question=question)
