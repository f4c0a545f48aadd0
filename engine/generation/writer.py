"""The port behind which an answer is written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from engine.generation.draft import DraftSentence, NoAnswer
from engine.question import Question
from engine.retrieval.hit import Hit


class Writer(Protocol):
    """Writes a draft sentence by sentence; nothing in it blocks the event loop.

    name: what the fingerprint calls it, such as "openai:gpt-4.1-mini:prompt-1".
    """

    name: str

    def write(
        self, question: Question, hits: Sequence[Hit], *, max_sentences: int
    ) -> AsyncGenerator[DraftSentence | NoAnswer, None]:
        """Sentences in reading order, each as soon as it is whole; unchecked.

        `NoAnswer` says that the passages do not answer, or not the whole question. Closing the
        iterator early ends the call to the model.

        hits: best first; not empty.
        Raises: ModelUnavailable, also after some sentences.
        """
        ...

    def cost_usd(self, question: Question, hits: Sequence[Hit]) -> float:
        """The most that `write` may cost; 0 where it is free or its price unknown."""
        ...
