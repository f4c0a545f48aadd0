"""The fixed sentences of the bot: short, plain, and true when they are posted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from bot.rendering.elements import actions, button, rich_text, section, text
from bot.rendering.limits import cut
from bot.rendering.message import Message
from bot.rendering.neutral import escape, one_line
from engine.containment import contain
from engine.trace import Stage

PERSON_HAS_IT = "A person has your question. Their reply comes here."
ASK_A_PERSON = "Nobody has been asked yet. Press Get a human, and a person takes it."
NOBODY_TO_ASK = (
    "Nobody has been told, because no people are set up here to take questions. Please ask a "
    "colleague."
)
STOPPED = "Stopped, as you asked. What is above may not be the whole answer."
NOT_ALLOWED = "Only the person who asked can do that."
ANSWERED_BEFORE = "Somebody has answered this question already, so your reply was not passed on."
WITHDRAWN = "The asker has deleted this question, so your reply was not passed on."
SETTLED = (
    "The asker has changed this question and has an answer to it now, so your reply was not passed "
    "on."
)
QUESTION_CHANGED = (
    "The asker has changed this question, and it still needs a person. The card above shows it as "
    "it is now."
)
NOT_PASSED_ON = (
    "Your answer could not be passed on to the asker, so the case is open again. Please try once "
    "more later, or write to them yourself."
)
NOT_POSTED = (
    "I could not post the answer to a question of yours where you asked it, because I may not "
    "write there any more. Please ask me again here."
)
NOBODY_REACHED = (
    "The people who take questions here cannot be reached at the moment, so nobody has yours yet. "
    "I keep trying; if it cannot wait, please ask a colleague."
)
SOLVED = "You said that you have solved it, so nobody looks at it any more."
NOT_OPEN = "Nobody is working on this any more, so there was nothing to close."
PRESS_AGAIN = "That message was only just posted. Please press the button again."
NOT_SHOWN = "This can no longer be shown here: the document changed, or not everyone may read it."

OFF_HERE = (
    "I am switched off in this channel. Write to me directly, and I answer there as far as I can."
)
ONLY_LISTENING = (
    "I only listen in this channel so far, so I do not answer here. Write to me directly, and I "
    "answer there as far as I can."
)

_TOO_MANY = {
    "person": "You have asked me more in a short time than I may answer.",
    "channel": "More was asked in this channel in a short time than I may answer.",
    "workspace": "More is asked everywhere at the moment than I may answer.",
}

_ASKED_CHARS = 3_000

WELCOME = "You are welcome. Ask me whenever you need something else."
GREETING = (
    "Hello. Ask me a question in your own words: I answer from the company's documents, and say "
    "where each sentence comes from."
)

STATUS = {
    Stage.INTAKE: "is reading your question",
    Stage.TRIAGE: "is sorting your question",
    Stage.RETRIEVAL: "is looking through the documents",
    Stage.GENERATION: "is putting the answer together",
    Stage.VERIFICATION: "is checking each sentence against its source",
}
"""What the bot does, to stand after its name; also the titles of a stream's steps."""


class Person(StrEnum):
    """Whether somebody besides the bot answers."""

    HAS_IT = "has_it"
    """A person was told of the question."""
    CAN_BE_ASKED = "can_be_asked"
    """Nobody was told; the button does so."""
    NOBODY = "nobody"
    """No people take questions here."""

    @property
    def sentence(self) -> str:
        """Who answers next, for the asker of a question that was not answered."""
        return _NEXT[self]


_NEXT = {
    Person.HAS_IT: PERSON_HAS_IT,
    Person.CAN_BE_ASKED: ASK_A_PERSON,
    Person.NOBODY: NOBODY_TO_ASK,
}


def notice(sentence: str) -> Message:
    """A sentence as a message of its own."""
    return Message(text=escape(sentence))


def try_again(scope: str, wait_s: float) -> str:
    """Says that too many questions came. scope: whose: `person`, `channel` or `workspace`."""
    minutes = math.ceil(wait_s / 60)
    if wait_s < 60:
        seconds = max(1, math.ceil(wait_s))
        when = "a second" if seconds == 1 else f"{seconds} seconds"
    else:
        when = "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{_TOO_MANY[scope]} Please try again in {when}."


def lost_channel(channel: str) -> Message:
    """Tells admins that cards can be posted in a channel no more."""
    return Message(
        text=f"I cannot post in <#{channel}> any more, where cards of cases were. The cases that "
        "wait get new cards where the others go. Please let me back in, or choose another channel "
        "for them."
    )


def lost_card(channel: str) -> Message:
    """Tells the owner of a case that its card is to be looked for elsewhere."""
    return Message(
        text=f"You have a case whose card was in <#{channel}>, where I cannot post any more. Its "
        "card is posted anew where the others go."
    )


def queue_notice(before: int, *, or_more: bool = False) -> Message:
    """Tells the asker that others are first. or_more: whether there may be more than that."""
    are = "is one question" if before == 1 else f"are {before:,} questions"
    if or_more:
        are = f"are {before:,} questions or more"
    return notice(f"There {are} before yours. The answer comes here, without asking again.")


def you_asked(words: str) -> Message:
    """What a question stands as that its asker wrote as no message; its answer is below it."""
    return notice(f"You asked: {words[:_ASKED_CHARS]}")


def handed_over(question_id: str, expectation: str = "") -> Message:
    """Tells the asker that a person was told. expectation: how long they take; may be empty."""
    sentence = f"{PERSON_HAS_IT} {expectation}".rstrip()
    blocks = (rich_text(section(text(sentence))), *actions([solved_button(question_id)]))
    return Message(text=escape(sentence), blocks=blocks)


def solved_button(question_id: str) -> dict[str, Any]:
    """With which the asker closes their case; action `solved`."""
    label = "I solved it myself; nobody needs to answer any more"
    return button("I solved it myself", action_id="solved", value=question_id, label=label)


def out_of_scope(why: str, reviewer: str) -> Message:
    """Tells the asker why a person does not answer here."""
    name, reason = cut(one_line(reviewer), 80), cut(one_line(contain(why)), 600)
    return notice(f"{name} has looked at your question. It cannot be answered here: {reason}")


def apology(question_id: str, person: Person) -> Message:
    """Tells the asker that no answer could be made."""
    sentence = "Sorry, something went wrong on my side and I could not answer."
    named = cut(one_line(question_id), 100)
    return notice(f"{sentence} {person.sentence} The question's id is {named}.")


def late_note(seconds: float) -> str:
    """The line with which an answer begins that took too long."""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        waited = f"{minutes} minute{'s' if minutes > 1 else ''}"
    elif minutes < 36 * 60:
        waited = f"{round(minutes / 60)} hours"
    else:
        waited = f"{round(minutes / 60 / 24)} days"
    return f"Sorry for the wait: you asked this {waited} ago, and I could not answer sooner."


def unread_note(files: Sequence[tuple[str, str]]) -> str:
    """The line that names the files that could not be read, each with why."""
    named = [f"{cut(one_line(name), 80)} ({cut(one_line(why), 120)})" for name, why in files[:5]]
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return f"I could not read {', '.join(named)}{more}."


def files_left_out(count: int) -> str:
    """The line that says that older files of the conversation were not read."""
    older = "one older file" if count == 1 else f"{count:,} older files"
    return f"I read the newest files of this conversation and left out {older}."
