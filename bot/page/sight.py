"""What one person sees of the workspace, as the page's JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.delivery.recovery import EVENT_TYPE
from bot.page.cast import Part
from bot.page.remembered import Remembered
from bot.workspace import LocalWorkspace
from bot.workspace.assistant_methods import STATUS_SHOWN_S, shown_status
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.files import File
from bot.workspace.messages import Ephemeral, Message
from bot.workspace.people import Kind, Person
from bot.workspace.world import AgentSession

Json = dict[str, Any]
EXPLAINED = ("answer", "card", "human", "outcome")
"""Kinds of the bot's messages that a Trace stands behind."""
MOST_UNREAD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One person's eyes. parts: what people are in the demo, by id."""

    workspace: LocalWorkspace
    viewer: Person
    parts: Mapping[str, Part]
    remembered: Remembered

    # --- who and where

    def may_see(self, channel: Channel) -> bool:
        """Whether they are in the channel."""
        return self.viewer.id in channel.members and not channel.deleted

    def channels(self) -> Iterator[Channel]:
        """The channels of their side bar: channels, then the app's conversation, then others."""
        app = self.workspace.world.app.bot_user
        seen = [c for c in self.workspace.world.channels.values() if self.may_see(c)]
        ims = (ChannelType.IM, ChannelType.MPIM)
        yield from (c for c in seen if c.type not in ims)
        yield from (c for c in seen if c.type in ims and app in c.members)
        yield from (c for c in seen if c.type in ims and app not in c.members)

    def people(self) -> list[Json]:
        """Everybody who can be seen or acted as, the app last."""
        shown = [self.person(p) for p in self.workspace.world.people.values()]
        return sorted(shown, key=lambda person: bool(person["is_bot"]))

    def person(self, person: Person) -> Json:
        """One person."""
        part = self.parts.get(person.id)
        rendered = person.render(with_email=False)
        bot = person.kind is Kind.BOT
        return {
            "id": person.id,
            "name": person.name,
            "real_name": person.name if bot else rendered["profile"]["real_name"],
            "kind": person.kind.value,
            "role": "bot" if bot else part.role if part else "member",
            "about": part.about if part else "",
            "is_bot": bot,
            "deleted": person.deleted,
            "outsider": person.outsider,
            "team": person.team_id,
            "can_act": not bot and not person.deleted,
        }

    def channel(self, channel: Channel) -> Json:
        """One channel that they see."""
        others = [m for m in channel.members if m != self.viewer.id]
        im = channel.type is ChannelType.IM
        return {
            "id": channel.id,
            "name": "" if im else channel.name,
            "type": channel.type.value,
            "topic": channel.topic,
            "members": list(channel.members),
            "archived": channel.archived,
            "shared": bool(channel.shared_with),
            "has_app": self.workspace.world.app.bot_user in channel.members,
            "with": others[0] if im and others else None,
            "unread": self._unread(channel),
            "latest": next(reversed(channel.messages), ""),
        }

    def _unread(self, channel: Channel) -> int:
        read = self.remembered.read.get((self.viewer.id, channel.id), "")
        count = 0
        for ts in reversed(channel.messages):
            if ts <= read or count == MOST_UNREAD:
                break
            count += channel.messages[ts].user != self.viewer.id
        return count

    # --- messages

    def roots(self, channel: Channel, before: str, limit: int) -> tuple[list[Json], bool]:
        """The last messages of a channel before a ts, oldest first, and whether there are more."""
        gone = [_tombstone(channel, ts) for ts in channel.deleted_roots]
        mine = [e for e in self._ephemerals(channel) if not e.thread_ts]
        beside: list[Any] = [*gone, *mine]
        stands = (m for m in reversed(channel.messages.values()) if not m.is_reply or m.broadcast)
        return self._page(stands, beside, before, limit)

    def replies(
        self, channel: Channel, root: str, before: str, limit: int
    ) -> tuple[list[Json], bool]:
        """The last replies under a root, as `roots` gives messages."""
        stands = (m for m in reversed(channel.thread(root)) if m.is_reply)
        beside: list[Any] = [e for e in self._ephemerals(channel) if e.thread_ts == root]
        return self._page(stands, beside, before, limit)

    def _page(
        self, stands: Iterator[Message], beside: list[Any], before: str, limit: int
    ) -> tuple[list[Json], bool]:
        found: list[Any] = []
        for message in stands:
            if before and message.ts >= before:
                continue
            found.append(message)
            if len(found) > limit:
                break
        found += [m for m in beside if not before or m.ts < before]
        found.sort(key=lambda m: m.ts)
        shown = found[-limit:]
        return [self._shown(m) for m in shown], len(found) > limit

    def message_at(self, channel: Channel, ts: str) -> Json | None:
        """What stands at a ts for this viewer; None for nothing."""
        message = channel.messages.get(ts)
        if message is not None:
            return self.message(message)
        if ts in channel.deleted_roots:
            return self.message(_tombstone(channel, ts), deleted=True)
        hidden = next((e for e in self._ephemerals(channel) if e.ts == ts), None)
        return None if hidden is None else self.ephemeral(hidden)

    def _shown(self, message: Message | Ephemeral) -> Json:
        if isinstance(message, Ephemeral):
            return self.ephemeral(message)
        channel = self.workspace.world.channels[message.channel]
        return self.message(message, deleted=message.ts not in channel.messages)

    def message(self, message: Message, *, deleted: bool = False) -> Json:
        """A message of a channel they are in."""
        self.workspace.slack.streams.refresh(message)
        shown = self.workspace.world.render_message(message)
        for file in shown.get("files", ()):
            if "name" in file:
                file["page_url"] = f"/api/files/{file['id']}/{file['name']}"
        metadata = message.metadata or {}
        key = str(metadata.get("event_payload", {}).get("key", ""))
        explained = metadata.get("event_type") == EVENT_TYPE and _kind_of(key) in EXPLAINED
        return shown | {
            "channel": message.channel,
            "streaming": message.streaming.value if message.streaming else None,
            "broadcast": message.broadcast,
            "in_thread": message.is_reply,
            "ephemeral": False,
            "deleted": deleted,
            "mine": message.user == self.viewer.id and not deleted,
            "explains": explained,
            "my_feedback": self._feedback(message),
        }

    def _feedback(self, message: Message) -> Json:
        pressed = self.remembered.feedback
        return dict(pressed.get((self.viewer.id, message.channel, message.ts), {}))

    def ephemeral(self, shown: Ephemeral) -> Json:
        """A message that only they see."""
        app = self.workspace.world.app
        thread = {"thread_ts": shown.thread_ts} if shown.thread_ts else {}
        return {
            "type": "message",
            "user": app.bot_user,
            "bot_id": app.bot_id,
            "app_id": app.app_id,
            "team": self.workspace.world.team_id,
            "ts": shown.ts,
            "text": shown.text,
            "blocks": shown.blocks,
            **thread,
            "channel": shown.channel,
            "streaming": None,
            "broadcast": False,
            "in_thread": bool(shown.thread_ts),
            "ephemeral": True,
            "deleted": False,
            "mine": False,
            "explains": False,
            "my_feedback": {},
        }

    def ephemeral_at(self, channel: Channel, ts: str) -> Ephemeral | None:
        """An ephemeral message that they were shown."""
        return next((e for e in self._ephemerals(channel) if e.ts == ts), None)

    def _ephemerals(self, channel: Channel) -> Iterator[Ephemeral]:
        shown = self.workspace.world.ephemerals
        return (e for e in shown if e.channel == channel.id and e.user == self.viewer.id)

    # --- what the app says of its work, views, files

    def session(self, channel: str, thread_ts: str) -> Json:
        """What the app says of its work in a thread."""
        world = self.workspace.world
        session = world.sessions.get((channel, thread_ts)) or AgentSession()
        text = shown_status(self.workspace.slack, channel, thread_ts)
        return {
            "channel": channel,
            "thread_ts": thread_ts,
            "text": text,
            "until": session.text_at + STATUS_SHOWN_S if text else 0.0,
            "session": session.status,
            "title": session.title,
        }

    def sessions(self) -> list[Json]:
        """Those that say something now, of channels they are in."""
        world = self.workspace.world
        told = [
            self.session(channel, thread_ts)
            for channel, thread_ts in list(world.sessions)
            if self.may_see(world.channels[channel])
        ]
        return [s for s in told if s["text"] or s["title"] or s["session"] == "processing"]

    def prompts(self, channel: str) -> Json:
        """The prompts that the app suggests in a conversation."""
        session = self.workspace.world.sessions.get((channel, "")) or AgentSession()
        return {"channel": channel, "title": session.prompts_title, "prompts": session.prompts}

    def all_prompts(self) -> list[Json]:
        """Those of every conversation they are in."""
        return [p for c in self.channels() if (p := self.prompts(c.id))["prompts"]]

    def modals(self) -> list[Json]:
        """What they have open, the topmost last."""
        world = self.workspace.world
        return [v.render(world) for v in self.workspace.slack.views.stack(self.viewer.id)]

    def home(self) -> Json | None:
        """The app's home tab as it was published for them."""
        home = self.workspace.home(self.viewer)
        return None if home is None else home.render(self.workspace.world)

    def may_open(self, file: File) -> bool:
        """Whether they may read a file: it is theirs, or stands where they are."""
        channels = self.workspace.world.channels
        shared = any(self.may_see(channels[channel]) for channel, _ in file.shares)
        return not file.deleted and (file.user == self.viewer.id or shared)


def _kind_of(key: str) -> str:
    parts = key.rsplit(":", 2)
    return parts[1] if len(parts) == 3 else ""


def _tombstone(channel: Channel, ts: str) -> Message:
    """A root that was deleted under its replies."""
    return Message(channel=channel.id, ts=ts, user="", text="", team=channel.team_id, thread_ts=ts)
