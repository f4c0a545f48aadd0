"""The one app that is installed: its tokens, scopes and subscriptions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from bot.workspace.errors import Json

ALL_SCOPES = (
    "app_mentions:read assistant:write channels:history channels:join channels:read chat:write "
    "chat:write.public commands files:read files:write groups:history groups:read im:history "
    "im:read im:write mpim:history mpim:read mpim:write reactions:read reactions:write team:read "
    "usergroups:read users:read users:read.email"
).split()
ALL_EVENTS = (
    "agent_session_stopped agent_session_title_changed app_home_opened app_mention app_uninstalled "
    "assistant_thread_started channel_archive channel_deleted channel_rename channel_unarchive "
    "channel_left file_change file_deleted file_shared file_unshared group_archive group_deleted "
    "group_left group_rename group_unarchive member_joined_channel "
    "member_left_channel message.channels message.groups message.im message.mpim reaction_added "
    "reaction_removed subteam_created subteam_members_changed subteam_updated team_join "
    "tokens_revoked user_change channel_shared channel_unshared"
).split()


@dataclass(slots=True, kw_only=True)
class AppConfig:
    """An app as its manifest and its installation make it."""

    name: str = "deskhand"
    app_id: str = "A0DESKHAND"
    bot_id: str = "B0DESKHAND"
    bot_user: str = "U0DESKHAND"
    bot_token: str = "xoxb-local-bot"  # noqa: S105 - opens nothing but this workspace
    app_token: str = "xapp-local-app"  # noqa: S105
    signing_secret: str = "local-signing-secret"  # noqa: S105
    client_id: str = "100.200"
    client_secret: str = "local-client-secret"  # noqa: S105
    token_lasts_s: int | None = None
    """How long a bot token is good, where the app's tokens rotate; None where they do not."""
    refresh_token: str = "xoxe-1-local"  # noqa: S105
    earlier_tokens: list[str] = field(default_factory=list)
    verification_token: str = "local-verification"  # noqa: S105
    scopes: tuple[str, ...] = tuple(ALL_SCOPES)
    app_scopes: tuple[str, ...] = ("connections:write",)
    events: tuple[str, ...] = tuple(ALL_EVENTS)
    commands: tuple[str, ...] = ("/deskhand",)
    shortcuts: dict[str, str] = field(default_factory=lambda: {"ask": "message"})
    """Callback id to `message` or `global`."""
    agent_view: bool = True
    """Whether the app has the agent experience, where a message's root is an ordinary one."""
    home_tab: bool = True
    messages_tab: bool = True
    socket_mode: bool = True

    def with_manifest(self, manifest: Json) -> AppConfig:
        """The app that this manifest describes, with this one's identity and secrets."""
        features = manifest.get("features", {})
        settings = manifest.get("settings", {})
        home = features.get("app_home", {})
        return replace(
            self,
            name=features.get("bot_user", {}).get("display_name", self.name),
            scopes=tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
            events=tuple(settings.get("event_subscriptions", {}).get("bot_events", ())),
            commands=tuple(c["command"] for c in features.get("slash_commands", ())),
            shortcuts={s["callback_id"]: s["type"] for s in features.get("shortcuts", ())},
            agent_view="agent_view" in features,
            home_tab=home.get("home_tab_enabled", False),
            messages_tab=home.get("messages_tab_enabled", False),
            socket_mode=settings.get("socket_mode_enabled", False),
        )


def parse_manifest(text: str) -> Json:
    """A manifest given as JSON text.

    Raises:
        ValueError: it is not a JSON object.
    """
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError("a manifest is a JSON object")
    return parsed
