"""One question of the inbox, answered: who may hear what, what was said before, what the engine
says, and the messages that say it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.held import held_answer
from bot.access.recheck import may_show
from bot.attachments import Attachments, Read
from bot.delivery.answerer import NOT_MEANT, SHADOW, NotYet, Prepared
from bot.intake.courtesy import is_courtesy, is_greeting
from bot.intake.follow_up import Word, is_meant_for_bot, summoned_to
from bot.intake.limits import Limits
from bot.intake.plain_text import plain_text, without_emoji
from bot.intake.receiver import EARLY, MENTIONED, Receiver
from bot.intake.thread import Thread, read_thread
from bot.modes.listening import tell_only_listening
from bot.modes.question_like import reads_like_question
from bot.modes.record import Record
from bot.modes.standing import Standing, Standings
from bot.persons_answers import PersonsAnswers
from bot.rendering.answer import answer_footer, answer_messages
from bot.rendering.notices import (
    GREETING,
    OFF_HERE,
    WELCOME,
    Person,
    files_left_out,
    late_note,
    notice,
    unread_note,
)
from bot.rendering.stream import stream_text
from bot.review.expectation import Expect
from bot.slack_api import SlackApi
from engine.answer_cache import AnswerCache
from engine.audience import Audience
from engine.clock import Clock
from engine.contract import render_trace
from engine.question import Budget, Question, Turn
from engine.slack_settings import SlackSettings
from engine.stopwatch import Watch
from engine.storage.channel_modes import Mode
from engine.storage.documents import DocumentStore
from engine.storage.inbox import InboxItem, InboxStore, State, Surface
from engine.storage.traces import TraceStore
from engine.telemetry.answers import count_answer
from engine.trace import Citation, Outcome, Trace
from evals.mirroring.answers import AnswerMirror

log = logging.getLogger(__name__)

COURTESY = "courtesy"
"""The outcome of thanks and greetings, of which no trace is kept."""
OFF = "off"
"""The outcome where the bot is switched off: it says so, and answers nothing."""

_SUMMONS = re.compile(
    r"(?:(?:hey|hi|hello|ok|so|and|please|pls|any|can|could|would|do|you|u|your|thoughts?|ideas?|"
    r"helps?|here|with|on|this|that|it|answer|know|what|about|think|say|take|a|look|weigh|in|"
    r"chime|us|me|him|her|them|the|question|above)\b[\s,.?!]*){0,12}",
    re.IGNORECASE,
)
_PATIENCE_S = 60.0
"""How long a question waits for what Slack does not say now of its readers; then it is answered
with less."""
_NOT_MEANT = Prepared(trace_id="", outcome=NOT_MEANT, messages=())
_OFF = Prepared(trace_id="", outcome=OFF, messages=(notice(OFF_HERE).body,))
_EARLIER = 10
"""Messages before a question that are looked at for ones that have not arrived."""
_AFTER_EARLIER_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Answers questions; holds no state of one. expect: None where nobody takes cases."""

    tenant: str
    bot_user: str
    api: SlackApi
    facts: SlackFacts
    answers: AnswerCache
    traces: TraceStore
    documents: DocumentStore
    persons: PersonsAnswers
    inbox: InboxStore
    receiver: Receiver
    attachments: Attachments
    mirror: AnswerMirror
    standings: Standings
    limits: Limits
    record: Record
    settings: SlackSettings
    clock: Clock
    expect: Expect | None = None

    async def prepare(self, item: InboxItem, watch: Watch) -> Prepared:
        """Answers and saves the trace.

        Raises: NotYet where something else comes first; RateLimited, StorageUnavailable.
        """
        if item.surface is Surface.CASE_REPLY:
            return await self.persons.prepare(item)
        standing = await self.standings.of(item)
        is_off = standing.mode is Mode.OFF
        if is_off and item.surface is not Surface.FOLLOW_UP:
            return _OFF
        thread = await self._thread(item)
        await self._let_earlier_go_first(item, thread)
        if item.surface is Surface.FOLLOW_UP and not is_meant_for_bot(
            item.text, user=item.user, before=thread.words, bot_user=self.bot_user
        ):
            return _NOT_MEANT
        if is_off:  # said once in a thread that was followed before
            place = (self.tenant, item.team, item.channel, item.root)
            await self.receiver.conversations.mute(*place)
            return _OFF
        heard = item.surface is Surface.SHADOW and not item.extra.get(MENTIONED)
        if heard and not reads_like_question(item.text, bot_user=self.bot_user):
            return _NOT_MEANT  # since it was edited
        text, history = self._question(item, thread)
        kind_words = self._kind_words(item, text)
        if kind_words:
            return Prepared(trace_id="", outcome=COURTESY, messages=(notice(kind_words).body,))
        refused = None if heard else await self.limits.refused(item)
        if refused is not None:
            return refused
        question = Question(
            id=item.id,
            text=text,
            history=history,
            user=item.user,
            channel=item.channel,
            gate=standing.gate,
        )
        quiet = standing.mode is Mode.SHADOW
        async with self.attachments.read(
            item.id, self._files(item, thread), user=item.user
        ) as read:
            trace = await self._answer(item, question, None if quiet else watch, standing.mode)
        await self.record.answered(item, trace, standing.mode)
        if quiet and not heard:
            await tell_only_listening(self.api, item)
        return await self._prepared(item, trace, read, standing)

    async def recall(self, item: InboxItem) -> Prepared | None:
        """The saved answer, while all who read it now may read what it cites."""
        if not item.trace_id:
            return None
        standing = await self.standings.of(item)
        trace = await self.traces.get(self.tenant, item.trace_id)
        if (
            trace is None
            or not _fits(trace, standing.mode)
            or not await self._may_show(trace, await self._audience(item))
        ):
            return None
        return await self._prepared(item, trace, Read(), standing)

    async def _answer(
        self, item: InboxItem, question: Question, watch: Watch | None, mode: Mode
    ) -> dict[str, Any]:
        """The engine's answer, for those who read it when it is done and not when it began."""

        repeatable_as: str | None = None

        async def ask(audience: Audience, first: bool) -> Trace:
            nonlocal repeatable_as
            given = await self.answers.run(
                question,
                tenant=self.tenant,
                audience=audience,
                budget=Budget(max_cost_usd=self.settings.max_cost_usd, person=item.user),
                watch=watch if first else None,
            )
            repeatable_as = given.key
            return given.trace

        trace = await held_answer(
            ask,
            lambda again: self._audience(item, again=again),
            self.documents,
            tenant=self.tenant,
        )
        rendered = render_trace(trace)
        await self.traces.save(trace, mode=mode.value, repeatable_as=repeatable_as)
        count_answer(trace)
        self.mirror.answered(
            rendered, trace.question, trace.asked_at, shown=mode is not Mode.SHADOW
        )
        return rendered

    async def _audience(self, item: InboxItem, *, again: bool = False) -> Audience:
        """Raises: NotYet while a fact is missing and there is time to wait for it."""
        rights = await rights_in(
            self.facts,
            team=item.team,
            channel=item.channel,
            user=item.user,
            user_team=item.user_team,
            dm=item.surface is Surface.DM,
        )
        if rights.certain:
            return rights.audience
        waited_s = (self.clock() - item.received_at).total_seconds()
        if rights.retry_after_s is not None and waited_s < _PATIENCE_S:
            raise NotYet("Slack does not say now who reads the answer", rights.retry_after_s)
        if not again:
            log.warning("question %s is answered with less: %s", item.id, rights.why)
        return rights.audience

    async def _may_show(self, trace: Mapping[str, Any], audience: Audience) -> bool:
        return await may_show(
            self.documents,
            tenant=self.tenant,
            passage_ids=[citation["chunk_id"] for citation in trace["citations"]],
            audience=audience,
        )

    async def _prepared(
        self, item: InboxItem, trace: Mapping[str, Any], read: Read, standing: Standing
    ) -> Prepared:
        if standing.mode is Mode.SHADOW:
            return Prepared(trace_id=trace["trace_id"], outcome=SHADOW, messages=())
        outcome = Outcome(trace["outcome"])
        doubtful = trace["needs_human_review"] or outcome in (Outcome.ESCALATED, Outcome.FAILED)
        person = Person.NOBODY
        if self.settings.escalation_channel:
            person = Person.HAS_IT if doubtful else Person.CAN_BE_ASKED
        note, expectation = self._note(item, read), ""
        if person is Person.HAS_IT and self.expect is not None:
            expectation = await self.expect(trace["triage"], channel=item.channel)
        messages = answer_messages(
            trace, question_id=item.id, person=person, note=note, expectation=expectation
        )
        bodies = [message.body for message in messages]
        if len(bodies) == 1 and not note:
            citations = [Citation(**citation) for citation in trace["citations"]]
            bodies[0]["stream"] = {
                "markdown": stream_text(trace["reply"], citations),
                "blocks": list(
                    answer_footer(
                        trace, question_id=item.id, person=person, expectation=expectation
                    )
                ),
            }
        return Prepared(
            trace_id=trace["trace_id"],
            outcome=outcome.value,
            messages=tuple(bodies),
            opens_case=doubtful,
            reasons=tuple(reason["code"] for reason in trace["reasons"]),
        )

    async def _thread(self, item: InboxItem) -> Thread:
        if item.thread_ts is None:
            return Thread()
        return await read_thread(
            self.api,
            channel=item.channel,
            thread_ts=item.thread_ts,
            before_ts=str(item.extra.get("message_ts") or item.ts),
            bot_user=self.bot_user,
        )

    def _kind_words(self, item: InboxItem, text: str) -> str:
        """What is said to thanks and greetings; empty for everything else."""
        plain = without_emoji(text)
        if item.files or item.surface not in (Surface.DM, Surface.MENTION):
            return ""
        if is_greeting(plain):
            return GREETING
        return WELCOME if plain and is_courtesy(plain) else ""

    async def _let_earlier_go_first(self, item: InboxItem, thread: Thread) -> None:
        """What was asked here before and has not arrived, as after a gap, is taken in now.

        Raises: NotYet while an earlier question of the thread has no answer.
        """
        if item.extra.get(EARLY):
            return  # what came before it was looked at with it
        for message in thread.messages[-_EARLIER:]:
            ts = str(message.get("ts") or "")
            known = await self.inbox.find(self.tenant, item.team, item.channel, ts)
            if known is None:
                kind = "im" if item.surface is Surface.DM else "channel"
                event = {"channel": item.channel, "channel_type": kind, **message}
                await self.receiver.receive(
                    {**event, "type": "message"}, team=item.team, early=True
                )
                known = await self.inbox.find(self.tenant, item.team, item.channel, ts)
            if known is not None and known.state in (State.DUE, State.CLAIMED):
                raise NotYet("an earlier one of its thread is answered first", _AFTER_EARLIER_S)

    def _question(self, item: InboxItem, thread: Thread) -> tuple[str, tuple[Turn, ...]]:
        """The question's text and what was said before.

        A mention in a thread that asks nothing itself means what was asked there.
        """
        text = plain_text(item.text, bot_user=self.bot_user)
        words: Sequence[Word] = thread.words
        mentioned = item.surface is Surface.MENTION or bool(item.extra.get(MENTIONED))
        if mentioned and _SUMMONS.fullmatch(without_emoji(text)):
            asked = summoned_to(words, bot_user=self.bot_user)
            if asked is not None:
                text = plain_text(words[asked].text, bot_user=self.bot_user)
                words = words[:asked]
        if not any(c.isalnum() for c in without_emoji(text)):
            text = ""  # the name of an emoji is no word
        return text, Thread(words=tuple(words)).turns(bot_user=self.bot_user)

    def _files(self, item: InboxItem, thread: Thread) -> tuple[str, ...]:
        if item.surface is not Surface.DM:
            return ()
        return tuple(dict.fromkeys((*item.files, *reversed(thread.files))))

    def _note(self, item: InboxItem, read: Read) -> str:
        notes = []
        age_s = (self.clock() - item.asked_at).total_seconds()
        if age_s > self.settings.stale_after_s:
            notes.append(late_note(age_s))
        if read.unread:
            notes.append(unread_note([(file.name, file.reason) for file in read.unread]))
        if read.left_out:
            notes.append(files_left_out(read.left_out))
        return "\n".join(notes)


def _fits(trace: Mapping[str, Any], mode: Mode) -> bool:
    """Whether an answer may go out as it was made, though the channel's mode was set since."""
    if mode is Mode.OFF:
        return False
    return mode is not Mode.DRAFT or bool(trace["needs_human_review"])
