"""What Slack says of people, conversations and user groups: remembered for a while, and no longer
than until an event says that it changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any

from bot.access.conversation import Conversation, parse_conversation
from bot.access.people import PersonKind, parse_person
from bot.access.remembered import MonotonicS, Remembered
from bot.slack_api import RateLimited, Refused, SlackApi, SlackFault, Unsure
from engine.errors import DeskhandError

_LASTING_TTL = 10
"""A person's kind changes rarely and Slack tells; whose direct message it is never changes: both
are remembered this many times as long."""
_ONE_BY_ONE = 10
"""People not yet known up to which each is asked for; beyond, the whole directory is read."""
_AT_A_TIME = 5
_PAGE = 500
_MOST_PEOPLE = 50_000
_MOST_IDS = 200_000
"""Ids kept in memory, of members and again of channels."""
_MOST_CONVERSATIONS = 10_000
_MOST_CHANNELS_OF_ONE = 1_000


class FactsUnknown(DeskhandError):
    """Slack does not say, or not now: whoever asked must assume the least rights.

    retry_after_s: when asking again may help; None where that is not known. is_hidden: Slack says
    that the app may see no such thing.
    """

    retryable = True

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, is_hidden: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.is_hidden = is_hidden


class SlackFacts:
    """The facts of one workspace, read through its app.

    ttl_s: how long memberships are remembered where no event says that they changed.
    most_members: conversations with more are not read. team: the workspace's id where it is known,
    so that nothing waits for `auth.test`.

    Raises from every reading: FactsUnknown.
    """

    def __init__(
        self,
        api: SlackApi,
        *,
        ttl_s: float,
        most_members: int,
        team: str = "",
        clock: MonotonicS = time.monotonic,
    ) -> None:
        self._api = api
        self._most_members = most_members
        self._clock = clock
        self._team = team
        self._limited_until: dict[str, float] = {}
        self._turns = asyncio.Semaphore(_AT_A_TIME)
        self._conversations = Remembered[str, Conversation](
            ttl_s=ttl_s, clock=clock, most=_MOST_CONVERSATIONS
        )
        self._dms = Remembered[str, Conversation](
            ttl_s=_LASTING_TTL * ttl_s, clock=clock, most=_MOST_CONVERSATIONS
        )
        self._members = Remembered[str, frozenset[str]](
            ttl_s=ttl_s, clock=clock, most=_MOST_IDS, weight=_size
        )
        self._channels = Remembered[str, frozenset[str]](
            ttl_s=ttl_s, clock=clock, most=_MOST_IDS, weight=_size
        )
        self._groups = Remembered[str, dict[str, frozenset[str]]](ttl_s=ttl_s, clock=clock, most=1)
        self._people = Remembered[str, PersonKind](
            ttl_s=_LASTING_TTL * ttl_s, clock=clock, most=_MOST_PEOPLE
        )
        self._directory = Remembered[str, dict[str, PersonKind]](ttl_s=0, clock=clock, most=0)

    async def team(self) -> str:
        """The id of the app's own workspace."""
        if not self._team:
            self._team = _text(await self._call("auth.test"), "team_id")
        return self._team

    async def conversation(self, channel: str) -> Conversation:
        """What it is; the app need not be in it where it is public."""
        memory = self._dms if channel.startswith("D") else self._conversations
        return await memory.get(channel, lambda: self._read_conversation(channel))

    async def members(self, conversation: Conversation) -> frozenset[str]:
        """Everybody in it, bots and deactivated accounts too."""
        if (conversation.num_members or 0) > self._most_members:
            raise _too_many(conversation.id)
        channel = conversation.id
        return await self._members.get(channel, lambda: self._read_members(channel))

    async def groups(self) -> Mapping[str, frozenset[str]]:
        """Who is in each user group of this workspace that is in use."""
        return await self._groups.get("", self._read_groups)

    async def channels_of(self, user: str) -> frozenset[str]:
        """The channels and group messages somebody is in, of those that the app may know of."""
        return await self._channels.get(user, lambda: self._read_channels(user))

    async def people(self, users: Collection[str]) -> dict[str, PersonKind]:
        """The kind of each of them, UNKNOWN where Slack will not say it."""
        found = {user: kind for user in users if (kind := self._people.peek(user)) is not None}
        missing = [user for user in users if user not in found]
        if len(missing) > _ONE_BY_ONE:
            directory = await self._directory.get("", self._read_directory)
            found.update({user: directory[user] for user in missing if user in directory})
            missing = [user for user in missing if user not in directory]
        if len(missing) > _ONE_BY_ONE:  # no directory lists them
            return found | dict.fromkeys(missing, PersonKind.UNKNOWN)
        kinds = await asyncio.gather(*map(self._person, missing))
        return found | dict(zip(missing, kinds, strict=True))

    def heed(self, event: Mapping[str, Any]) -> None:
        """Forgets what an event says has changed; other events are no concern of it."""
        kind = str(event.get("type", ""))
        if kind in ("tokens_revoked", "app_uninstalled"):
            self.forget_all()
        elif kind.startswith("subteam_"):
            self._groups.forget("")
        elif kind in ("user_change", "team_join"):
            user = _id(event.get("user"))
            self._people.forget(user)
            self._directory.forget("")
            self._channels.forget(user)
            self._groups.forget("")
        elif kind.startswith(("member_", "channel_", "group_")):
            channel = _id(event.get("channel"))
            self._conversations.forget(channel)
            self._dms.forget(channel)
            self._members.forget(channel)
            self._channels.forget(_id(event.get("user")))

    def forget_all(self) -> None:
        """Has everything read anew, as is due after a gap in which events were missed."""
        for memory in self._memories():
            memory.forget_all()

    async def aclose(self) -> None:
        """Ends the readings under way."""
        for memory in self._memories():
            await memory.aclose()

    def _memories(self) -> tuple[Remembered[Any, Any], ...]:
        rooms = (self._conversations, self._dms, self._members, self._channels)
        return (*rooms, self._groups, self._people, self._directory)

    async def _person(self, user: str) -> PersonKind:
        try:
            return await self._people.get(user, lambda: self._read_person(user))
        except FactsUnknown as unknown:
            if unknown.retry_after_s is not None:  # worth waiting for
                raise
            return PersonKind.UNKNOWN

    async def _read_person(self, user: str) -> PersonKind:
        team = await self.team()
        async with self._turns:
            told = await self._call("users.info", user=user)
        person = told.get("user")
        return parse_person(person, team) if isinstance(person, dict) else PersonKind.UNKNOWN

    async def _read_directory(self) -> dict[str, PersonKind]:
        team = await self.team()
        found: dict[str, PersonKind] = {}
        with self._people.reading_many() as keep:
            async for person in self._pages("users.list", "members"):
                if isinstance(person, dict) and isinstance(person.get("id"), str):
                    found[person["id"]] = parse_person(person, team)
                    keep(person["id"], found[person["id"]])
                if len(found) >= _MOST_PEOPLE:
                    break
        return found

    async def _read_conversation(self, channel: str) -> Conversation:
        told = await self._call("conversations.info", channel=channel, include_num_members=True)
        given = told.get("channel")
        parsed = parse_conversation(given) if isinstance(given, dict) else None
        if parsed is None or parsed.id != channel:
            raise FactsUnknown(f"Slack does not say what the conversation {channel} is")
        return parsed

    async def _read_members(self, channel: str) -> frozenset[str]:
        found = set()
        async for user in self._pages("conversations.members", "members", channel=channel):
            found.add(str(user))
            if len(found) > self._most_members:
                raise _too_many(channel)
        return frozenset(found)

    async def _read_channels(self, user: str) -> frozenset[str]:
        found = set()
        kinds = "public_channel,private_channel,mpim"
        async for channel in self._pages("users.conversations", "channels", user=user, types=kinds):
            if isinstance(channel, dict):
                found.add(str(channel.get("id", "")))
            if len(found) >= _MOST_CHANNELS_OF_ONE:  # the others are closed to them
                break
        return frozenset(found)

    async def _read_groups(self) -> dict[str, frozenset[str]]:
        team = await self.team()
        told = await self._call("usergroups.list", include_users=True)
        groups = told.get("usergroups")
        return {
            str(group.get("id", "")): frozenset(map(str, group.get("users") or ()))
            for group in (groups if isinstance(groups, list) else ())
            if isinstance(group, dict)
            and not group.get("date_delete")
            and not group.get("is_external")
            and group.get("team_id") == team
        }

    async def _pages(self, method: str, field: str, **arguments: Any) -> AsyncIterator[Any]:
        """Every item of a method that answers in pages."""
        cursor: str | None = None
        while True:
            told = await self._call(method, limit=_PAGE, cursor=cursor, **arguments)
            items = told.get(field)
            if not isinstance(items, list):
                raise FactsUnknown(f"Slack answered {method} without {field}")
            for item in items:
                yield item
            more = told.get("response_metadata")
            following = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
            if not following:
                return
            if following == cursor:
                raise FactsUnknown(f"Slack answered {method} with the same page again")
            cursor = following

    async def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Reads once, and once more where no answer came; a limited method is left alone."""
        wait_s = self._limited_until.get(method, 0.0) - self._clock()
        if wait_s > 0:
            raise FactsUnknown(f"Slack limits {method}", retry_after_s=wait_s)
        try:
            try:
                return await self._api.call(method, **arguments)
            except Unsure:
                return await self._api.call(method, **arguments)
        except RateLimited as error:
            self._limited_until[method] = self._clock() + error.retry_after_s
            raise FactsUnknown(str(error), retry_after_s=error.retry_after_s) from None
        except Refused as error:
            hidden = error.code == "channel_not_found"
            raise FactsUnknown(str(error), is_hidden=hidden) from None
        except SlackFault as error:
            raise FactsUnknown(str(error), retry_after_s=1.0) from None


def _size(ids: Collection[str]) -> int:
    return len(ids) + 1


def _too_many(channel: str) -> FactsUnknown:
    return FactsUnknown(
        f"the conversation {channel} has more members than DESKHAND_SLACK__MOST_MEMBERS"
    )


def _text(told: Mapping[str, Any], field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not value:
        raise FactsUnknown(f"Slack answered without {field}")
    return value


def _id(given: object) -> str:
    """The id in an event, which names some things and shows others."""
    return str(given.get("id", "") if isinstance(given, Mapping) else given or "")
