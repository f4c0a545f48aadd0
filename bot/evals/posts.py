"""Messages that belong together: each posted once, as far as Slack lets that be known.

What is out is stored in the row that they are of, such as an announcement, by the process that
holds it; before a message is posted again it is looked for by the key in its metadata.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from bot.delivery.recovery import InDoubt, is_late, messages_since, over_at
from bot.rendering.message import Message
from bot.slack_api import RateLimited, Refused, SlackApi, Unsure
from engine.clock import Clock
from engine.storage.announcements import Announcement

EVENT_TYPE = "deskhand_evaluation"
ROOT = "root"


class Lost(Exception):  # not a fault: whoever holds it now goes on
    """What they are of is held by another process, or is over."""


class Held(Protocol):
    """What messages are of."""

    @property
    def id(self) -> str:
        """In the key of each message."""
        ...

    @property
    def channel(self) -> str:
        """Where they are posted."""
        ...

    @property
    def posts(self) -> Mapping[str, Any]:
        """What is out of them, by name."""
        ...


H = TypeVar("H", bound=Held)


class PostStore(Protocol):
    """Where it is stored what is out."""

    async def save_posts(self, held: Any, posts: Mapping[str, Any]) -> bool:
        """Stores what is out; false where `held` is another's now.  Raises: StorageUnavailable."""
        ...


@dataclass(slots=True)
class PostsOf(Generic[H]):
    """Brings messages where they belong.  known: what is out, by the message's name."""

    api: SlackApi
    store: PostStore
    clock: Clock
    held: H
    known: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known = {name: dict(post) for name, post in self.held.posts.items()}

    def ts_of(self, name: str) -> str | None:
        """The message of this name; None where it is not out."""
        ts = self.known.get(name, {}).get("ts")
        return None if ts is None else str(ts)

    async def bring(self, name: str, message: Message, *, broadcast: bool = False) -> None:
        """Makes the message of this name say this: posted where it is not out, else updated.

        All but the root stand in the root's thread. broadcast: shown in the channel too. One that
        somebody removed is not posted again.

        Raises: Lost, InDoubt, RateLimited, Refused, Unsure, StorageUnavailable.
        """
        ts = self.ts_of(name)
        if ts is None:
            ts = await self._post(name, message, broadcast=broadcast)
        elif self.known[name].get("shown") != _digest(message):
            try:
                await self.api.call(
                    "chat.update",
                    channel=self.held.channel,
                    ts=ts,
                    metadata=self._metadata(name),
                    **message.body,
                )
            except Refused as refused:
                if refused.code not in ("message_not_found", "edit_window_closed"):
                    raise
        else:
            return
        await self.save(name, ts=ts, shown=_digest(message), attempted_at=None)

    async def save(self, name: str, **values: Any) -> None:
        """Stores what is known of a message.

        Raises: Lost, StorageUnavailable.
        """
        changed = self.known | {name: {**self.known.get(name, {}), **values}}
        if not await self.store.save_posts(self.held, changed):
            raise Lost
        self.known = changed

    def tried_at(self, name: str) -> datetime | None:
        """When a call that got no answer was begun; None where there is no such call."""
        at = self.known.get(name, {}).get("attempted_at")
        return None if at is None else datetime.fromisoformat(at)

    def over_at(self, tried: datetime) -> datetime:
        """When it is certain that a call begun then does nothing any more."""
        return over_at(tried, self.api.timeout_s)

    async def begin(self, name: str, **values: Any) -> datetime:
        """Notes that a call is begun now whose message can be known by this or by `values`.

        Raises: InDoubt where the note took so long that the call is not to be made; Lost,
        StorageUnavailable.
        """
        began = self.clock()
        await self.save(name, **values, attempted_at=began.isoformat())
        if is_late(began, self.clock(), self.api.timeout_s):
            raise InDoubt(self.over_at(began))
        return began

    async def _post(self, name: str, message: Message, *, broadcast: bool) -> str:
        tried = self.tried_at(name)
        if tried is not None:
            found = await self._look_for(name, tried)
            if found is not None:
                return found
            if self.clock() < self.over_at(tried):
                raise InDoubt(self.over_at(tried))
        began = await self.begin(name)
        try:
            posted = await self.api.call(
                "chat.postMessage",
                channel=self.held.channel,
                thread_ts=None if name == ROOT else self.ts_of(ROOT),
                reply_broadcast=True if broadcast else None,
                unfurl_links=False,
                unfurl_media=False,
                metadata=self._metadata(name),
                **message.body,
            )
        except (RateLimited, Refused):
            await self.save(name, attempted_at=None)
            raise
        except Unsure:
            found = await self._look_for(name, began)
            if found is None:
                raise InDoubt(self.over_at(self.clock())) from None
            return found
        return str(posted["ts"])

    async def _look_for(self, name: str, since: datetime) -> str | None:
        thread_ts = None if name == ROOT else self.ts_of(ROOT)
        found: list[str] = []
        async for message in messages_since(self.api, self.held.channel, thread_ts, since):
            metadata = message.get("metadata") or {}
            key = (metadata.get("event_payload") or {}).get("key")
            if metadata.get("event_type") == EVENT_TYPE and key == self._key(name):
                found.append(str(message["ts"]))
        for twin in found[1:]:  # the first came late, after it was posted again
            await self.api.call("chat.delete", channel=self.held.channel, ts=twin)
        return found[0] if found else None

    def _key(self, name: str) -> str:
        return f"{self.held.id}:{name}"

    def _metadata(self, name: str) -> Mapping[str, Any]:
        return {"event_type": EVENT_TYPE, "event_payload": {"key": self._key(name)}}


Posts = PostsOf[Announcement]
"""Those of an announcement."""


def _digest(message: Message) -> str:
    body = json.dumps(message.body, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:16]
