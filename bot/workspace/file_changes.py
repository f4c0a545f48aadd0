"""What becomes of a file after it was shared, with the events that follow."""

from __future__ import annotations

from bot.workspace.changes import ChangeKind
from bot.workspace.channels import Channel
from bot.workspace.errors import Json
from bot.workspace.files import File
from bot.workspace.messages import Message
from bot.workspace.posting import change
from bot.workspace.slack import Slack


def rewrite_file(slack: Slack, file: File, data: bytes) -> None:
    """Gives a file other content."""
    file.data = data
    file.updated = int(slack.clock.now())
    _tell(slack, file, "file_change")


def retitle_file(slack: Slack, file: File, title: str) -> None:
    """Gives a file another title."""
    file.title = title
    _tell(slack, file, "file_change")


def delete_file(slack: Slack, file: File) -> None:
    """Deletes a file everywhere; its messages stay and show that there was one."""
    place = _place(slack, file)
    file.deleted = True
    _tell(slack, file, "file_deleted", place)


def unshare_file(slack: Slack, channel: Channel, message: Message, file: File) -> None:
    """Takes a file out of a message, which is told as a change of the message alone."""
    before = slack.world.render_message(message)
    message.files.remove(file.id)
    file.shares.remove((channel.id, message.ts))
    change(slack, channel, message, before)


def _tell(slack: Slack, file: File, kind: str, place: Channel | None = None) -> None:
    for channel, ts in file.shares:
        slack.world.changes.tell(ChangeKind.MESSAGE, channel, ts)
    event: Json = {"type": kind, "file_id": file.id}
    if kind != "file_deleted":
        event["file"] = {"id": file.id}
    place = place or _place(slack, file)
    if place is not None:
        slack.events.emit(event, place)


def _place(slack: Slack, file: File) -> Channel | None:
    """A channel with the app through which it hears of the file."""
    world = slack.world
    shared_in = (world.channels[channel] for channel, _ in file.shares)
    return next((c for c in shared_in if world.app.bot_user in c.members), None)
