"""Tells in the thread, in one sentence, of a shared file that did not become a document, or not
whole.

That one did is not told: in a channel made for files each of them would be answered, and a
reaction would need a scope that every installed workspace has to grant anew. A file is told of
once, as its failure is stored before; where the bot dies in between, nobody is told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.rendering.elements import rich_text, section, text
from bot.rendering.neutral import escape, one_line
from bot.shared_files.shared_file import SharedFile, shares_of
from bot.slack_api import RateLimited, Refused, SlackApi, Unsure
from engine.clock import Clock
from engine.knowledge.quarantine import Warned
from engine.storage.sources import Failure

log = logging.getLogger(__name__)

_ABOUT = {False: "I cannot answer from this file", True: "I read this file without a part of it"}
_MOST_AT_ONCE = 5
"""Of one look; a folder of broken files is no reason to fill a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A file that could not be read, or of which something is not said, and why.

    was_read: the rest of it is a document.
    """

    channel: str
    file: str
    reason: str
    was_read: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Writes the sentences. since: how long ago a file may have changed to be told of."""

    api: SlackApi
    clock: Clock
    since: timedelta

    def wanted(
        self, channel: str, failed: Iterable[tuple[SharedFile, Failure]]
    ) -> tuple[Untold, ...]:
        """Those that somebody still waits for."""
        begin = self.clock() - self.since
        recent = [
            Untold(channel=channel, file=file.id, reason=failure.reason)
            for file, failure in failed
            if file.changed_at is not None and file.changed_at >= begin
        ]
        return tuple(recent[:_MOST_AT_ONCE])

    def warned(
        self, channel: str, warnings: Iterable[tuple[SharedFile, Warned]]
    ) -> tuple[Untold, ...]:
        """Those that were read in this look and hide text or hold orders to an assistant."""
        told = {
            (file.id, warned.kind): Untold(
                channel=channel, file=file.id, reason=warned.reason, was_read=True
            )
            for file, warned in warnings
        }
        return tuple(told.values())[:_MOST_AT_ONCE]

    async def tell(self, untold: Untold) -> None:
        """Writes under the newest message of the channel that has the file.

        Raises: RateLimited, when nothing was written.
        """
        try:
            told = (await self.api.call("files.info", file=untold.file)).get("file")
            shares = shares_of(told, untold.channel) if isinstance(told, dict) else []
            if not shares:
                return
            ts, root = shares[-1]
            reason = untold.reason.replace(f"{untold.file}/", "").rstrip(".")
            said = one_line(f"{_ABOUT[untold.was_read]}: {reason}.")
            await self.api.call(
                "chat.postMessage",
                channel=untold.channel,
                thread_ts=root or ts,
                text=escape(said),
                blocks=[rich_text(section(text(said)))],  # in which no address becomes a link
                unfurl_links=False,
                unfurl_media=False,
            )
        except RateLimited:
            raise
        except (Refused, Unsure) as fault:
            log.warning("nobody was told of a shared file that could not be read: %s", fault)
