"""Who and what a test puts into the workspace, and changes in it."""

from __future__ import annotations

from collections.abc import Iterable

from bot.workspace.actor import Actor
from bot.workspace.changes import ChangeKind
from bot.workspace.channels import Channel, ChannelType
from bot.workspace.file_changes import delete_file, retitle_file, rewrite_file, unshare_file
from bot.workspace.files import File
from bot.workspace.messages import Message
from bot.workspace.people import Kind, UserGroup
from bot.workspace.slack import Slack
from bot.workspace.world import HasId, World, id_of


class Stage:
    """People join and leave; channels, groups and memberships are made and changed."""

    slack: Slack

    @property
    def world(self) -> World:
        """The state: people, channels, files, views."""
        return self.slack.world

    def join(self, name: str, kind: Kind = Kind.MEMBER) -> Actor:
        """Somebody new, who can act."""
        return Actor(self.slack, self.world.add_person(name, kind=kind))

    def actor(self, person: HasId | str) -> Actor:
        """Somebody who is there, as one who can act."""
        return Actor(self.slack, self.world.people[id_of(person)])

    def leave(self, person: HasId | str) -> None:
        """Deactivates somebody's account; they stay in `users.info` as deleted."""
        gone = self.world.people[id_of(person)]
        gone.deleted = True
        for channel in self.world.channels.values():
            if gone.id in channel.members and channel.type is not ChannelType.IM:
                channel.members.remove(gone.id)
                self._changed(channel)
        self.world.changes.tell(ChangeKind.PERSON, gone.id)
        self.slack.events.emit({"type": "user_change", "user": gone.render()})

    def become(self, person: HasId | str, kind: Kind) -> None:
        """Makes somebody a guest, a member or an administrator and tells the app."""
        changed = self.world.people[id_of(person)]
        changed.kind = kind
        self.world.changes.tell(ChangeKind.PERSON, changed.id)
        self.slack.events.emit({"type": "user_change", "user": changed.render()})

    def public(self, name: str, *members: HasId | str, with_bot: bool = True) -> Channel:
        """A new public channel; the app is in it unless `with_bot` is false."""
        return self.world.add_channel(name, members, with_bot=with_bot)

    def private(self, name: str, *members: HasId | str, with_bot: bool = True) -> Channel:
        """A new private channel."""
        kind = ChannelType.PRIVATE
        return self.world.add_channel(name, members, type=kind, with_bot=with_bot)

    def shared(self, name: str, *members: HasId | str) -> Channel:
        """A new public channel that another team shares through Slack Connect."""
        return self.world.add_channel(name, members, shared_with=("T0OUTSIDE0",))

    def group_dm(self, *members: HasId | str) -> Channel:
        """The direct message of these people and the app."""
        bot = self.world.app.bot_user
        return self.world.direct_message([*(id_of(m) for m in members), bot])[0]

    def usergroup(self, handle: str, members: Iterable[HasId | str]) -> UserGroup:
        """A new user group."""
        return self.world.add_group(handle, members)

    def set_members(self, group: UserGroup, members: Iterable[HasId | str]) -> None:
        """Changes who is in a group and tells the app."""
        group.users = [id_of(m) for m in members]
        event = {
            "type": "subteam_updated",
            "subteam": group.render(with_users=True, with_count=True),
        }
        self.slack.events.emit(event)

    def invite(self, channel: Channel, person: HasId | str) -> None:
        """Adds somebody to a channel, the app too, and tells the app."""
        channel.members.append(id_of(person))
        self._changed(channel)
        self._membership("member_joined_channel", channel, id_of(person))

    def remove(self, channel: Channel, person: HasId | str) -> None:
        """Takes somebody out of a channel, the app too, and tells the app."""
        channel.members.remove(id_of(person))
        self._changed(channel)
        self._membership("member_left_channel", channel, id_of(person))
        if id_of(person) == self.world.app.bot_user:
            prefix = "group" if channel.type is ChannelType.PRIVATE else "channel"
            self.slack.events.emit({"type": f"{prefix}_left", "channel": channel.id}, channel)

    def archive(self, channel: Channel) -> None:
        """Archives a channel and tells the app."""
        channel.archived = True
        self._changed(channel)
        prefix = "group" if channel.type is ChannelType.PRIVATE else "channel"
        self.slack.events.emit({"type": f"{prefix}_archive", "channel": channel.id}, channel)

    def unarchive(self, channel: Channel) -> None:
        """Opens an archived channel again and tells the app."""
        channel.archived = False
        self._changed(channel)
        prefix = "group" if channel.type is ChannelType.PRIVATE else "channel"
        self.slack.events.emit({"type": f"{prefix}_unarchive", "channel": channel.id}, channel)

    def share(self, channel: Channel, *teams: str) -> None:
        """Has other teams share a channel through Slack Connect, or none, and tells the app."""
        before, channel.shared_with = channel.shared_with, teams
        channel.pending_shared = False
        self._changed(channel)
        for kind, changed in (("channel_shared", teams), ("channel_unshared", before)):
            for team in set(changed) - set(before if kind == "channel_shared" else teams):
                event = {"type": kind, "connected_team_id": team, "channel": channel.id}
                self.slack.events.emit(event, channel)

    def delete_channel(self, channel: Channel) -> None:
        """Deletes a channel for good and tells the app."""
        channel.deleted = True
        self._changed(channel)
        self.slack.events.emit({"type": "channel_deleted", "channel": channel.id}, channel)

    def rename(self, channel: Channel, name: str) -> None:
        """Renames a channel and tells the app; its id stays."""
        channel.name = name
        self._changed(channel)
        prefix = "group" if channel.type is ChannelType.PRIVATE else "channel"
        told = {"id": channel.id, "name": name, "created": channel.created}
        self.slack.events.emit({"type": f"{prefix}_rename", "channel": told}, channel)

    def revoke_tokens(self) -> None:
        """Revokes the bot token and tells the app: `tokens_revoked`, then `app_uninstalled`."""
        self.world.token_revoked = True
        bots = {"oauth": [], "bot": [self.world.app.bot_user]}
        self.slack.events.emit({"type": "tokens_revoked", "tokens": bots})
        self.slack.events.emit({"type": "app_uninstalled"})

    def file_of(self, message: Message) -> File:
        """The first file of a message."""
        return self.world.files[message.files[0]]

    def rewrite(self, file: File, data: bytes) -> None:
        """Gives a file other content and tells the app."""
        rewrite_file(self.slack, file, data)

    def retitle(self, file: File, title: str) -> None:
        """Gives a file another title and tells the app."""
        retitle_file(self.slack, file, title)

    def delete_file(self, file: File) -> None:
        """Deletes a file everywhere and tells the app."""
        delete_file(self.slack, file)

    def unshare(self, message: Message) -> None:
        """Takes the first file out of a message and tells the app of the message's change."""
        channel = self.world.channels[message.channel]
        unshare_file(self.slack, channel, message, self.file_of(message))

    def _changed(self, channel: Channel) -> None:
        self.world.changes.tell(ChangeKind.CHANNEL, channel.id)

    def _membership(self, kind: str, channel: Channel, user: str) -> None:
        letter = "G" if channel.type is ChannelType.PRIVATE else "C"
        team = self.world.team_id
        event = {
            "type": kind,
            "user": user,
            "channel": channel.id,
            "channel_type": letter,
            "team": team,
        }
        self.slack.events.emit(event, channel)
