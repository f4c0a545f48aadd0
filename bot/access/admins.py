"""Who may look after the bot: the workspace's admins and owners, as Slack says at the moment."""

from __future__ import annotations

from bot.access.people import PersonKind, parse_person
from bot.access.refusing import refuse
from bot.slack_api import SlackApi, SlackFault


async def is_admin(api: SlackApi, user: str) -> bool:
    """Whether somebody is an admin or owner of the workspace, and a full member of it.

    Slack marks an admin of another workspace, seen through Slack Connect, as an admin too: here
    they are an outsider.

    Raises: SlackFault where Slack does not say.
    """
    try:
        found = await _is_admin(api, user)
    except SlackFault:
        refuse()
        raise
    if not found:
        refuse()
    return found


async def _is_admin(api: SlackApi, user: str) -> bool:
    person = (await api.call("users.info", user=user)).get("user") or {}
    if not (person.get("is_admin") or person.get("is_owner")):
        return False
    team = str((await api.call("auth.test")).get("team_id") or "")
    return bool(team) and parse_person(person, team) is PersonKind.MEMBER
