"""A report's plots, shared in its thread as one message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.delivery.recovery import InDoubt, messages_since
from bot.evals.posts import ROOT, Posts
from bot.rendering.neutral import one_line
from bot.slack_api import RateLimited, Refused, Unsure

_NAME = "pictures"
_MOST_ALT_CHARS = 1000
_MOST = 10


def are_there(pictures: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the files lie on this machine. Blocks."""
    return all(Path(picture["path"]).is_file() for picture in pictures)


async def bring_pictures(posts: Posts, pictures: Sequence[Mapping[str, Any]]) -> None:
    """Shares the pictures (`path`, `alt`) in the announcement's thread, once.

    An upload shows nothing before it is completed; one message then shows all of them, which is
    known by its files, as it can have no metadata.

    Raises: as `Posts.bring`; OSError where a picture cannot be read.
    """
    if not pictures or posts.ts_of(_NAME) is not None:
        return
    tried = posts.tried_at(_NAME)
    if tried is not None:
        if await _is_shared(posts, tried):
            await posts.save(_NAME, ts="shared", attempted_at=None)
            return
        if posts.clock() < posts.over_at(tried):
            raise InDoubt(posts.over_at(tried))
    files = [await _uploaded(posts, picture) for picture in pictures[:_MOST]]
    began = await posts.begin(_NAME, files=[file["id"] for file in files])
    try:
        await posts.api.call(
            "files.completeUploadExternal",
            files=files,
            channel_id=posts.held.channel,
            thread_ts=posts.ts_of(ROOT),
        )
    except (RateLimited, Refused):
        await posts.save(_NAME, attempted_at=None)
        raise
    except Unsure:
        if not await _is_shared(posts, began):
            raise InDoubt(posts.over_at(posts.clock())) from None
    await posts.save(_NAME, ts="shared", attempted_at=None)


async def _uploaded(posts: Posts, picture: Mapping[str, Any]) -> dict[str, str]:
    path = Path(picture["path"])
    content = await asyncio.to_thread(path.read_bytes)
    given = await posts.api.call(
        "files.getUploadURLExternal",
        filename=path.name,
        length=len(content),
        alt_txt=one_line(str(picture["alt"]))[:_MOST_ALT_CHARS],
    )
    await posts.api.upload(str(given["upload_url"]), content)
    return {"id": str(given["file_id"]), "title": path.stem.replace("-", " ").capitalize()}


async def _is_shared(posts: Posts, since: datetime) -> bool:
    wanted = set(posts.known[_NAME].get("files", ()))
    thread_ts = posts.ts_of(ROOT)
    async for message in messages_since(posts.api, posts.held.channel, thread_ts, since):
        if wanted & {str(file.get("id")) for file in message.get("files") or ()}:
            return True
    return False
