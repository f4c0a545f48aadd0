"""The buttons under a gap, and the form of its article: what comes from a client may be made up, so
the message, the actor and the state are looked at anew each time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.access.refusing import refuse
from bot.announcing import announcement_id
from bot.evals.posts import EVENT_TYPE, ROOT
from bot.figures.article import Article, Drafting, Publish, repeats_lines
from bot.figures.finding import APPROVED, DISMISSED, KEY, OUTCOME, article_of
from bot.figures.reading import Reading
from bot.figures.telling_gaps import GapTelling
from bot.people_names import name_of
from bot.rendering.gap import APPROVE, DISMISS, EDIT, FORM, gap_form, gap_message, why_not, written
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.storage.announcements import AnnouncementStore
from engine.storage.gaps import Gap, GapState, GapStore

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
NOT_YOURS = (
    "Only reviewers who are full members of this workspace and in this channel can decide this."
)
ENDED = "This was decided already."
NO_LONGER = (
    "Not every full member may read any more what this draft rests on. Write the article yourself, "
    "or dismiss it."
)
NOT_PUBLISHED = "The article could not be published now; please try again."


@dataclass(frozen=True, slots=True, kw_only=True)
class GapButtons:
    """Does what is pressed or written."""

    tenant: str
    api: SlackApi
    gaps: GapStore
    announcements: AnnouncementStore
    reading: Reading
    drafting: Drafting
    telling: GapTelling
    publish: Publish
    clock: Clock

    async def pressed(self, body: Json, action: Json) -> None:
        """A button; one of no message of ours does nothing.

        Raises: StorageUnavailable, SlackFault.
        """
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        place = (str(container.get("channel_id") or ""), str(container.get("message_ts") or ""))
        gap = await self.gaps.get(self.tenant, str(action.get("value") or ""))
        if gap is None or not user or await self._place_of(gap) != place:
            refuse()
            return
        refused = await self._refused(gap, user)
        if refused:
            await self._tell(place, user, refused)
            return
        kind, article = action.get("action_id"), article_of(gap)
        if kind == DISMISS:
            name = await name_of(self.api, user)
            if not await self._close(gap, DISMISSED, user, f"Dismissed by {name}."):
                await self._tell(place, user, ENDED)
        elif kind == EDIT:
            form = gap_form(
                gap.id, article.question if article else gap.name, article.answer if article else ""
            )
            if article is not None and article.answer and not await self._is_open(article):
                form = gap_form(gap.id, article.question, "")
            await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=form)
        elif kind == APPROVE and article is not None and article.answer:
            if not await self._is_open(article):
                await self._tell(place, user, NO_LONGER)
                return
            problem = await self._publish(gap, article, user)
            if problem:
                await self._tell(place, user, problem)

    async def submitted(self, body: Json) -> Json | None:
        """The form.  Raises: StorageUnavailable."""
        view = body.get("view") or {}
        user = str((body.get("user") or {}).get("id") or "")
        gap = await self.gaps.get(self.tenant, str(view.get("private_metadata") or ""))
        if view.get("callback_id") != FORM or gap is None or not user:
            return None
        question, answer = written(view)
        wrong = why_not(question, answer)
        if wrong:
            return {"response_action": "errors", "errors": wrong}
        refused = await self._refused(gap, user)
        if not refused:
            before = article_of(gap)
            article = Article(question=question, answer=answer)
            if before is not None and before.answer:
                if await self._is_open(before):
                    article = replace(before, question=question, answer=answer)
                elif repeats_lines(answer, before.answer):
                    refused = NO_LONGER
            refused = refused or await self._publish(gap, article, user)
        return {"response_action": "errors", "errors": {"answer": refused}} if refused else None

    async def _refused(self, gap: Gap, user: str) -> str:
        """Why somebody may not decide; empty where they may."""
        if not await self.reading.may_decide(user, gap.owner or ""):
            return NOT_YOURS
        return ENDED if gap.state is GapState.CLOSED else ""

    async def _publish(self, gap: Gap, article: Article, user: str) -> str:
        """Publishes for whoever closes it first; what went wrong, in a sentence, or nothing."""
        name = await name_of(self.api, user)
        if not await self._close(gap, APPROVED, user, ""):
            return ENDED
        try:
            entry = await self.publish(article, user)
        except DeskhandError as error:
            log.warning("an article was not published: %s", error)
            await self.gaps.reopen(gap)
            return NOT_PUBLISHED
        await self.gaps.published(self.tenant, gap.id, entry)
        await self._show(gap, f"Published by {name}.", article)
        return ""

    async def _close(self, gap: Gap, outcome: str, user: str, ended: str) -> bool:
        place = {**gap.place, OUTCOME: outcome, "by": user}
        if not await self.gaps.close(gap, at=self.clock(), place=place):
            return False
        if ended:
            await self._show(gap, ended, article_of(gap))
        return True

    async def _is_open(self, article: Article) -> bool:
        channels = frozenset(article.channels)
        try:
            public = await self.reading.open_to_members(channels)
        except RateLimited:
            return False
        return public == channels and await self.drafting.still_open(article)

    async def _place_of(self, gap: Gap) -> tuple[str, str] | None:
        """Channel and ts of the gap's message; None while that is not known."""
        key = announcement_id(self.tenant, str(gap.place.get(KEY) or ""))
        held = await self.announcements.get(self.tenant, key)
        ts = (held.posts.get(ROOT) or {}).get("ts") if held is not None else None
        return None if held is None or ts is None else (held.channel, str(ts))

    async def _show(self, gap: Gap, ended: str, article: Article | None) -> None:
        """The message without its buttons; that it fails changes nothing."""
        place = await self._place_of(gap)
        if place is None:
            return
        shown = self.telling.shown(gap, gap.changed_at, ended=ended)
        if article is not None:
            shown = replace(shown, question=article.question, draft=article.answer)
        key = announcement_id(self.tenant, str(gap.place.get(KEY) or ""))
        try:
            await self.api.call(
                "chat.update",
                channel=place[0],
                ts=place[1],
                metadata={"event_type": EVENT_TYPE, "event_payload": {"key": f"{key}:{ROOT}"}},
                **gap_message(shown).body,
            )
        except SlackFault as fault:
            log.info("a gap's message was not brought up to date: %s", fault)

    async def _tell(self, place: tuple[str, str], user: str, sentence: str) -> None:
        refuse()
        try:
            await self.api.call("chat.postEphemeral", channel=place[0], user=user, text=sentence)
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)
