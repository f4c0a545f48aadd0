"""For whom an answer may be kept: nobody who could not read its thread, or what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.audience import document_tag, rights_in
from bot.access.conversation import ConversationKind
from bot.access.facts import FactsUnknown, SlackFacts
from engine.audience import EVERYONE, narrowed
from engine.storage.document_rows import Cited
from engine.storage.documents import DocumentStore
from engine.storage.entry import EntrySource
from engine.storage.inbox import NewQuestion


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """tags: empty where nobody is known who may read all of it. sources: what it rests on."""

    tags: tuple[str, ...]
    sources: tuple[EntrySource, ...] = ()


async def readers_of_thread(facts: SlackFacts, item: NewQuestion) -> tuple[str, ...]:
    """Who reads the conversation of a question: `everyone`, its channel's, or the asker alone.

    Raises: FactsUnknown while Slack does not say.
    """
    if item.channel.startswith("D") or not item.channel:
        return (f"user:{item.user}",)
    conversation = await facts.conversation(item.channel)
    if conversation.kind is ConversationKind.DM:
        return (f"user:{item.user}",)
    rights = await rights_in(
        facts, team=item.team, channel=item.channel, user=item.user, user_team=item.user_team
    )
    if not rights.certain:
        raise FactsUnknown(rights.why, retry_after_s=rights.retry_after_s)
    if conversation.kind is ConversationKind.PUBLIC and EVERYONE in rights.audience.tags:
        return (EVERYONE,)
    return (document_tag(item.channel),)


async def readers_of_answer(
    documents: DocumentStore,
    tenant: str,
    thread: tuple[str, ...],
    citations: Collection[Mapping[str, Any]],
) -> Readers:
    """The thread's readers who may read every cited document too.

    citations: of the draft, as the answer contract has them. One that is gone lets nobody read.

    Raises: StorageUnavailable.
    """
    wanted = {str(c["chunk_id"]) for c in citations}
    found = await documents.cited(tenant, sorted(wanted))
    tags = thread if found.keys() >= wanted else ()
    said: dict[str, list[str]] = {}
    by_uri: dict[str, Cited] = {}
    for citation in citations:
        document = found.get(str(citation["chunk_id"]))
        if document is not None:
            by_uri[document.uri] = document
            said.setdefault(document.uri, []).append(str(citation["snippet"]))
    for document in by_uri.values():
        tags = narrowed(tags, document.audience) if tags else ()
    sources = tuple(
        EntrySource(
            document=uri,
            content_hash=document.content_hash,
            text="\n".join(dict.fromkeys(said[uri]))[:2_000],
        )
        for uri, document in by_uri.items()
    )
    return Readers(tags=tags, sources=sources)
