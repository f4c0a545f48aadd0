"""The Events API: which events the app gets, and how each is wrapped."""

from __future__ import annotations

import random

from bot.workspace.channels import SCOPE_FAMILY, Channel
from bot.workspace.delivery import Delivery, Envelope, EnvelopeType
from bot.workspace.errors import Json
from bot.workspace.faults import Faults
from bot.workspace.world import World

PER_HOUR = 30_000
"""Events an hour and workspace before `app_rate_limited` is sent in their place."""
_SCOPES = {
    "app_mention": "app_mentions:read",
    "file_change": "files:read",
    "file_deleted": "files:read",
    "file_shared": "files:read",
    "file_unshared": "files:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "user_change": "users:read",
    "team_join": "users:read",
    "subteam_created": "usergroups:read",
    "subteam_updated": "usergroups:read",
    "subteam_members_changed": "usergroups:read",
    "channel_archive": "channels:read",
    "channel_unarchive": "channels:read",
    "channel_rename": "channels:read",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "group_unarchive": "groups:read",
    "agent_session_stopped": "assistant:write",
    "agent_session_title_changed": "assistant:write",
}
_MESSAGE_SUBSCRIPTION = {
    "channels": "message.channels",
    "groups": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class Events:
    """Sends events to the app that is subscribed to them and may see them."""

    def __init__(
        self, world: World, delivery: Delivery, faults: Faults, rng: random.Random
    ) -> None:
        self.per_hour = PER_HOUR
        self.sent: list[Json] = []
        """Every event's wrapper as it was first sent, in order."""
        self._world = world
        self._delivery = delivery
        self._faults = faults
        self._rng = rng
        self._hour = (0, 0)
        self._limited_minute = -1

    def wanted(self, event: Json, channel: Channel | None) -> bool:
        """Whether the app subscribes to this event, has the scope for it and is in the channel."""
        app = self._world.app
        name = str(event["type"])
        scope = _SCOPES.get(name)
        if name == "message" and channel is not None:
            family = SCOPE_FAMILY[channel.type]
            name, scope = _MESSAGE_SUBSCRIPTION[family], f"{family}:history"
        if self._world.token_revoked and name not in ("tokens_revoked", "app_uninstalled"):
            return False
        if name not in app.events or (scope is not None and scope not in app.scopes):
            return False
        # one who leaves or is archived with a channel still hears of that
        told_of_own = name.startswith("member_") or name in ("channel_left", "group_left")
        return channel is None or app.bot_user in channel.members or told_of_own

    def emit(self, event: Json, channel: Channel | None = None) -> str:
        """Sends one event; gives its event_id, empty where the app does not get it."""
        if not self.wanted(event, channel):
            return ""
        if self._over_limit():
            return ""
        wrapped = self.wrap(event, channel)
        self.sent.append(wrapped)
        envelope = Envelope(type=EnvelopeType.EVENT, payload=wrapped)
        copies = 2 if self._faults.befalls(self._faults.duplicate_events) else 1
        for _ in range(copies):
            self._delivery.spawn(self._deliver(envelope, self._faults.hold_back_s()))
        return str(wrapped["event_id"])

    async def _deliver(self, envelope: Envelope, hold_back_s: float) -> None:
        if hold_back_s:
            await self._world.clock.sleep(hold_back_s)
        await self._delivery.with_retries(envelope)

    def wrap(self, event: Json, channel: Channel | None) -> Json:
        """The outer object of an event."""
        world, app = self._world, self._world.app
        event = {**event, "event_ts": event.get("event_ts") or world.new_ts()}
        return {
            "token": app.verification_token,
            "team_id": world.team_id,
            "context_team_id": world.team_id,
            "context_enterprise_id": None,
            "api_app_id": app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": world.new_id("Ev"),
            "event_time": int(world.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": world.team_id,
                    "user_id": app.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": bool(channel and channel.shared_with),
            "event_context": f"4-{world.new_id('')}",
        }

    def _over_limit(self) -> bool:
        now = self._world.clock.now()
        hour, count = self._hour
        self._hour = (hour, count + 1) if hour == int(now // 3600) else (int(now // 3600), 1)
        if self._hour[1] <= self.per_hour:
            return False
        minute = int(now // 60)
        if minute != self._limited_minute:
            self._limited_minute = minute
            told = {
                "token": self._world.app.verification_token,
                "type": "app_rate_limited",
                "team_id": self._world.team_id,
                "minute_rate_limited": minute * 60,
                "api_app_id": self._world.app.app_id,
            }
            self._delivery.spawn(
                self._delivery.with_retries(Envelope(type=EnvelopeType.EVENT, payload=told))
            )
        return True
