"""Somebody who writes: messages, replies, edits, reactions, files, and what goes with them."""

from __future__ import annotations

from bot.workspace.channels import Channel, ChannelType
from bot.workspace.errors import Json
from bot.workspace.files import File
from bot.workspace.messages import Message, Streaming
from bot.workspace.people import Person
from bot.workspace.posting import (
    change,
    delete,
    mark_edited,
    mention_event,
    message_event,
    post,
    react,
    share_file,
    tell_message,
    unreact,
)
from bot.workspace.slack import Slack


class Forbidden(Exception):
    """Slack's own clients do not offer this act to this person."""


class Speaker:
    """A person as far as they write; what they do reaches the app."""

    def __init__(self, slack: Slack, person: Person) -> None:
        self.person = person
        self._slack = slack

    @property
    def id(self) -> str:
        """Their user id."""
        return self.person.id

    @property
    def dm(self) -> Channel:
        """Their conversation with the app."""
        bot = self._slack.world.app.bot_user
        channel, _ = self._slack.world.direct_message([self.id, bot])
        return channel

    def say(self, channel: Channel, text: str, *, thread_ts: str = "") -> Message:
        """Writes a message; one that mentions the app in a channel is also an `app_mention`.

        The two events come in an order drawn by chance.

        Raises:
            Forbidden: they are not in the channel, or it is archived.
        """
        self._may_write(channel)
        slack, app = self._slack, self._slack.world.app
        message = post(slack, channel, self.person, text, thread_ts=thread_ts, emit=False)
        events = [message_event(slack, channel, message)]
        if f"<@{app.bot_user}" in text and channel.type is not ChannelType.IM:
            events.append(mention_event(slack, channel, message))
            slack.rng.shuffle(events)
        for event in events:
            slack.events.emit(event, channel)
        return message

    def mention(self, channel: Channel, text: str, *, thread_ts: str = "") -> Message:
        """Writes a message that begins with a mention of the app."""
        mention = f"<@{self._slack.world.app.bot_user}>"
        return self.say(channel, f"{mention} {text}".rstrip(), thread_ts=thread_ts)

    def reply(self, message: Message, text: str) -> Message:
        """Writes into the thread under `message`."""
        channel = self._slack.world.channels[message.channel]
        return self.say(channel, text, thread_ts=message.thread_ts or message.ts)

    def edit(self, message: Message, text: str) -> None:
        """Changes a message of theirs."""
        channel = self._own(message)
        before = self._slack.world.render_message(message)
        message.text = text
        mark_edited(self._slack, message, self.id)
        change(self._slack, channel, message, before)

    def delete(self, message: Message) -> None:
        """Removes a message of theirs."""
        delete(self._slack, self._own(message), message)

    def react(self, message: Message, name: str) -> None:
        """Adds a reaction."""
        channel = self._slack.world.channels[message.channel]
        self._may_write(channel)
        if self.id not in message.reactions.get(name, ()):
            react(self._slack, channel, message, self.id, name)

    def unreact(self, message: Message, name: str) -> None:
        """Takes a reaction back."""
        unreact(self._slack, self._slack.world.channels[message.channel], message, self.id, name)

    def upload(
        self, channel: Channel, name: str, data: bytes, *, text: str = "", thread_ts: str = ""
    ) -> Message:
        """Shares a file."""
        self._may_write(channel)
        file = self.hold(name, data)
        return share_file(self._slack, channel, self.person, [file.id], text, thread_ts)

    def hold(self, name: str, data: bytes) -> File:
        """Uploads a file that stands nowhere yet, as a modal's file input does."""
        world = self._slack.world
        file = File(
            id=world.new_id("F"),
            name=name,
            title=name,
            user=self.id,
            created=int(self._slack.clock.now()),
            team_id=world.team_id,
            data=data,
            uploaded=True,
            complete=True,
        )
        world.files[file.id] = file
        return file

    def share_again(self, channel: Channel, file: File, *, text: str = "") -> Message:
        """Shares a file that is there already."""
        self._may_write(channel)
        return share_file(self._slack, channel, self.person, [file.id], text, "")

    def open_home(self, tab: str = "home") -> None:
        """Opens the app's `home` or `messages` tab."""
        home = self._slack.views.homes.get(self.id)
        event: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.dm.id,
            "tab": tab,
        }
        if tab == "home" and home is not None:
            event["view"] = home.render(self._slack.world)
        self._slack.events.emit(event)

    def stop(self, channel: Channel, thread_ts: str) -> bool:
        """Presses the stop button; False where the app's manifest gives it none.

        What streams in the thread is stopped at once; the session's status stays as it is.
        """
        slack = self._slack
        if "agent_session_stopped" not in slack.world.app.events:
            return False
        streaming = []
        for message in channel.thread(thread_ts):
            slack.streams.refresh(message)
            if message.streaming is Streaming.IN_PROGRESS:
                message.streaming = Streaming.STOPPED_BY_USER
                streaming.append(message.ts)
                tell_message(slack, message)
        event = {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "user": self.id,
            "thread_ts": thread_ts,
            "streaming_message_ts": streaming,
        }
        slack.events.emit(event, channel)
        return True

    def _may_write(self, channel: Channel) -> None:
        if self.person.deleted:
            raise Forbidden(f"{self.person.name} has left")
        if self.id not in channel.members:
            raise Forbidden(f"{self.person.name} is not in {channel.name or channel.id}")
        if channel.archived:
            raise Forbidden(f"{channel.name or channel.id} is archived")

    def _own(self, message: Message) -> Channel:
        if message.user != self.id:
            raise Forbidden(f"the message is not {self.person.name}'s")
        return self._slack.world.channels[message.channel]
