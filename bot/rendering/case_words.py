"""What is said of a case: who has it, how it ended, and why somebody's click or reply changes
nothing. Each is one sentence that is true when it is said."""

from __future__ import annotations

from collections.abc import Mapping

from bot.rendering.limits import cut
from bot.rendering.neutral import one_line
from bot.rendering.notices import ANSWERED_BEFORE, SETTLED, WITHDRAWN
from engine.storage.case import (
    ASKED_FOR,
    DOWN_VOTED,
    DRAFT_MODE,
    LOW_PRECISION,
    Case,
    CaseState,
)

REASONS: Mapping[str, str] = {
    ASKED_FOR: "The asker asked for a person.",
    DOWN_VOTED: "A reader says that the answer did not help.",
    DRAFT_MODE: "In this channel every answer goes through a person.",
    LOW_PRECISION: "Answers as unsure as this one are wrong too often for this channel.",
}
"""Why a case is there, beside the reasons of its answer."""
YOURS_ALREADY = "You have this case already."
NOT_YOURS = "Only who has this case can give it back."
NO_CASE = "That button belongs to no case here, so nothing was done. Please use the newest card."
NO_DESK = (
    "No channel for cases is set any more, so nothing was done. Please tell whoever runs this bot."
)
NOT_A_REVIEWER = (
    "Only full members of this workspace who are in this channel can take cases here, and where a "
    "group of reviewers is set, only its members."
)
UNKNOWN_REVIEWER = "Slack does not say now who you are. Please try again in a minute."
FORM_EXPIRED = "The form could not be opened, because Slack waited too long. Please press again."
DRAFT_CHANGED = "The draft has changed since. Please look at the card again before you send it."
NO_DRAFT = "There is no draft that may be shown here. Please write the answer yourself."
NOT_FOR_ASKER = (
    "This was not sent: it rests on documents that not everybody who reads the asker's "
    "conversation may read. Please write an answer yourself."
)
QUESTION_GONE = "The question is not there any more, so nothing was done."
_NAME = 80
_WHY = 500


def named(names: Mapping[str, str], user: str | None) -> str:
    """How somebody is called on a card."""
    return cut(one_line(names.get(user or "", "")), _NAME) or "Somebody"


def state_line(case: Case, names: Mapping[str, str]) -> str:
    """How far a case is, for the card."""
    answerer, closer = named(names, case.answered_by), named(names, case.closed_by)
    on_its_way = "" if case.delivered_at else " It is on its way to the asker."
    why = cut(one_line(case.closed_why or ""), _WHY)
    return {
        CaseState.OPEN: "Nobody has this case yet.",
        CaseState.CLAIMED: f"{named(names, case.owner)} has this case.",
        CaseState.APPROVED: f"{answerer} sent the draft as it was.{on_its_way}",
        CaseState.EDITED: f"{answerer} edited the draft and sent it.{on_its_way}",
        CaseState.ANSWERED: f"Answered by {answerer}.{on_its_way}",
        CaseState.SETTLED: (
            "The asker has changed the question and has an answer now. Replies are not passed on."
        ),
        CaseState.WITHDRAWN: "The asker has deleted the question. Replies are not passed on.",
        CaseState.SOLVED: "The asker has solved it themselves. Replies are not passed on.",
        CaseState.REJECTED: f"{closer} closed it as out of scope: {why or 'no reason given'}",
        CaseState.EXPIRED: "Nobody answered in time, and the asker was told. It is closed.",
    }[case.state]


def why_not_taken(case: Case, names: Mapping[str, str], *, for_user: str) -> str:
    """What somebody is told whose click or reply a case does not take."""
    state = case.state
    if state is CaseState.CLAIMED:
        if case.owner == for_user:
            return YOURS_ALREADY
        return (
            f"{named(names, case.owner)} has this case, so nothing was sent or changed. Ask them "
            "to release it, or reassign it to yourself."
        )
    if state in (CaseState.APPROVED, CaseState.EDITED, CaseState.ANSWERED):
        if case.answered_by and names.get(case.answered_by):
            return f"{ANSWERED_BEFORE} It was {named(names, case.answered_by)}."
        return ANSWERED_BEFORE
    if state is CaseState.REJECTED:
        closer = named(names, case.closed_by)
        return f"{closer} has closed this case as out of scope, so nothing was sent or changed."
    if state is CaseState.SOLVED:
        return "The asker has solved this themselves, so nothing was sent or changed."
    if state is CaseState.EXPIRED:
        return "This case was closed because nobody answered in time, so nothing was sent."
    return WITHDRAWN if state is CaseState.WITHDRAWN else SETTLED
