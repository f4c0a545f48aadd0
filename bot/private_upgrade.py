"""More for the asker alone: in a channel the answer is made of what everybody there may read; who
asked and may read more that matters is offered it, seen by nobody else.

@alice in #general: @deskhand How much is the bonus?
> (only Alice sees) You may read more about this than everybody here. [Show me]

Pressed, the question is asked again in their direct messages, with the rights that they have then:
once for each question, by them alone, and for a day.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.access.audience import rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.aside import Aside
from bot.intake.plain_text import plain_text
from bot.rendering.elements import actions, button, rich_text, section, text
from bot.rendering.notices import NOT_ALLOWED
from bot.slack_api import SlackApi, SlackFault
from bot.surfaces.asking import Asking
from engine.answerability.own_model import OwnAnswerability
from engine.audience import Audience
from engine.clock import Clock
from engine.question import Question
from engine.refusal.reading import read_request
from engine.retrieval.query import query_texts
from engine.retrieval.retriever import Retriever
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, Surface
from engine.trace import Outcome

PREFIX = "more"
OFFER = "You may read more about this than everybody here. Only you see this."
ON_ITS_WAY = "Your answer comes as a direct message that only you see."
TOO_LATE = "This question is too old; please ask me directly."
GONE = "There is no such question any more; please ask me directly."
_MARGIN = 0.05
"""By so much the best passage for the asker alone must beat what everybody may read, where that
gave an answer; scores are in [0, 1]."""
log = logging.getLogger(__name__)

_OPEN_FOR = timedelta(days=1)
_ENDED = frozenset({Outcome.ANSWERED.value, Outcome.ESCALATED.value, Outcome.ABSTAINED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateUpgrade:
    """Offers and gives it. then: told of every outcome as well. min_confidence: of an answer."""

    tenant: str
    team: str
    bot_user: str
    enabled: bool
    api: SlackApi
    facts: SlackFacts
    inbox: InboxStore
    documents: DocumentStore
    retriever: Retriever
    answerability: OwnAnswerability
    min_confidence: float
    asking: Callable[[], Asking]
    aside: Aside
    clock: Clock
    then: Callable[[InboxItem, str], Awaitable[None]]

    async def on_done(self, item: InboxItem, outcome: str) -> None:
        """A question has its outcome; whether there is more is looked at beside."""
        if (
            self.enabled
            and item.surface is Surface.MENTION
            and item.thread_ts is None  # what a follow-up means cannot be told without its thread
            and outcome in _ENDED
        ):
            self.aside.begin(self._offer(item, outcome), "nobody was offered more")
        await self.then(item, outcome)

    async def pressed(self, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
        """Asks it for the one who pressed, if it is their question, in their direct messages.

        Raises: SlackFault, StorageUnavailable.
        """
        user = str((body.get("user") or {}).get("id") or "")
        channel = str((body.get("container") or {}).get("channel_id") or "")
        asked = await self.inbox.get(self.tenant, str(action.get("value") or ""))
        if not user or not channel:
            return
        if asked is None or asked.channel != channel:
            said = GONE
        elif user != asked.user:
            said = NOT_ALLOWED
        elif self.clock() - asked.asked_at > _OPEN_FOR:
            said = TOO_LATE
        else:
            await self.asking().more(asked, self._text(asked))
            said = ON_ITS_WAY
        try:
            await self.api.call("chat.postEphemeral", channel=channel, user=user, text=said)
        except SlackFault as fault:  # as of somebody who is not in the channel
            log.info("who pressed for more was not told: %s", fault)

    async def _offer(self, item: InboxItem, outcome: str) -> None:
        own = await rights_of(self.facts, team=self.team, user=item.user, user_team=item.user_team)
        there = await rights_in(
            self.facts,
            team=item.team,
            channel=item.channel,
            user=item.user,
            user_team=item.user_team,
        )
        if not own.certain or own.audience.tags <= there.audience.tags:
            return
        if await self._has_more(item, outcome, own.audience, there.audience):
            show = button(
                "Show me",
                action_id=f"{PREFIX}:show",
                value=item.id,
                label="Show me the answer from all that I may read, in a direct message",
            )
            await self.api.call(
                "chat.postEphemeral",
                channel=item.channel,
                user=item.user,
                text=OFFER,
                blocks=[rich_text(section(text(OFFER))), *actions([show])],
            )

    async def _has_more(
        self, item: InboxItem, outcome: str, own: Audience, there: Audience
    ) -> bool:
        """Whether one search with the asker's rights finds what answers, first of all in a passage
        that not everybody there may read. No model writes anything for it. Nobody is offered what
        would be refused."""
        request = await asyncio.to_thread(read_request, Question(id=item.id, text=self._text(item)))
        if request.refused is not None:
            return False
        found = await self.retriever.retrieve(
            query_texts(request.question),
            tenant=self.tenant,
            audience=own,
            revision=await self.documents.revision(self.tenant),
        )
        if not found.hits or there.may_read(found.hits[0].passage.audience):
            return False
        model = await self.answerability.model(self.tenant)
        if model.probability(found.features) < self.min_confidence:
            return False
        readable = [h.score for h in found.hits if there.may_read(h.passage.audience)]
        margin = _MARGIN if outcome == Outcome.ANSWERED.value else 0.0
        return found.hits[0].score >= max(readable, default=0.0) + margin

    def _text(self, item: InboxItem) -> str:
        return plain_text(item.text, bot_user=self.bot_user)
