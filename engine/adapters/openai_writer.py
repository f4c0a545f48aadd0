"""The writer that asks a chat model, and trusts nothing it writes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from engine.adapters.openai_chat import Chat, prompt_tokens
from engine.adapters.openai_lane import Tokens
from engine.generation.cited_spans import with_spans
from engine.generation.draft import DraftSentence, NoAnswer
from engine.generation.prompt import PROMPT_VERSION, repeats_instructions, write_prompt
from engine.generation.sentence_stream import SentenceStream, Written, WrittenSentence
from engine.question import Question
from engine.retrieval.hit import Hit

_MOST_HITS = 8


class OpenAiWriter:
    """Fills the `Writer` port with a model behind the Chat Completions API."""

    def __init__(self, chat: Chat, *, max_output_tokens: int) -> None:
        self.name = f"openai:{chat.lane.model}:prompt-{PROMPT_VERSION}"
        self._chat = chat
        self._max_output_tokens = max_output_tokens

    async def write(
        self, question: Question, hits: Sequence[Hit], *, max_sentences: int
    ) -> AsyncGenerator[DraftSentence | NoAnswer, None]:
        """Sentences as the model finishes them; at most `max_sentences`, items of lists aside.

        Raises: ModelUnavailable, also after some sentences; what the model was at is dropped then.
        """
        shown = hits[:_MOST_HITS]
        messages = write_prompt(question, shown, max_sentences=max_sentences)
        reading = SentenceStream()
        count = 0
        pieces = self._chat.stream(messages, max_output_tokens=self._max_output_tokens)
        async with aclosing(pieces):
            async for piece in pieces:
                for written in reading.feed(piece):
                    yield _drafted(written, shown)
                    if isinstance(written, NoAnswer):
                        return
                    count += 1
                    if count >= max_sentences and written.layout == "prose":
                        return
        for written in reading.close():
            yield _drafted(written, shown)

    def cost_usd(self, question: Question, hits: Sequence[Hit]) -> float:
        """The price of the prompt and of the longest answer."""
        messages = write_prompt(question, hits[:_MOST_HITS], max_sentences=1)
        tokens = Tokens(prompt=prompt_tokens(messages), completion=self._max_output_tokens)
        return self._chat.lane.price(tokens).cost_usd


def _drafted(written: Written, hits: Sequence[Hit]) -> DraftSentence | NoAnswer:
    if isinstance(written, NoAnswer):
        return written
    sentence = with_spans(written, hits)
    if repeats_instructions(written.text) and not _is_quoted(written, sentence):
        return with_spans(WrittenSentence(text="", layout="prose", marks=(), block=0), hits)
    return sentence


def _is_quoted(written: WrittenSentence, sentence: DraftSentence) -> bool:
    """Whether the documents themselves say what sounds like our instructions."""
    return any(written.text in span.text for span in sentence.spans)
