"""What is in the workspace: its people, conversations, files and views, and how to find them."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from bot.workspace.app_config import AppConfig
from bot.workspace.changes import ChangeKind, Changes
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.clock import Clock
from bot.workspace.errors import Json, refuse
from bot.workspace.files import File
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.people import Kind, Person, UserGroup

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class HasId(Protocol):
    """Somebody or something with an id."""

    @property
    def id(self) -> str:
        """Slack's id of it."""


def id_of(given: HasId | str) -> str:
    """The id of what is given as itself or by its id."""
    return given if isinstance(given, str) else given.id


@dataclass(slots=True, kw_only=True)
class AgentSession:
    """What the app said of its work in one conversation."""

    status: str = "active"
    """`active`, `processing`, `suspended` or `closed`."""
    title: str = ""
    text: str = ""
    """The free text of `assistant.threads.setStatus` while it is shown."""
    text_at: float = 0.0
    prompts: list[Json] = field(default_factory=list)
    prompts_title: str = ""


class World:
    """The workspace's state. Everything in it may be read and changed by a test."""

    def __init__(self, *, app: AppConfig, clock: Clock, rng: random.Random) -> None:
        self.app = app
        self.clock = clock
        self.rng = rng
        self.changes = Changes()
        self.base_url = ""
        self.team_id = "T0LOCAL000"
        self.team_name = "Local"
        self.team_domain = "local"
        self.people: dict[str, Person] = {}
        self.groups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.ephemerals: list[Ephemeral] = []
        self.sessions: dict[tuple[str, str], AgentSession] = {}
        """By channel and thread; the thread is empty for what counts for the whole channel."""
        self.token_revoked = False
        self.oauth_codes: set[str] = set()
        self._last_ts_us = 0
        self.add_person(app.name, kind=Kind.BOT, id=app.bot_user, bot_id=app.bot_id)
        self.people[app.bot_user].app_id = app.app_id

    def new_id(self, prefix: str) -> str:
        """A new id, the same in every run with the same seed."""
        return prefix + "".join(self.rng.choices(_LETTERS, k=10))

    def new_ts(self) -> str:
        """The time as a ts, later than every one before."""
        self._last_ts_us = max(self._last_ts_us + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts_us // 1_000_000}.{self._last_ts_us % 1_000_000:06d}"

    def add_person(
        self,
        name: str,
        *,
        kind: Kind = Kind.MEMBER,
        id: str = "",
        team_id: str = "",
        bot_id: str = "",
    ) -> Person:
        """Somebody new; a stranger belongs to another team."""
        other_team = "T0OUTSIDE0" if kind is Kind.STRANGER else self.team_id
        person = Person(
            id=id or self.new_id("U"),
            name=name,
            kind=kind,
            team_id=team_id or other_team,
            email=f"{name}@example.com",
            bot_id=bot_id or (self.new_id("B") if kind is Kind.BOT else ""),
            app_id=self.new_id("A") if kind is Kind.BOT else "",
        )
        self.people[person.id] = person
        self.changes.tell(ChangeKind.PERSON, person.id)
        return person

    def add_group(self, handle: str, users: Iterable[HasId | str], *, id: str = "") -> UserGroup:
        """A new user group."""
        group = UserGroup(
            id=id or self.new_id("S"),
            handle=handle,
            team_id=self.team_id,
            users=[id_of(u) for u in users],
        )
        self.groups[group.id] = group
        return group

    def add_channel(
        self,
        name: str,
        members: Iterable[HasId | str] = (),
        *,
        type: ChannelType = ChannelType.PUBLIC,
        with_bot: bool = True,
        archived: bool = False,
        shared_with: Iterable[str] = (),
        id: str = "",
    ) -> Channel:
        """A new conversation; the app is in it unless `with_bot` is false."""
        ids = [id_of(m) for m in members]
        if with_bot and self.app.bot_user not in ids:
            ids.append(self.app.bot_user)
        prefix = {ChannelType.IM: "D", ChannelType.MPIM: "G"}.get(type, "C")
        channel = Channel(
            id=id or self.new_id(prefix),
            name=name,
            type=type,
            members=ids,
            team_id=self.team_id,
            created=int(self.clock.now()),
            creator=ids[0] if ids else "",
            archived=archived,
            shared_with=tuple(shared_with),
        )
        self.channels[channel.id] = channel
        self.changes.tell(ChangeKind.CHANNEL, channel.id)
        return channel

    def direct_message(self, users: list[str]) -> tuple[Channel, bool]:
        """The conversation of exactly these people, and whether it was there before."""
        kind = ChannelType.IM if len(users) <= 2 else ChannelType.MPIM
        for channel in self.channels.values():
            if channel.type is kind and set(channel.members) == set(users):
                return channel, True
        name = "" if kind is ChannelType.IM else "mpdm-" + "--".join(users) + "-1"
        return self.add_channel(name, users, type=kind, with_bot=False), False

    def find_channel(self, given: str) -> Channel:
        """The channel of this id.

        Raises:
            SlackError: `channel_not_found`, also where the app may not know of it.
        """
        channel = self.channels.get(given)
        if channel is None and given.startswith("#"):
            named = [c for c in self.channels.values() if c.name == given[1:]]
            channel = named[0] if named else None
        if channel is None or channel.deleted:
            refuse("channel_not_found")
        hidden = channel.type is not ChannelType.PUBLIC
        if hidden and self.app.bot_user not in channel.members:
            refuse("channel_not_found")
        return channel

    def find_message(self, channel: Channel, ts: str, error: str = "message_not_found") -> Message:
        """The message of this ts.

        Raises:
            SlackError: `error`.
        """
        message = channel.messages.get(ts)
        if message is None:
            refuse(error)
        return message

    def root_of(self, channel: Channel, thread_ts: str) -> str:
        """The ts under which a reply to `thread_ts` stands."""
        message = channel.messages.get(thread_ts)
        return message.thread_ts if message and message.is_reply else thread_ts

    def is_root(self, channel: Channel, ts: str) -> bool:
        """Whether a thread stands or stood under this ts."""
        return ts in channel.messages or ts in channel.deleted_roots

    def render_message(self, message: Message, *, with_metadata: bool = False) -> Json:
        """A message as the Web API and events show it: with its files, and a root's replies."""
        files = [self.render_file(self.files[f]) for f in message.files]
        shown = message.render(files=files, with_metadata=with_metadata)
        if message.thread_ts and not message.is_reply:
            replies = [m for m in self.channels[message.channel].thread(message.ts) if m.is_reply]
            users = list(dict.fromkeys(m.user for m in replies))
            shown |= {
                "reply_count": len(replies),
                "reply_users_count": len(users),
                "reply_users": users,
                "latest_reply": replies[-1].ts if replies else message.ts,
                "is_locked": False,
                "subscribed": True,
            }
        elif message.is_reply:
            root = self.channels[message.channel].messages.get(message.thread_ts)
            if root:
                shown["parent_user_id"] = root.user
        return shown

    def render_file(self, file: File) -> Json:
        """A file as the Web API and events show it."""
        kinds = (ChannelType.PRIVATE, ChannelType.MPIM)
        private = {c for c, _ in file.shares if self.channels[c].type in kinds}
        return file.render(self.base_url, private)

    def sees_file(self, file: File) -> bool:
        """Whether the app may know of a file: its own, given to it, or standing where it is."""
        bot = self.app.bot_user
        mine = file.submitted or file.user == bot
        return mine or any(bot in self.channels[c].members for c, _ in file.shares)

    def show_ephemeral(self, shown: Ephemeral) -> None:
        """Shows somebody a message that only they see."""
        self.ephemerals.append(shown)
        self.changes.tell(ChangeKind.MESSAGE, shown.channel, shown.ts)

    def drop_ephemerals(self, channel: str, ts: str) -> None:
        """Takes an ephemeral message away."""
        self.ephemerals[:] = [e for e in self.ephemerals if e.ts != ts]
        self.changes.tell(ChangeKind.MESSAGE, channel, ts)

    def session(self, channel: str, thread_ts: str) -> AgentSession:
        """The agent session of a thread, made where there is none."""
        return self.sessions.setdefault((channel, thread_ts), AgentSession())
