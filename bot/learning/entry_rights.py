"""May an entry still be used as it is? Who may read its sources and its threads changes after it
was made, and while a version waits to come back."""

from __future__ import annotations

from dataclasses import dataclass

from bot.access.conversation import ConversationKind
from bot.access.facts import FactsUnknown, SlackFacts
from engine.audience import EVERYONE, PUBLIC, narrowed
from engine.storage.documents import DocumentStore
from engine.storage.entry import Entry

FEWER_READERS = "what it rests on is for fewer readers now"
CLOSED_OFF = "not every member may look any more into the channel where it was said"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRights:
    """Looks at one tenant's entries."""

    tenant: str
    facts: SlackFacts
    documents: DocumentStore

    async def why_not(self, entry: Entry) -> str:
        """Why it may be used no more, in words; empty where nothing speaks against it.

        Raises: FactsUnknown while Slack does not say who reads a channel; StorageUnavailable.
        """
        now = await self.documents.at(self.tenant, [s.document for s in entry.sources])
        if any(is_narrower(entry, document.audience) for document in now.values()):
            return FEWER_READERS
        if not {EVERYONE, PUBLIC}.isdisjoint(entry.audience):
            for channel in entry.channels:
                if not await self.is_open(channel):
                    return CLOSED_OFF
        return ""

    async def is_open(self, channel: str) -> bool:
        """Whether every full member may look into a channel.

        Raises: FactsUnknown where that may be known later.
        """
        try:
            conversation = await self.facts.conversation(channel)
        except FactsUnknown as unknown:
            if not unknown.is_hidden:
                raise
            return False  # it is gone, or closed to the app, which no public one is
        return conversation.kind is ConversationKind.PUBLIC


def is_narrower(entry: Entry, readers: tuple[str, ...]) -> bool:
    """Whether somebody whom an entry is for is not among these readers."""
    return narrowed(entry.audience, readers) != entry.audience
