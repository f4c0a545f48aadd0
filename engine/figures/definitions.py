"""What each figure means, said once: for the command line, the home tab, the digest and the README.

| what it is called | what it means |
|---|---|
| `Definition.label` | `Definition.sentence` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

TAKEOVER_WITHIN: Final = timedelta(hours=48)
"""How long after a question another person's words in its thread count as taking it over."""
REPEAT_WITHIN: Final = timedelta(hours=1)
"""How long after a question the asker's next one may be the same again."""


class FigureName(StrEnum):
    """The figures, in the order in which they are shown."""

    QUESTIONS = "questions"
    ANSWERED_ALONE = "answered_alone"
    REVIEWED = "reviewed"
    TAKEN_OVER = "taken_over"
    INVOLVED = "involved"
    CONFIRMED_HELPFUL = "confirmed_helpful"
    ASSUMED_HELPFUL = "assumed_helpful"
    TIME_ALONE = "time_to_answer_alone"
    TIME_BY_PERSON = "time_to_answer_by_person"
    REVIEW_LOAD = "review_load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """label: the figure's name for people. sentence: what it is."""

    label: str
    sentence: str


DEFINITIONS: Final[Mapping[FigureName, Definition]] = {
    FigureName.QUESTIONS: Definition(
        label="Questions",
        sentence="Questions asked in the period and not deleted, without words that asked nothing "
        "and without channels in shadow; those still waiting count here and in no share.",
    ),
    FigureName.ANSWERED_ALONE: Definition(
        label="Answered alone",
        sentence="Share of questions that the bot answered, for which no case was opened and which "
        "nobody took over within 48 hours.",
    ),
    FigureName.REVIEWED: Definition(
        label="Reviewed",
        sentence="Share of questions for which a case was opened, whatever became of it.",
    ),
    FigureName.TAKEN_OVER: Definition(
        label="Taken over by a person",
        sentence="Share of questions with a case, or in whose thread somebody other than the asker "
        "said something before the next question and within 48 hours, where the bot sees the "
        "thread; each counts as a failure.",
    ),
    FigureName.INVOLVED: Definition(
        label="People involved",
        sentence="Share of questions in which any person but the asker had a part: they did "
        "something to its case or spoke in its thread; beside every other share, the same of the "
        "questions that the share is of.",
    ),
    FigureName.CONFIRMED_HELPFUL: Definition(
        label="Confirmed helpful",
        sentence="Share of answered questions, by the bot or by a person, of which somebody said "
        "that the answer helped and nobody said that it did not.",
    ),
    FigureName.ASSUMED_HELPFUL: Definition(
        label="Assumed helpful",
        sentence="Share of answered questions that were answered alone, of which nobody said "
        "anything, and which the asker did not ask again in similar words within the hour; never "
        "added to the confirmed.",
    ),
    FigureName.TIME_ALONE: Definition(
        label="Time to answer, alone",
        sentence="From a question to the first message of its answer, of those answered alone; the "
        "median and the time within which nine of ten had it.",
    ),
    FigureName.TIME_BY_PERSON: Definition(
        label="Time to answer, by a person",
        sentence="From a question to the delivery of a person's answer, at all hours; the median "
        "and the time within which nine of ten had it.",
    ),
    FigureName.REVIEW_LOAD: Definition(
        label="Review load",
        sentence="Cases that each person answered or declined in the period, and the median "
        "minutes from their claim to the delivery or the decision.",
    ),
}
