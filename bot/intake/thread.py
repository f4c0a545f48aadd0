"""A thread as it stands in Slack: who said what before a question."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.intake.follow_up import Word
from bot.intake.plain_text import plain_text
from bot.intake.receiver import seconds_of
from bot.slack_api import Refused, SlackApi
from engine.question import Role, Turn

log = logging.getLogger(__name__)


_PAGE = 200
_MOST_PAGES = 5
_MOST_TURNS = 12
_MOST_TURN_CHARS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """words: of people and of this bot, oldest first, before one message and without it.

    files: ids of the files that people shared there. messages: as Slack gives them, people's only.
    """

    words: tuple[Word, ...] = ()
    files: tuple[str, ...] = ()
    messages: tuple[Mapping[str, Any], ...] = ()

    def turns(self, *, bot_user: str) -> tuple[Turn, ...]:
        """The last words as the engine's history."""
        turns = [
            Turn(
                role=Role.ASSISTANT if word.ours else Role.USER,
                text=plain_text(word.text, bot_user=bot_user)[:_MOST_TURN_CHARS],
            )
            for word in self.words
        ]
        return tuple([turn for turn in turns if turn.text][-_MOST_TURNS:])


async def read_thread(
    api: SlackApi, *, channel: str, thread_ts: str, before_ts: str | None, bot_user: str
) -> Thread:
    """What was said under a root before a message, or so far; empty where Slack refuses it.

    Other bots' words are left out. Of a thread with more than a thousand replies the later ones
    are not read.

    Raises: RateLimited, Unsure.
    """
    messages: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        try:
            answer = await api.call(
                "conversations.replies",
                channel=channel,
                ts=thread_ts,
                latest=before_ts,
                limit=_PAGE,
                cursor=cursor,
            )
        except Refused as refused:
            log.warning("a thread could not be read: %s", refused)
            break
        messages += [m for m in answer.get("messages", ()) if isinstance(m, dict)]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    until = seconds_of(before_ts) if before_ts is not None else math.inf
    before = [m for m in messages if seconds_of(str(m.get("ts"))) < until]
    peoples = [m for m in before if m.get("user") != bot_user and not m.get("bot_id")]
    return Thread(
        words=_words(before, bot_user=bot_user),
        files=tuple(
            str(file["id"])
            for message in peoples
            for file in message.get("files") or ()
            if isinstance(file, dict) and file.get("id")
        ),
        messages=tuple(peoples),
    )


def _words(messages: Sequence[Mapping[str, Any]], *, bot_user: str) -> tuple[Word, ...]:
    words = []
    for message in messages:
        user, text = (str(message.get(name) or "") for name in ("user", "text"))
        ours = user == bot_user
        if user and text and (ours or not message.get("bot_id")):
            words.append(Word(user=user, text=text, ours=ours))
    return tuple(words)
