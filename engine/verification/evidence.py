"""What the passages found say about a question, before anybody writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.generation.reading import Reading, read
from engine.question import Question
from engine.retrieval.hit import Hit
from engine.verification.ambiguity import Ambiguity, find_ambiguity
from engine.verification.conflict import Conflict, find_conflict
from engine.verification.unmet import missing_from

_NAMED = 3
_READ_CHARS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """reading: the question and the hits, read. ambiguity: what else the question may mean, None
    where it is clear. conflict: documents that contradict each other about it. Never both: where
    two meanings may explain the difference it is ambiguity, unless one statement stands twice."""

    reading: Reading
    ambiguity: Ambiguity | None
    conflict: Conflict | None


def read_evidence(
    question: Question, hits: Sequence[Hit], rarity: Mapping[int, float], absent_rarity: float
) -> Evidence:
    """Reads the hits; a pure function, 3 to 5 ms, so call it in a thread.

    rarity, absent_rarity: see `find_ambiguity`.
    """
    reading = read(question, hits)
    conflict = find_conflict(reading, f"{question.subject} {question.text}"[:_READ_CHARS])
    if conflict is not None and conflict.plain:
        return Evidence(reading=reading, ambiguity=None, conflict=conflict)
    ambiguity = find_ambiguity(question, reading, rarity, absent_rarity)
    return Evidence(
        reading=reading, ambiguity=ambiguity, conflict=None if ambiguity is not None else conflict
    )


def unmentioned(question: Question, evidence: Evidence) -> tuple[str, ...]:
    """The weightiest words of a question that no hit mentions, at most three; some 10 ms, so call
    it in a thread."""
    texts = []
    for reading in evidence.reading.passages:
        live = reading.hit.passage
        texts.append(" ".join((live.title, *live.passage.heading_path, live.passage.text)))
    asked = " ".join(part for part in (question.subject, question.text) if part)
    return tuple(unmet.text for unmet in missing_from(asked[:_READ_CHARS], texts)[:_NAMED])
