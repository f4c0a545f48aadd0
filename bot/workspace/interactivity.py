"""Trigger ids and response addresses: what lets the app answer an interaction, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from bot.workspace.errors import refuse
from bot.workspace.world import World

TRIGGER_LIVES_S = 3.0
RESPONSE_LIVES_S = 30 * 60.0
RESPONSE_USES = 5


@dataclass(slots=True, kw_only=True)
class Trigger:
    """Somebody's act, which allows one view to be opened for them."""

    user: str
    at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseAddress:
    """Where the app may answer an interaction without a token."""

    id: str
    user: str
    channel: str
    thread_ts: str
    message_ts: str
    """The message that was clicked; empty for a command."""
    at: float
    uses: int = 0


class Interactivity:
    """The trigger ids and response addresses that were given out."""

    def __init__(self, world: World) -> None:
        self.trigger_lives_s = TRIGGER_LIVES_S
        self._world = world
        self._triggers: dict[str, Trigger] = {}
        self._addresses: dict[str, ResponseAddress] = {}

    def new_trigger(self, user: str) -> str:
        """A trigger id for what `user` did now."""
        made = f"{self._world.rng.randrange(10**12)}.{self._world.rng.randrange(10**10)}.{user}"
        self._triggers[made] = Trigger(user=user, at=self._world.clock.now())
        return made

    def exchange(self, trigger_id: str) -> str:
        """The user whose trigger this is; it is spent with this.

        Raises:
            SlackError: it never was, is spent, or is older than 3 seconds.
        """
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            refuse("invalid_trigger_id")
        if trigger.used:
            refuse("exchanged_trigger_id")
        if self._world.clock.now() - trigger.at > self.trigger_lives_s:
            refuse("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def new_address(
        self, *, user: str, channel: str, thread_ts: str = "", message_ts: str = ""
    ) -> str:
        """A response_url for an interaction that happened now."""
        key = self._world.new_id("R")
        self._addresses[key] = ResponseAddress(
            id=key,
            user=user,
            channel=channel,
            thread_ts=thread_ts,
            message_ts=message_ts,
            at=self._world.clock.now(),
        )
        return f"{self._world.base_url}/actions/{self._world.team_id}/{key}"

    def use_address(self, key: str) -> ResponseAddress:
        """The address behind a response_url; counts the use.

        Raises:
            SlackError: it never was, was used 5 times, or is older than 30 minutes.
        """
        address = self._addresses.get(key)
        if address is None:
            refuse("invalid_url")
        if self._world.clock.now() - address.at > RESPONSE_LIVES_S:
            refuse("expired_url")
        if address.uses >= RESPONSE_USES:
            refuse("used_url")
        address.uses += 1
        return address
