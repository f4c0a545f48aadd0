"""Questions that are no message of their own: the command, the shortcut, a choice, a form."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.intake.plain_text import plain_text
from bot.intake.receiver import Receiver
from bot.names import COMMAND
from bot.slack_api import Refused, SlackApi
from engine.clock import Clock
from engine.storage.inbox import NOWHERE, InboxItem, NewQuestion, Surface

Json = Mapping[str, Any]
HELP = (
    f"`{COMMAND} ask QUESTION` asks me; the answer comes as a direct message that only you see. "
    "You can also mention me in a channel, or write to me directly."
)
_ASKED_BEFORE = "Somebody has asked me about this message already; see its thread."
_ON_ITS_WAY = "Your answer comes as a direct message."


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Puts such questions into the inbox."""

    api: SlackApi
    receiver: Receiver
    team: str
    bot_user: str
    clock: Clock

    async def command(self, body: Json) -> str:
        """`/deskhand ask ...`; what its typist is shown.

        Raises: StorageUnavailable.
        """
        typed = str(body.get("text") or "").strip()
        verb, _, text = typed.partition(" ")
        if verb.lower() != "ask":
            text = typed  # a question without the word is one all the same
        if not text.strip() or " " not in typed:
            return HELP
        user = str(body.get("user_id") or "")
        await self._directly(body, user=user, text=text.strip(), surface=Surface.COMMAND)
        return _ON_ITS_WAY

    async def shortcut(self, body: Json) -> None:
        """A message's shortcut: answered under that message, or directly where the bot is not in.

        Asked for the same message again, it is the same question.

        Raises: SlackFault, StorageUnavailable.
        """
        message, channel = body.get("message") or {}, (body.get("channel") or {}).get("id")
        user = (body.get("user") or {}).get("id")
        ts, text = str(message.get("ts") or ""), str(message.get("text") or "")
        if not (channel and user and ts):
            return
        if not await self._is_in(str(channel)):
            shown = plain_text(text, bot_user=self.bot_user)
            await self._directly(body, user=str(user), text=shown, surface=Surface.SHORTCUT)
            return
        is_new = await self.receiver.keep(
            NewQuestion(
                team=self.team,
                channel=str(channel),
                ts=f"shortcut:{ts}",
                thread_ts=str(message.get("thread_ts") or ts),
                user=str(user),
                user_team=str((body.get("user") or {}).get("team_id") or "") or None,
                surface=Surface.SHORTCUT,
                text=text,
                asked_at=self.clock(),
                extra={"message_ts": ts},
            )
        )
        if not is_new:
            await self.api.call(
                "chat.postEphemeral",
                channel=str(channel),
                user=str(user),
                thread_ts=str(message.get("thread_ts") or ts),
                text=_ASKED_BEFORE,
            )

    async def choice(self, body: Json, asked: InboxItem, number: int, choice: str) -> None:
        """One of the choices of a question back: the question again, with what was chosen.

        number: of the choice, from 0; each is asked once.

        Raises: StorageUnavailable.
        """
        user = str((body.get("user") or {}).get("id") or "")
        await self.receiver.keep(
            NewQuestion(
                team=asked.team,
                channel=asked.channel,
                ts=f"choice:{asked.id}:{asked.revision}:{number}",
                thread_ts=asked.root,
                user=user,
                user_team=asked.user_team if user == asked.user else None,
                surface=Surface.SHORTCUT,
                text=f"{asked.text}\n{choice}",
                asked_at=self.clock(),
                extra={"message_ts": asked.extra.get("message_ts") or asked.ts},
            )
        )

    async def more(self, asked: InboxItem, text: str) -> None:
        """The question again for its asker alone, as a direct message; once for each revision.

        Raises: StorageUnavailable.
        """
        await self.receiver.keep(
            NewQuestion(
                team=self.team,
                channel=NOWHERE,
                ts=f"more:{asked.id}:{asked.revision}",
                user=asked.user,
                user_team=asked.user_team,
                surface=Surface.COMMAND,
                text=text,
                asked_at=self.clock(),
            )
        )

    async def _directly(self, body: Json, *, user: str, text: str, surface: Surface) -> None:
        """Kept first; the message that it stands as, under which it is answered, comes after.

        Slack names what was typed or pressed by its trigger: a second delivery asks nothing.
        """
        trigger = str(body.get("trigger_id") or uuid.uuid4())
        await self.receiver.keep(
            NewQuestion(
                team=self.team,
                channel=NOWHERE,
                ts=f"{surface.value}:{trigger}",
                user=user,
                surface=surface,
                text=text,
                asked_at=self.clock(),
            )
        )

    async def _is_in(self, channel: str) -> bool:
        try:
            answer = await self.api.call("conversations.info", channel=channel)
        except Refused:
            return False
        info = answer.get("channel") or {}
        return bool(info.get("is_member") or info.get("is_im") or info.get("is_mpim"))
