"""How people are called."""

from __future__ import annotations

import logging

from bot.slack_api import RateLimited, SlackApi, SlackFault

log = logging.getLogger(__name__)

UNNAMED = "A colleague"


async def name_of(api: SlackApi, user: str) -> str:
    """The name by which Slack shows somebody; a word for one where it does not say.

    Raises: RateLimited.
    """
    try:
        answer = await api.call("users.info", user=user)
    except RateLimited:
        raise
    except SlackFault as fault:
        log.info("a name was not read: %s", fault)
        return UNNAMED
    person = answer.get("user") or {}
    profile = person.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), person.get("name"))
    return next((str(name) for name in names if name), UNNAMED)
