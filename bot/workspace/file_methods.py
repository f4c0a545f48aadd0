"""files.*: uploading in three steps, and what is known of a file."""

from __future__ import annotations

from bot.workspace.arguments import Arguments
from bot.workspace.blocks import require_blocks
from bot.workspace.chat_methods import thread_argument, writable_channel
from bot.workspace.errors import Json, invalid_arguments, refuse
from bot.workspace.files import File
from bot.workspace.posting import share_file
from bot.workspace.slack import Slack

MOST_ALT_CHARS = 1000


def get_upload_url(slack: Slack, args: Arguments) -> Json:
    """files.getUploadURLExternal."""
    length = args.number("length", 0)
    if length <= 0:
        raise invalid_arguments("must be greater than 0 [json-pointer:/length]")
    if len(args.text("alt_txt")) > MOST_ALT_CHARS:
        refuse("alt_txt_too_large")
    world = slack.world
    file = File(
        id=world.new_id("F"),
        name=args.text("filename"),
        title=args.text("filename"),
        user=world.app.bot_user,
        created=int(slack.clock.now()),
        team_id=world.team_id,
        declared_length=length,
        alt_txt=args.text("alt_txt"),
    )
    world.files[file.id] = file
    return {"upload_url": f"{world.base_url}/upload/v1/{file.id}", "file_id": file.id}


def complete_upload(slack: Slack, args: Arguments) -> Json:
    """files.completeUploadExternal."""
    world = slack.world
    listed = args.json("files")
    if not isinstance(listed, list) or not listed:
        raise invalid_arguments("must be a list of files [json-pointer:/files]")
    files: list[File] = []
    for row in listed:
        file = world.files.get(str(row.get("id"))) if isinstance(row, dict) else None
        if file is None or file.complete or not file.uploaded:
            refuse("file_not_found")
        file.title = str(row.get("title") or file.name)
        files.append(file)
    comment = args.text("initial_comment")
    blocks = None if comment else require_blocks(args.json("blocks", "invalid_blocks"))
    targets = [args.text("channel_id")] if args.has("channel_id") else args.words("channels")
    for target in targets:
        channel = writable_channel(slack, target)
        thread_ts = thread_argument(slack, channel, args)
        share_file(
            slack,
            channel,
            world.people[world.app.bot_user],
            [f.id for f in files],
            comment,
            thread_ts,
            blocks=blocks,
        )
    for file in files:
        file.complete = True
    return {"files": [world.render_file(f) for f in files]}


def file_info(slack: Slack, args: Arguments) -> Json:
    """files.info."""
    world = slack.world
    file = world.files.get(args.text("file"))
    if file is None or not file.complete:
        refuse("file_not_found")
    if file.deleted:
        refuse("file_deleted")
    if not world.sees_file(file):
        refuse("file_not_found")
    return {"file": world.render_file(file), "comments": [], "response_metadata": {}}


def list_files(slack: Slack, args: Arguments) -> Json:
    """files.list: of those that the app may know of, the newest first, in numbered pages."""
    world = slack.world
    channel, user = args.text("channel"), args.text("user")
    found = [
        file
        for file in world.files.values()
        if file.complete
        and not file.deleted
        and world.sees_file(file)
        and (not user or file.user == user)
        and (not channel or _stands_where_the_app_is(slack, file, channel))
    ]
    found.sort(key=lambda file: (file.created, file.id), reverse=True)
    count, number = max(1, args.number("count", 100)), max(1, args.number("page", 1))
    start = (number - 1) * count
    return {
        "files": [world.render_file(file) for file in found[start : start + count]],
        "paging": {
            "count": count,
            "total": len(found),
            "page": number,
            "pages": -(-len(found) // count),
        },
    }


def _stands_where_the_app_is(slack: Slack, file: File, channel: str) -> bool:
    here = slack.world.channels.get(channel)
    member = here is not None and slack.world.app.bot_user in here.members
    return member and any(c == channel for c, _ in file.shares)


METHODS = {
    "files.getUploadURLExternal": get_upload_url,
    "files.completeUploadExternal": complete_upload,
    "files.info": file_info,
    "files.list": list_files,
}
