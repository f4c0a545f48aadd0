"""What the bot needs of Slack before it starts: tokens, whose they are, and where people are."""

from __future__ import annotations

from bot.slack_api import Refused, SlackApi, SlackFault
from bot.slack_app import Identity
from engine.errors import SettingsInvalid
from engine.role import Role
from engine.slack_settings import SlackSettings


def refuse_missing(slack: SlackSettings, role: Role = Role.ALL) -> None:
    """Raises: SettingsInvalid where the transport needs a token that is not set."""
    needed = {"SLACK_BOT_TOKEN": slack.bot_token}
    if not role.answers:
        pass  # a worker hears nothing of Slack
    elif slack.transport == "http":
        needed["SLACK_SIGNING_SECRET"] = slack.signing_secret
    else:
        needed["SLACK_APP_TOKEN"] = slack.app_token
    for name, secret in needed.items():
        if not revealed(secret):
            raise SettingsInvalid(
                f"{name} is not set; copy it from the app's page at api.slack.com/apps (README, "
                "production)"
            )


def revealed(given: object) -> str:
    """A secret setting as text; empty where it is not set."""
    reveal = getattr(given, "get_secret_value", None)
    return str(reveal()) if reveal is not None else ""


async def refuse_unreachable_people(api: SlackApi, channel: str | None) -> None:
    """Nobody is to read "A person has your question" while no card can be posted.

    Raises: SettingsInvalid; what Slack does not say now is left to `deskhand doctor`.
    """
    if channel is None:
        return
    try:
        told = await api.call("conversations.info", channel=channel)
        is_in = bool((told.get("channel") or {}).get("is_member"))
    except Refused as refused:
        if refused.code != "channel_not_found":
            return
        is_in = False
    except SlackFault:
        return
    if not is_in:
        raise SettingsInvalid(
            f"DESKHAND_SLACK__ESCALATION_CHANNEL names {channel}, which the bot is not in; invite "
            "it there, or name another channel by its id"
        )


async def identity_of(api: SlackApi) -> Identity:
    """Who the app is.

    Raises: SettingsInvalid for a token that Slack refuses; RateLimited, Unsure.
    """
    try:
        told = await api.call("auth.test")
    except Refused as refused:
        raise SettingsInvalid(
            f"Slack refuses SLACK_BOT_TOKEN ({refused.code}); copy the xoxb- token of the app's "
            "OAuth & Permissions page once more"
        ) from None
    return Identity(
        team=str(told.get("team_id") or ""),
        bot_user=str(told.get("user_id") or ""),
        bot_id=str(told.get("bot_id") or ""),
        url=str(told.get("url") or ""),
        name=str(told.get("user") or ""),
        team_name=str(told.get("team") or ""),
    )
