"""Events into the inbox, before Slack hears that they arrived.

Whatever is raised here leaves the event unacknowledged, so that Slack delivers it again: the only
fault that may be raised is that of a database that took nothing. A message that comes twice, by two
kinds of event, by redelivery or by reading a channel's history after a gap, is one row.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.intake.follow_up import is_for_asker
from bot.intake.incoming import Deleted, Edited, Said, incoming
from bot.modes.question_like import reads_like_question
from bot.modes.standing import Standings
from engine.clock import Clock
from engine.intake import redact
from engine.storage.cases import Case, CaseStore
from engine.storage.channel_modes import Mode
from engine.storage.conversations import ConversationStore
from engine.storage.inbox import NOWHERE, InboxItem, InboxStore, NewQuestion, State, Surface
from engine.storage.intake import IntakeStore

log = logging.getLogger(__name__)

_ENGAGING = (Surface.MENTION, Surface.SHORTCUT, Surface.DM, Surface.COMMAND)
"""After these a thread is followed without further mentions; one of a direct message always is, and
is noted so that a gap is looked for in it too."""
_REDELIVERED = timedelta(hours=1)
"""Within which Slack delivers an event again, with some to spare."""
EARLY = "early"
"""Of a row's `extra`: taken in for another question of its thread."""
MENTIONED = "mentioned"
"""Of a row's `extra`: the bot was mentioned where it only listens."""
_UNHEARD = "unheard"
"""Of a row's `extra`: the bot is off there, so that its thread is not followed."""

Told = Callable[[InboxItem], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Decides which messages are addressed to the bot, and keeps them.

    on_new, on_changed: told of a question that is new, or whose text changed or which was
    cancelled, once that is stored; they must return at once.
    """

    tenant: str
    bot_user: str
    inbox: InboxStore
    intake: IntakeStore
    conversations: ConversationStore
    cases: CaseStore
    standings: Standings
    clock: Clock
    forgotten_after: timedelta
    on_new: Told
    on_changed: Told

    async def receive(self, event: Mapping[str, Any], *, team: str, early: bool = False) -> None:
        """Keeps what an event says. early: before Slack told of it, and marked as such.

        Raises: StorageUnavailable.
        """
        meaning = incoming(event, team=team, bot_user=self.bot_user)
        if isinstance(meaning, Said):
            await self._said(meaning, early=early)
        elif isinstance(meaning, Edited):
            await self._edited(meaning)
        elif isinstance(meaning, Deleted):
            await self._deleted(meaning)

    async def has(self, event: Mapping[str, Any], *, team: str) -> bool:
        """Whether an event is a message that is in the inbox.

        Raises: StorageUnavailable.
        """
        meaning = incoming(event, team=team, bot_user=self.bot_user)
        if not isinstance(meaning, Said):
            return False
        place = await self._reply_to_case(meaning) or meaning
        found = await self.inbox.find(self.tenant, place.team, place.channel, place.ts)
        return found is not None

    async def keep(self, question: NewQuestion, *, seen: Mapping[str, str] | None = None) -> bool:
        """Puts a question into the inbox; false where it was there.

        seen: the newest message of a channel, to be marked in the same transaction.

        Raises: StorageUnavailable.
        """
        item, is_new = await self.intake.keep(
            self.tenant,
            without_secrets(question),
            engages=question.surface in _ENGAGING
            and question.channel != NOWHERE
            and not question.extra.get(_UNHEARD),
            seen=seen,
            at=self.clock(),
        )
        if is_new:
            await self.on_new(item)
        return is_new

    async def _said(self, said: Said, *, early: bool = False) -> None:
        seen = {said.channel: said.ts}
        question = None if self._is_forgotten(said.ts) else await self._question(said)
        if question is None:
            await self.conversations.mark(self.tenant, said.team, seen)
        else:
            if early:
                question = replace(question, extra={**question.extra, EARLY: True})
            await self.keep(question, seen=seen)

    async def _question(self, said: Said) -> NewQuestion | None:
        """The question that a message is; None for talk that is not for the bot."""
        reply = await self._reply_to_case(said)
        if reply is not None:
            asker = str(reply.extra["asker"])
            meant = is_for_asker(said.text, asker=asker, bot_user=self.bot_user)
            return reply if meant else None  # an edit of one passed on stays the asker's
        if said.direct:
            return question_of(said, Surface.DM)
        if said.mentioned:
            return await self._mention(said)
        surface = await self._surface(said)
        return None if surface is None else question_of(said, surface)

    async def _mention(self, said: Said) -> NewQuestion:
        """A mention, as its channel's mode has it taken."""
        mode = await self.standings.mode(said.team, said.channel)
        if mode is Mode.SHADOW:
            return replace(question_of(said, Surface.SHADOW), extra={MENTIONED: True})
        extra = {_UNHEARD: True} if mode is Mode.OFF else {}
        return replace(question_of(said, Surface.MENTION), extra=extra)

    async def _reply_to_case(self, said: Said) -> NewQuestion | None:
        """A person's reply under a card, to be brought to the asker's thread; None for others."""
        if not said.is_reply or said.direct or said.mentioned:
            return None
        found = await self._case_of(said.channel, said.thread_ts)
        if found is None:
            return None
        case, asked = found
        return replace(
            question_of(said, Surface.CASE_REPLY),
            channel=asked.channel,
            ts=_reply_ts(said.channel, said.ts),
            thread_ts=asked.root,
            extra={
                "case": case.id,
                "asker": asked.user,
                "card_channel": said.channel,
                "reply_ts": said.ts,
            },
        )

    async def _case_of(self, channel: str, card_ts: str) -> tuple[Case, InboxItem] | None:
        """The case of a card and the question it is about."""
        case = await self.cases.by_card(self.tenant, channel, card_ts)
        asked = await self.inbox.get(self.tenant, case.question_id) if case else None
        return (case, asked) if case and asked else None

    async def _surface(self, said: Said) -> Surface | None:
        """Of what does not name the bot."""
        if said.is_reply:
            engaged = await self.conversations.is_engaged(
                self.tenant, said.team, said.channel, said.thread_ts
            )
            heard = engaged is not None and not engaged.muted
            if heard and engaged is not None and moment_of(said.ts) >= engaged.since:
                return Surface.FOLLOW_UP
            return None
        asks = reads_like_question(said.text, bot_user=self.bot_user)
        if asks and await self.standings.mode(said.team, said.channel) is Mode.SHADOW:
            return Surface.SHADOW
        return None

    async def _edited(self, edited: Edited) -> None:
        said = edited.said
        if not edited.by_person:
            return
        reply = await self._reply_to_case(said)
        place = reply or said
        known = await self.inbox.find(self.tenant, place.team, place.channel, place.ts)
        if known is None:
            await self._said(said)  # a mention or a question that was edited in
            return
        changed = await self.inbox.edit(
            self.tenant,
            known.team,
            known.channel,
            known.ts,
            said.text if reply else redact(said.text)[0],
            at=self.clock(),
            edited_at=moment_of(said.edited_ts) if said.edited_ts else None,
        )
        if changed is not None and changed.revision != known.revision:
            await self.on_changed(changed)

    async def _deleted(self, deleted: Deleted) -> None:
        channel, ts = deleted.channel, deleted.ts
        found = await self._case_of(channel, deleted.thread_ts) if deleted.thread_ts else None
        if found is not None:
            channel, ts = found[1].channel, _reply_ts(channel, ts)
        cancelled = await self.inbox.cancel(self.tenant, deleted.team, channel, ts, at=self.clock())
        if cancelled is None and found is not None:  # a mention under a card is no reply
            channel, ts = deleted.channel, deleted.ts
            cancelled = await self.inbox.cancel(
                self.tenant, deleted.team, channel, ts, at=self.clock()
            )
        elif cancelled is not None and found is not None and cancelled.state is State.CANCELLED:
            await self.cases.reopen(found[0].id, reply_id=cancelled.id, at=self.clock())
        if cancelled is None and deleted.said is not None:
            cancelled = await self._bury(deleted.said)
        if cancelled is not None:
            await self.on_changed(cancelled)

    async def _bury(self, said: Said) -> InboxItem | None:
        """Keeps a deleted question that is not in the inbox, so that it is not answered when Slack
        delivers it late. The question where it came in meanwhile."""
        if self.clock() - moment_of(said.ts) > _REDELIVERED:
            return None
        question = await self._question(said)
        if question is None:
            return None
        _, is_new = await self.intake.keep(
            self.tenant, without_secrets(question), engages=False, deleted=True, at=self.clock()
        )
        if is_new:
            return None
        place = (question.team, question.channel, question.ts)
        return await self.inbox.cancel(self.tenant, *place, at=self.clock())

    def _is_forgotten(self, ts: str) -> bool:
        return self.clock() - moment_of(ts) > self.forgotten_after


def without_secrets(question: NewQuestion) -> NewQuestion:
    """A question as it is kept: keys, tokens, passwords and card numbers in it reach no table, and
    so no card, entry or label. What a person answers is theirs to send as it is."""
    if question.surface is Surface.CASE_REPLY:
        return question
    return replace(question, text=redact(question.text)[0])


def _reply_ts(channel: str, ts: str) -> str:
    """What stands for a reply under a card in the asker's conversation."""
    return f"case:{channel}:{ts}"


def question_of(said: Said, surface: Surface) -> NewQuestion:
    """The inbox's row for a message."""
    return NewQuestion(
        team=said.team,
        channel=said.channel,
        ts=said.ts,
        thread_ts=said.thread_ts if said.is_reply else None,
        user=said.user,
        user_team=said.user_team,
        surface=surface,
        text=said.text,
        files=said.files if surface is Surface.DM else (),
        edited_at=moment_of(said.edited_ts) if said.edited_ts else None,
        asked_at=moment_of(said.ts),
    )


def moment_of(ts: str) -> datetime:
    """When a message was posted; long ago for a ts that is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def seconds_of(ts: str) -> float:
    """A ts in seconds since 1970; 0 for what is none."""
    return moment_of(ts).timestamp()
