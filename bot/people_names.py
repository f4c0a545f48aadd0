"""How people are called."""

from __future__ import annotations

import logging

from bot.slack_api import RateLimited, SlackApi, SlackFault
from engine.containment import contained_label

log = logging.getLogger(__name__)

UNNAMED = "A colleague"


async def name_of(api: SlackApi, user: str) -> str:
    """The name by which Slack shows somebody; a word for one where it does not say.

    People choose it: it comes short and on one line, calls nobody and leads nowhere.

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
    said = (contained_label(str(name)) for name in names if name)
    return next((name for name in said if name), UNNAMED)
