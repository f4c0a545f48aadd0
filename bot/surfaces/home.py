"""The home tab and the suggested prompts of the messages tab."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.access.admins import Admins
from bot.access.audience import rights_of
from bot.access.conversation import ConversationKind
from bot.access.facts import FactsUnknown, SlackFacts
from bot.access.recheck import may_show
from bot.figures.reading import Reading
from bot.intake.plain_text import plain_text
from bot.names import COMMAND
from bot.people_names import UNNAMED, name_of
from bot.rendering.figures import figure_lines, load_words, repeated_words
from bot.rendering.home import AskedQuestion, Figure, home_view
from bot.rendering.prompts import MOST, TITLE, suggested_prompts
from bot.rendering.spending import spending_lines
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.audience import Audience
from engine.clock import Clock
from engine.figures.counting import Load, figures_of
from engine.spending.overview import SpendingOverview
from engine.storage.documents import DocumentStore
from engine.storage.figures import FigureStore
from engine.storage.gaps import Gap, GapStore
from engine.storage.inbox import AskedQuestion as Asked
from engine.storage.inbox import InboxStore
from engine.storage.overview import AskedOften, OverviewStore
from engine.storage.traces import TraceStore

log = logging.getLogger(__name__)

_MOST_QUESTIONS = 10
_WEEK = timedelta(days=7)
_MONTH = timedelta(days=30)
_TOP_GAPS = 3
_SEVERAL = 3
"""People who must have asked the same before others hear of it."""
_MOST_OFTEN = 10
_MOST_ASKERS = 20
_MOST_REVIEWERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Shows people what they can ask; a failure is logged and changes nothing else."""

    tenant: str
    team: str
    url: str
    bot_user: str
    api: SlackApi
    admins: Admins
    facts: SlackFacts
    overview: OverviewStore
    traces: TraceStore
    documents: DocumentStore
    inbox: InboxStore
    figures: FigureStore
    gaps: GapStore
    reading: Reading
    spending: SpendingOverview
    clock: Clock

    async def opened(self, event: Mapping[str, Any]) -> None:
        """Somebody opened a tab of the app.

        Raises: SlackFault, StorageUnavailable.
        """
        user = str(event.get("user") or "")
        if event.get("tab") == "messages":
            await self._suggest(user, str(event.get("channel") or ""))
        elif user:
            await self._publish(user)

    async def _publish(self, user: str) -> None:
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        known = await self.overview.of(self.tenant, rights.audience, titles=0)
        asked = await self.inbox.last_of_user(self.tenant, user, _MOST_QUESTIONS)
        view = home_view(
            documents=known.documents,
            updated_at=known.updated_at,
            questions=[self._question(question) for question in asked],
            figures=await self._figures() if await self._is_admin(user) else (),
            command=f"{COMMAND} ask",
        )
        await self.api.call("views.publish", user_id=user, view=view)

    async def _suggest(self, user: str, channel: str) -> None:
        rights = await rights_of(self.facts, team=self.team, user=user, user_team=None)
        known = await self.overview.of(self.tenant, rights.audience, titles=MOST)
        prompts = suggested_prompts(known.titles, await self._asked_often(rights.audience))
        if prompts and channel:  # without a thread: with one it fails without a word
            await self.api.call(
                "assistant.threads.setSuggestedPrompts",
                channel_id=channel,
                prompts=prompts,
                title=TITLE,
            )

    async def _asked_often(self, audience: Audience) -> list[str]:
        """What several people asked in public, where this audience may read the answer."""
        since = self.clock() - _MONTH
        shown: list[str] = []
        found = await self.overview.asked_often(
            self.tenant, since, by=_SEVERAL, without=f"<@{self.bot_user}>"
        )
        for asked in found[:_MOST_OFTEN]:
            trace = await self.traces.get(self.tenant, asked.trace_id)
            cited = [c["chunk_id"] for c in trace["citations"]] if trace else []
            if (
                cited
                and await self._is_publicly_asked(asked)
                and await may_show(
                    self.documents, tenant=self.tenant, passage_ids=cited, audience=audience
                )
            ):
                shown.append(plain_text(asked.text, bot_user=self.bot_user))
            if len(shown) == MOST // 2:  # the others tell what there is to know
                break
        return shown

    async def _is_publicly_asked(self, asked: AskedOften) -> bool:
        """Whether enough of its askers asked it in channels that every member may look into."""
        in_public = set()
        for user, channel in sorted(asked.askers)[:_MOST_ASKERS]:
            try:
                conversation = await self.facts.conversation(channel)
            except FactsUnknown:
                continue
            if conversation.kind is ConversationKind.PUBLIC and not conversation.shared:
                in_public.add(user)
        return len(in_public) >= _SEVERAL

    def _question(self, asked: Asked) -> AskedQuestion:
        link = None
        if self.url and asked.ts.replace(".", "").isdecimal():
            link = f"{self.url}archives/{asked.channel}/p{asked.ts.replace('.', '')}"
        return AskedQuestion(
            text=plain_text(asked.text, bot_user=self.bot_user),
            asked_at=asked.asked_at,
            outcome=asked.outcome,
            permalink=link,
        )

    async def _is_admin(self, user: str) -> bool:
        try:
            return await self.admins.include(user)
        except SlackFault as fault:
            log.info("whether somebody is an admin was not read: %s", fault)
            return False

    async def _figures(self) -> list[Figure]:
        """Of the last seven days, as `deskhand stats` counts them, and the top gaps."""
        until = self.clock()
        record = await self.figures.record(self.tenant, until - _WEEK, until)
        found = await asyncio.to_thread(figures_of, record, until - _WEEK, until, now=until)
        lines = [Figure(name=line.label, value=line.whole) for line in figure_lines(found)]
        lines[0] = replace(lines[0], name=f"{lines[0].name}, last 7 days")
        lines += await self._load(found.load)
        waiting = await self.overview.waiting(self.tenant)
        lines.append(Figure(name="Waiting now", value=f"{waiting:,}"))
        repeated = await self.traces.repeated(self.tenant, until - _WEEK, until)
        lines.append(Figure(name="Answers given again", value=repeated_words(repeated)))
        spending = spending_lines(await self.spending.now())
        lines += [Figure(name=name, value=value) for name, value in spending]
        for gap in await self._top_gaps():
            value = f"{gap.last_count:,} questions in its last week"
            lines.append(Figure(name=f"Not in the documents: {gap.name}", value=value))
        return lines

    async def _load(self, load: Sequence[Load]) -> list[Figure]:
        """Who settled how many cases; the busiest by name, the others as a sum."""
        lines = []
        for each in load[:_MOST_REVIEWERS]:
            try:
                name = await name_of(self.api, each.person)
            except RateLimited:
                name = UNNAMED
            said = load_words(each.cases, each.median_minutes)
            lines.append(Figure(name=f"Review load, {name}", value=said))
        if others := load[_MOST_REVIEWERS:]:
            cases = sum(each.cases for each in others)
            name = f"Review load, {len(others):,} others"
            lines.append(Figure(name=name, value=load_words(cases, None)))
        return lines

    async def _top_gaps(self) -> tuple[Gap, ...]:
        """What Slack does not say now is not shown."""
        try:
            return await self.reading.shown(await self.gaps.top(self.tenant, most=_TOP_GAPS))
        except SlackFault as fault:
            log.info("gaps are not shown in a home tab: %s", fault)
            return ()
