"""Files that a person dropped into a conversation, read for one question and forgotten behind it.

They go the way of every document, parsed in a process with limits, and only that person's rights
find them (`user:U...`); so they are ranked, cited and checked like the rest. What a crash leaves is
removed at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import shutil
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.slack_api import RateLimited, Refused, SlackApi, Unsure
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.knowledge.ingest import Ingestion
from engine.knowledge.progress import Progress
from engine.knowledge.source import NOT_DOCUMENTS
from engine.storage.inbox import InboxStore, State
from engine.storage.sources import SourceStore

log = logging.getLogger(__name__)

_UNSAFE = re.compile(r"[^\w.() -]+")
_FOLDER = "attachments"
_MOST_NAME_BYTES = 120
MOST_FILES = 5
"""Files read for one question; parsing and embedding them is done anew each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read, and why, in words for the asker."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What became of the files of a question. names: of those that were read. left_out: how many
    older ones were not looked at."""

    names: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """Reads files for a question. max_bytes: of one file."""

    api: SlackApi
    ingestion: Ingestion
    sources: SourceStore
    inbox: InboxStore
    clock: Clock
    tenant: str
    home: Path
    max_bytes: int

    @asynccontextmanager
    async def read(
        self, question_id: str, files: Sequence[str], *, user: str
    ) -> AsyncIterator[Read]:
        """The files as part of the knowledge that this person finds, until it is left.

        files: ids of Slack's, the newest first; only so many are read. A file that cannot be
        fetched or parsed is named, not raised.

        Raises: RateLimited, StorageUnavailable, IndexUnavailable, ModelUnavailable.
        """
        if not files:
            yield Read()
            return
        folder = self.home.resolve() / _FOLDER / question_id
        try:
            read = await self._read(folder, files[:MOST_FILES], user)
            yield replace(read, left_out=len(files[MOST_FILES:]))
        finally:
            await self._forget(str(folder))

    async def forget_leftovers(self) -> None:
        """Removes what a crash left behind.

        Raises: StorageUnavailable, IndexUnavailable.
        """
        for source in await self.sources.all(self.tenant):
            folder = Path(source.uri.removeprefix("file://"))
            if folder.parent.name != _FOLDER or await self._is_in_use(folder.name):
                continue
            await self.ingestion.forget(source.id)
            if folder.is_relative_to(self.home.resolve()):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _is_in_use(self, question_id: str) -> bool:
        """Whether it is no question's folder, or another replica answers that question now."""
        try:
            uuid.UUID(question_id)
        except ValueError:
            return True
        asked = await self.inbox.get(self.tenant, question_id)
        if asked is None or asked.state is not State.CLAIMED or asked.lease_until is None:
            return False
        return asked.lease_until > self.clock()

    async def _read(self, folder: Path, files: Sequence[str], user: str) -> Read:
        unread: list[Unread] = []
        fetched: list[str] = []
        for file in files:
            name, why = await self._fetch(folder, file, number=len(fetched) + 1)
            if why:
                unread.append(Unread(name=name, reason=why))
            else:
                fetched.append(name)
        if not fetched:
            return Read(unread=tuple(unread))
        summary = await self.ingestion.run(str(folder), (f"user:{user}",), _unwatched)
        failed = {failure.name: failure.reason for failure in summary.failed}
        unread += [Unread(name=name, reason=reason) for name, reason in failed.items()]
        names = [name for name in fetched if not any(name in failing for failing in failed)]
        return Read(names=tuple(names), unread=tuple(unread))

    async def _fetch(self, folder: Path, file: str, *, number: int) -> tuple[str, str]:
        """Its name, and why it could not be fetched; empty where it was."""
        name = "a file"
        try:
            answer = await self.api.call("files.info", file=file)
            info = answer.get("file")
            if not isinstance(info, dict):
                return name, "Slack does not show it"
            name = _file_name(str(info.get("name") or ""))
            if Path(name).suffix.lower() in NOT_DOCUMENTS:
                return name, "it is no document"
            url = info.get("url_private_download") or info.get("url_private")
            if not isinstance(url, str):
                return name, "Slack holds no content of it"
            if int(info.get("size") or 0) > self.max_bytes:
                return name, f"it is larger than {self.max_bytes // 2**20} MiB"
            content = await self.api.download(url, max_bytes=self.max_bytes)
        except RateLimited:
            raise
        except (Refused, Unsure) as fault:
            log.warning("a file could not be fetched: %s", fault)
            return name, "Slack did not hand it out"
        if (folder / name).exists():
            name = f"{number} {name}"
        try:
            await asyncio.to_thread(_write, folder / name, content)
        except OSError as error:
            log.warning("a file could not be kept: %s", error.strerror)
            return name, "there is no room for it here"
        return name, ""

    async def _forget(self, folder: str) -> None:
        """What fails here stays only that person's, and goes at the next start."""
        with contextlib.suppress(OSError):
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        try:
            for source in await self.sources.all(self.tenant):
                if source.uri.removeprefix("file://") == folder:
                    await asyncio.shield(self.ingestion.forget(source.id))
        except DeskhandError as error:
            log.warning("files of a question were not forgotten yet: %s", error)


def _file_name(given: str) -> str:
    """A name that every file system takes, with the ending that says what the file is."""
    name = _UNSAFE.sub("_", given).lstrip(".") or "file"
    stem, suffix = Path(name).stem, Path(name).suffix[:16]
    return stem.encode()[:_MOST_NAME_BYTES].decode(errors="ignore") + suffix


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)


def _unwatched(_: Progress) -> None:
    return None
