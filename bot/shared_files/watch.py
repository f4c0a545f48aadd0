"""When channels are looked at: at the start, when events or a gap say so, and from time to time.

One look at a time, in a task of its own, so that answers never wait for it. What is due is kept in
memory alone: everything is due at a start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from bot.aside import Aside
from bot.shared_files.library import Library
from bot.shared_files.telling import Untold
from bot.slack_api import RateLimited
from engine.errors import DeskhandError
from engine.fault_place import place

log = logging.getLogger(__name__)

_ALL, _TELL = "all channels", "telling"
"""What may be due beside a channel, whose id is all capitals."""
_EVERY_S = 3600.0
_PAUSE_S = 5.0
_MOST_PAUSE_S = 600.0
LEAST_GAP_S = 3.0
"""What a shorter one lost, Slack delivers again."""
_FILE_EVENTS = frozenset({"file_shared", "file_change", "file_deleted", "file_unshared"})
_PLACE_EVENTS = frozenset(
    {
        f"{kind}_{what}"
        for kind in ("channel", "group")
        for what in ("archive", "unarchive", "deleted", "left")
    }
)
_MEMBER_EVENTS = frozenset({"member_joined_channel", "member_left_channel"})
_MOST_UNTOLD = 100


class SharedFilesWatch:
    """Keeps the documents of `channels` equal to the files there, while it runs.

    every_s: how often all are looked at without a reason.
    """

    def __init__(
        self,
        library: Library,
        channels: Sequence[str],
        aside: Aside,
        *,
        every_s: float = _EVERY_S,
    ) -> None:
        self._library = library
        self.channels = frozenset(channels)
        self._aside = aside
        self._every_s = every_s
        self._due: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._pauses: dict[str, float] = {}
        self._named: dict[str, set[str]] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._absent: set[str] = set()
        self._untold: deque[Untold] = deque(maxlen=_MOST_UNTOLD)
        self._doing = ""
        self._woken = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins with a look at everything."""
        self.look_at_all()
        self._running = asyncio.create_task(self._run(), name="deskhand-shared-files")

    async def aclose(self) -> None:
        """Stops; a look under way is given up, and made again at the next start. Idempotent."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    @property
    def runs(self) -> bool:
        """Whether it was started, and not stopped since."""
        return self._running is not None

    @property
    def at_rest(self) -> bool:
        """Whether nothing is done and nothing is to be done now."""
        now = asyncio.get_running_loop().time()
        return not self._doing and all(at > now for at in self._due.values())

    def look_at_all(self) -> None:
        """Events may have been lost."""
        self._soon(_ALL)

    async def on_connected(self, gap_s: float) -> None:
        """A connection stands again; what was shared meanwhile was told to nobody."""
        if gap_s >= LEAST_GAP_S:
            self.look_at_all()

    def heed(self, event: Mapping[str, Any]) -> None:
        """Notes what an event says is to be looked at; returns at once."""
        kind = event.get("type")
        if not self.channels or not isinstance(kind, str):
            return
        if kind in _FILE_EVENTS:
            self._heed_file(kind, event)
        elif kind in _PLACE_EVENTS or kind in _MEMBER_EVENTS:
            if _text(event, "channel") in self.channels and (
                kind in _PLACE_EVENTS or _text(event, "user") == self._library.bot_user
            ):
                self.look_at_all()
        elif kind == "message" and _text(event, "channel") in self.channels:
            files = {file for said in _messages(event) for file in _files(said)}
            if files:
                self._name(_text(event, "channel"), files)

    def _heed_file(self, kind: str, event: Mapping[str, Any]) -> None:
        told = event.get("file")
        file = _text(event, "file_id") or (_text(told, "id") if isinstance(told, Mapping) else "")
        if not file:
            return
        if kind == "file_shared":
            if _text(event, "channel_id") in self.channels:
                self._name(_text(event, "channel_id"), {file})
            return
        holding = [channel for channel in self.channels if self._may_hold(channel, file)]
        for channel in holding:
            self._name(channel, {file})
        if holding and kind == "file_deleted":
            self._aside.begin(self._library.drop(file), "a deleted file is still a document")

    def _may_hold(self, channel: str, file: str) -> bool:
        """Whether a file stood in a channel at the last look, or may since."""
        if channel == self._doing or channel not in self._ids:
            return True
        return file in self._ids[channel] or file in self._named.get(channel, ())

    def _name(self, channel: str, files: set[str]) -> None:
        self._named.setdefault(channel, set()).update(files)
        self._soon(_ALL if channel in self._absent else channel)

    def _later(self, what: str, in_s: float) -> None:
        """Not before, whatever events come in meanwhile."""
        self._held[what] = asyncio.get_running_loop().time() + in_s
        self._due.pop(what, None)
        self._soon(what)

    def _soon(self, what: str, *, in_s: float = 0.0) -> None:
        at = max(asyncio.get_running_loop().time() + in_s, self._held.get(what, 0.0))
        self._due[what] = min(at, self._due.get(what, at))
        self._woken.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._woken.clear()
            next_at = min(self._due.values(), default=loop.time() + self._every_s)
            if next_at > loop.time():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(next_at):
                        await self._woken.wait()
                continue
            what = min(self._due, key=lambda what: (self._due[what], what != _ALL))
            del self._due[what]
            self._doing = what
            await self._guarded(what)
            self._doing = ""

    async def _guarded(self, what: str) -> None:
        try:
            await self._do(what)
            self._pauses.pop(what, None)
            return
        except RateLimited as limited:
            log.info("shared files wait %.0f s: %s", limited.retry_after_s, limited)
            self._later(what, max(1.0, limited.retry_after_s))
            return
        except DeskhandError as error:
            log.warning("shared files were not looked at, it is tried again: %s", error)
        except Exception as error:  # the loop outlives it
            log.error("shared files failed: %s at %s", type(error).__name__, place(error))
        self._later(what, self._pause_s(what))

    def _pause_s(self, after: str) -> float:
        """Grows each time, until it is forgotten."""
        pause_s = self._pauses.get(after, _PAUSE_S)
        self._pauses[after] = min(2 * pause_s, _MOST_PAUSE_S)
        return pause_s

    async def _do(self, what: str) -> None:
        if what == _ALL:
            await self._look_at_all()
        elif what == _TELL:
            await self._tell()
        else:
            await self._look(what)

    async def _look_at_all(self) -> None:
        for channel in await self._library.kept():
            if channel not in self.channels:
                await self._library.forget(channel)
        if not self.channels:
            return
        self._library.begin_anew()
        absent = self.channels - await self._library.joined()
        for channel in sorted(absent):
            if channel not in self._absent:
                log.warning(
                    "%s is to give documents, but is archived or without the bot: invite it, or "
                    "mend DESKHAND_SLACK__KNOWLEDGE_CHANNELS",
                    channel,
                )
            await self._library.forget(channel)
            self._ids[channel] = frozenset()
            self._named.pop(channel, None)
        self._absent = set(absent)
        for channel in sorted(self.channels - absent):
            self._soon(channel)
        self._soon(_ALL, in_s=self._every_s)

    async def _look(self, channel: str) -> None:
        if channel in self._absent:
            return
        named = self._named.pop(channel, set())
        try:
            looked = await self._library.look(channel, named)
        except BaseException:
            self._named.setdefault(channel, set()).update(named)
            raise
        self._ids[channel] = looked.ids
        self._untold.extend(looked.untold)
        if self._untold:
            self._soon(_TELL)
        unanswered = f"downloads of {channel}"
        if not looked.unanswered:
            self._pauses.pop(unanswered, None)
        if looked.put_off_s is not None:
            self._later(channel, looked.put_off_s)
        elif looked.unanswered:  # no reason to hold up what an event tells of
            self._soon(channel, in_s=self._pause_s(unanswered))
        elif looked.again_in_s is not None:
            self._soon(channel, in_s=looked.again_in_s)

    async def _tell(self) -> None:
        while self._untold:
            await self._library.telling.tell(self._untold[0])
            self._untold.popleft()


def concise(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """What `heed` needs of an event, which is ids alone; None where it needs nothing of it."""
    kind = event.get("type")
    said = {
        name: _text(event, name) for name in ("type", "channel", "channel_id", "file_id", "user")
    }
    if kind in _FILE_EVENTS:
        told = event.get("file")
        if not said["file_id"] and isinstance(told, Mapping):
            said["file_id"] = _text(told, "id")
        return said
    if kind in _PLACE_EVENTS or kind in _MEMBER_EVENTS:
        return said
    files = sorted({file for said in _messages(event) for file in _files(said)})
    return {**said, "files": [{"id": file} for file in files]} if files else None


def _messages(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The message of an event, and what it was before."""
    inner = [event.get("message"), event.get("previous_message")]
    return [event, *(said for said in inner if isinstance(said, Mapping))]


def _files(said: Mapping[str, Any]) -> list[str]:
    files = said.get("files")
    listed = files if isinstance(files, list) else []
    return [_text(file, "id") for file in listed if isinstance(file, Mapping) and file.get("id")]


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""
