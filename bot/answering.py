"""One question of the inbox, answered: who may hear what, what was said before, what the engine
says, and the messages that say it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.access.audience import Access
from bot.attachments import Attachments, Read
from bot.delivery.answerer import Prepared
from bot.intake.follow_up import Word, is_meant_for_bot
from bot.intake.plain_text import plain_text, without_emoji
from bot.intake.thread import Thread, read_thread
from bot.rendering.answer import answer_messages
from bot.rendering.notices import late_note, unread_files
from bot.slack_api import SlackApi
from engine.audience import Audience
from engine.clock import Clock
from engine.contract import render_trace
from engine.pipeline import Pipeline
from engine.question import Budget, Question, Turn
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.inbox import InboxItem, Surface
from engine.storage.traces import TraceStore
from engine.trace import Outcome, Trace

log = logging.getLogger(__name__)

NOT_MEANT = "not_meant"
"""The outcome of a word in a thread that was not for the bot; nothing is shown."""

_SUMMONS = re.compile(
    r"(?:(?:hey|hi|hello|ok|so|and|please|pls|any|can|could|would|do|you|u|your|thoughts?|idea|ideas|"
    r"help|helps?|here|with|on|this|that|it|answer|know|what|about|think|say|take|a|look|weigh|in|"
    r"chime|us|me|him|her|them|the|question|above)\b[\s,.?!]*){0,12}",
    re.IGNORECASE,
)
_MOST_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers questions; holds no state of one."""

    tenant: str
    bot_user: str
    api: SlackApi
    access: Access
    pipeline: Pipeline
    traces: TraceStore
    attachments: Attachments
    settings: SlackSettings
    clock: Clock

    async def prepare(self, item: InboxItem, watch: Watch) -> Prepared:
        """What is to be posted for a question.

        Raises: RateLimited, Unsure, DeskhandError of a part that may work later.
        """
        thread = await self._thread(item)
        if item.surface is Surface.FOLLOW_UP and not is_meant_for_bot(
            item.text, user=item.user, before=thread.words, bot_user=self.bot_user
        ):
            return Prepared(trace_id="", outcome=NOT_MEANT, messages=())
        text, history = self._question(item, thread)
        files = self._files(item, thread)
        async with self.attachments.read(item.id, files, user=item.user) as read:
            question = Question(
                id=item.id,
                text=text,
                history=history,
                user=item.user,
                channel=item.channel,
            )
            trace = await self._answer(item, question, watch)
        await self.traces.save(trace)
        return Prepared(
            trace_id=trace.trace_id,
            outcome=trace.outcome.value,
            messages=answer_messages(
                render_trace(trace), question_id=item.id, note=self._note(item, read)
            ),
            opens_case=trace.needs_human_review or trace.outcome is Outcome.ESCALATED,
        )

    async def _answer(
        self, item: InboxItem, question: Question, watch: Watch | None
    ) -> Trace:
        """The engine's answer for those who read it when it is done, not when it began."""
        audience = await self._audience(item)
        for _ in range(_MOST_TRIES):
            trace = await self.pipeline.run(
                question,
                tenant=self.tenant,
                audience=audience,
                budget=Budget(max_cost_usd=self.settings.max_cost_usd),
                watch=watch,
            )
            now = await self._audience(item)
            chunks = [citation.chunk_id for citation in trace.citations]
            if now.tags >= audience.tags and await self.access.may_show(chunks, now):
                return trace
            log.warning("question %s: who may read changed meanwhile; answering again", item.id)
            audience, watch = now, None
        return await self.pipeline.run(
            question,
            tenant=self.tenant,
            audience=Audience(frozenset()),
            budget=Budget(max_cost_usd=0.0),
        )

    async def _audience(self, item: InboxItem) -> Audience:
        return await self.access.audience_of(
            team=item.team, channel=item.channel, user=item.user, user_team=item.user_team
        )

    async def _thread(self, item: InboxItem) -> Thread:
        if item.thread_ts == item.ts:
            return Thread()
        before = str(item.extra.get("message_ts") or item.ts)
        return await read_thread(
            self.api,
            channel=item.channel,
            thread_ts=item.thread_ts,
            before_ts=before,
            bot_user=self.bot_user,
        )

    def _question(self, item: InboxItem, thread: Thread) -> tuple[str, tuple[Turn, ...]]:
        """The question's text and what was said before.

        A mention in a thread that asks nothing itself means what was asked there last.
        """
        text = plain_text(item.text, bot_user=self.bot_user)
        words: Sequence[Word] = thread.words
        if item.surface is Surface.MENTION and _SUMMONS.fullmatch(without_emoji(text)):
            asked = [n for n, word in enumerate(words) if not word.ours]
            if asked:
                text = plain_text(words[asked[-1]].text, bot_user=self.bot_user)
                words = words[: asked[-1]]
        return text, Thread(words=tuple(words)).turns(bot_user=self.bot_user)

    def _files(self, item: InboxItem, thread: Thread) -> tuple[str, ...]:
        if item.surface is not Surface.DM:
            return ()
        return tuple(dict.fromkeys((*item.files, *thread.files)))

    def _note(self, item: InboxItem, read: Read) -> str:
        notes = []
        if (self.clock() - item.asked_at).total_seconds() > self.settings.stale_after_s:
            notes.append(late_note())
        if read.unread:
            notes.append(unread_files([(file.name, file.reason) for file in read.unread]))
        return "\n".join(notes)
