"""Where the bot only listens: what it says to whoever addresses it."""

from __future__ import annotations

import logging

from bot.rendering.notices import ONLY_LISTENING
from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.storage.inbox import InboxItem

log = logging.getLogger(__name__)


async def tell_only_listening(api: SlackApi, item: InboxItem) -> None:
    """Whoever addressed the bot sees it alone; that it fails otherwise changes nothing.

    Raises: RateLimited.
    """
    try:
        await api.call(
            "chat.postEphemeral",
            channel=item.channel,
            user=item.user,
            thread_ts=item.thread_ts,
            text=ONLY_LISTENING,
        )
    except RateLimited:
        raise
    except SlackFault as fault:
        log.info("somebody was not told that the bot only listens: %s", fault)
