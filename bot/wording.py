"""The words of delivery that are no answer."""

from __future__ import annotations

from dataclasses import dataclass

from bot.delivery.answerer import Body
from bot.rendering.answer import fallback
from bot.rendering.elements import small_print
from bot.rendering.inline import Links
from bot.rendering.message import Message
from bot.rendering.notices import STATUS, STOPPED, Person, apology
from bot.rendering.pages import pages_of
from bot.rendering.reading import read_markdown
from bot.rendering.stream import stream_text
from engine.stopwatch import SentenceReady
from engine.storage.inbox import InboxItem
from engine.trace import Stage

_FIRST_STATUS = STATUS[Stage.RETRIEVAL]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackWording:
    """Delivery's words. person: who takes a question that failed."""

    person: Person

    def status(self) -> str:
        """Shown beside the app's name while there is nothing else."""
        return _FIRST_STATUS

    def stage(self, stage: Stage) -> str:
        """A stage's title in a stream; empty: it is not shown."""
        title = STATUS.get(stage, "").removeprefix("is ")
        return title[:1].upper() + title[1:]

    def sentence(self, event: SentenceReady) -> str:
        """A sentence as Slack's Markdown; nothing live in it."""
        return stream_text(event.text, event.citations)

    def apology(self, item: InboxItem) -> Body:
        """Says that it failed, who has it, and the question's id."""
        return apology(item.id, self.person).body

    def stopped(self, item: InboxItem, shown: str) -> Body:
        """What was shown before the asker stopped it, and that it stopped."""
        pages = pages_of(read_markdown(shown), Links())[:1]
        blocks = [block for page in pages for block in page.blocks]
        words = "\n".join([*(page.words for page in pages), STOPPED])
        return Message(text=fallback(words), blocks=(*blocks, small_print(STOPPED))).body
