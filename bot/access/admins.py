"""Who may look after the bot: the workspace's admins and owners, as Slack says at the moment."""

from __future__ import annotations

from bot.slack_api import SlackApi


async def is_admin(api: SlackApi, user: str) -> bool:
    """Whether somebody is an admin or owner of the workspace.

    Raises: SlackFault where Slack does not say.
    """
    person = (await api.call("users.info", user=user)).get("user") or {}
    return bool(person.get("is_admin") or person.get("is_owner")) and not person.get("deleted")
