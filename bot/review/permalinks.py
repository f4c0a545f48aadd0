"""Where a message is to be seen."""

from __future__ import annotations

from bot.slack_api import RateLimited, SlackApi, SlackFault


async def permalink_of(api: SlackApi, channel: str, ts: str) -> str | None:
    """The address of a message; None where Slack does not say.

    Raises: RateLimited.
    """
    try:
        answer = await api.call("chat.getPermalink", channel=channel, message_ts=ts)
    except RateLimited:
        raise
    except SlackFault:
        return None
    return str(answer.get("permalink") or "") or None
