"""Who would have been pinged: an account of every live mention that was posted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.workspace.channels import Channel
from bot.workspace.messages import Message
from bot.workspace.people import Kind
from bot.workspace.world import World

_TOKEN = re.compile(
    r"<!(?P<broadcast>channel|here|everyone)(?:\|[^>]*)?>"
    r"|<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^>]*)?>"
)
_BARE = re.compile(r"(?<![\w&])@(?P<broadcast>channel|here|everyone)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """One live mention in one message."""

    channel: str
    ts: str
    by: str
    """The author's user id."""
    kind: str
    """`channel`, `here`, `everyone`, `user` or `subteam`."""
    target: str
    """The id of the user or group; of a broadcast, its kind."""
    people: tuple[str, ...]
    """Who would have been notified, the author and bots left out."""


def live_texts(value: Any) -> Iterator[str]:
    """Every text in blocks or attachments in which Slack resolves mentions.

    Plain text objects have none; a rich text's mentions are elements, given here as tokens.
    """
    if isinstance(value, list):
        for item in value:
            yield from live_texts(item)
        return
    if not isinstance(value, dict):
        return
    kind = value.get("type")
    if kind in ("plain_text", "image"):
        return
    if kind == "user" and "user_id" in value:
        yield f"<@{value['user_id']}>"
    elif kind == "usergroup":
        yield f"<!subteam^{value.get('usergroup_id')}>"
    elif kind == "broadcast":
        yield f"<!{value.get('range')}>"
    elif kind in ("mrkdwn", "markdown", "markdown_text"):
        yield str(value.get("text", ""))
    elif kind is None:  # an attachment
        for key in ("text", "pretext", "fallback", "title"):
            if isinstance(value.get(key), str):
                yield value[key]
        for row in value.get("fields") or ():
            if isinstance(row, dict):
                yield str(row.get("value", ""))
    for key, inside in value.items():
        if isinstance(inside, list | dict) and not (kind is None and key == "fields"):
            yield from live_texts(inside)


def mentions(text: str, *, link_names: bool = False) -> Iterator[tuple[str, str]]:
    """The live mentions of a text as (kind, target).

    `link_names` makes a bare @channel live, as `link_names` and `parse=full` do.
    """
    for found in _TOKEN.finditer(text):
        if found["broadcast"]:
            yield found["broadcast"], found["broadcast"]
        elif found["user"]:
            yield "user", found["user"]
        else:
            yield "subteam", found["group"]
    if link_names:
        for found in _BARE.finditer(text):
            yield found["broadcast"], found["broadcast"]


def pings_of(
    world: World, channel: Channel, message: Message, *, link_names: bool = False
) -> list[Ping]:
    """The account of one message as it stands; each target once."""
    texts = [message.text, *live_texts(message.blocks), *live_texts(message.attachments)]
    found = dict.fromkeys(m for text in texts for m in mentions(text, link_names=link_names))
    return [
        Ping(
            channel=channel.id,
            ts=message.ts,
            by=message.user,
            kind=kind,
            target=target,
            people=_notified(world, channel, message.user, kind, target),
        )
        for kind, target in found
    ]


def _notified(
    world: World, channel: Channel, author: str, kind: str, target: str
) -> tuple[str, ...]:
    if kind == "user":
        reached = [target] if target in world.people else []
    elif kind == "subteam":
        reached = world.groups[target].users if target in world.groups else []
    else:
        reached = channel.members
    return tuple(
        user
        for user in dict.fromkeys(reached)
        if user != author and user in world.people and world.people[user].kind is not Kind.BOT
    )
