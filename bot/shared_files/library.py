"""Makes the documents of a channel equal to the files that Slack lists in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.access.audience import document_tag
from bot.shared_files.listing import channel_of, document_uri, listing_of, source_uri
from bot.shared_files.shared_file import SharedFile, parse_file
from bot.shared_files.telling import Telling, Untold
from bot.slack_api import Refused, SlackApi
from engine.knowledge.ingest import Ingestion
from engine.knowledge.progress import Progress, Summary
from engine.storage.sources import Failure, SourceStore

log = logging.getLogger(__name__)

_PAGE = 200
_KINDS = "public_channel,private_channel"
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible"})
_NO_BYTES = "no_content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A look at a channel. ids: of all its files. again_in_s: when what is left can be had.

    failed: what could not be read and is to be told of.
    """

    ids: frozenset[str]
    again_in_s: float | None
    failed: tuple[Untold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The documents of channels. max_bytes, download_s: of one file."""

    api: SlackApi
    ingestion: Ingestion
    sources: SourceStore
    telling: Telling
    tenant: str
    bot_user: str
    max_bytes: int
    download_s: float

    async def kept(self) -> list[str]:
        """The channels of which documents, or the memory of some, are there.

        Raises: StorageUnavailable.
        """
        uris = (source.uri for source in await self.sources.all(self.tenant))
        return [channel for uri in uris if (channel := channel_of(uri))]

    async def joined(self) -> frozenset[str]:
        """The channels that the bot is in and that are not archived.

        Raises: RateLimited, Refused, Unsure.
        """
        found: set[str] = set()
        cursor: str | None = None
        while True:
            page = await self.api.call(
                "users.conversations",
                types=_KINDS,
                exclude_archived=True,
                limit=_PAGE,
                cursor=cursor,
            )
            listed = [c for c in page.get("channels") or () if isinstance(c, dict)]
            found.update(str(c["id"]) for c in listed if c.get("id") and not c.get("is_archived"))
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return frozenset(found)

    async def look(self, channel: str, named: Collection[str] = ()) -> Looked:
        """Reads what is new in a channel and removes what is gone.

        named: files that events told of, of which each is asked for by itself: Slack's list may
        lag behind.

        Raises: RateLimited, Refused, Unsure, IndexUnavailable, StorageUnavailable,
            ModelUnavailable; what was published by then is kept.
        """
        files = {file.id: file async for file in self._listed(channel)}
        for file_id in {*named, *(file.id for file in files.values() if file.partial)}:
            file = await self._file(file_id)
            if file is not None and channel in file.channels:
                files[file_id] = file
            else:
                files.pop(file_id, None)
        shown = [file for file in files.values() if file.user != self.bot_user]
        uris = {document_uri(channel, file.id) for file in shown if file.is_document}
        prefix = document_uri(channel, "")  # first what is gone: reading may take long
        await self.ingestion.drop(lambda uri: uri.startswith(prefix) and uri not in uris)
        listing = listing_of(channel, shown, download=self._download, max_bytes=self.max_bytes)
        before = await self._failures(source_uri(channel))
        summary = await self.ingestion.run_listed(listing, (document_tag(channel),), _unwatched)
        _report(channel, summary)
        new = [
            (listing.files[failure.uri], failure)
            for failure in summary.failed
            if failure.uri in listing.files
            and failure.uri not in listing.untold
            and before.get(failure.uri) != failure.reason
        ]
        return Looked(
            ids=frozenset(files),
            again_in_s=listing.put_off_s,
            failed=self.telling.wanted(channel, new),
        )

    async def forget(self, channel: str) -> None:
        """Removes a channel with all its documents.

        Raises: IndexUnavailable, StorageUnavailable.
        """
        for source in await self.sources.all(self.tenant):
            if source.uri == source_uri(channel):
                done = await self.ingestion.forget(source.id)
                log.info("%d shared files of %s are documents no more", done.removed, channel)

    async def drop(self, file: str) -> None:
        """Removes a deleted file from every channel, ahead of the next look.

        Raises: IndexUnavailable, StorageUnavailable.
        """
        uris = {document_uri(channel, file) for channel in await self.kept()}
        await self.ingestion.drop(lambda uri: uri in uris)

    async def _failures(self, uri: str) -> dict[str, str]:
        for source in await self.sources.all(self.tenant):
            if source.uri == uri:
                return _reasons(await self.sources.failures(self.tenant, source.id))
        return {}

    async def _listed(self, channel: str) -> AsyncIterator[SharedFile]:
        number = 1
        while True:
            page = await self.api.call("files.list", channel=channel, count=_PAGE, page=number)
            for told in page.get("files") or ():
                file = parse_file(told) if isinstance(told, dict) else None
                if file is not None:
                    yield replace(file, channels=file.channels | {channel})
            paging = page.get("paging")
            pages = paging.get("pages") if isinstance(paging, dict) else None
            if not isinstance(pages, int) or number >= pages:
                return
            number += 1

    async def _file(self, file: str) -> SharedFile | None:
        """The file as it is now; None where it is gone."""
        try:
            told: Any = (await self.api.call("files.info", file=file)).get("file")
        except Refused as refused:
            if refused.code in _GONE:
                return None
            raise
        return parse_file(told) if isinstance(told, dict) else None

    async def _download(self, file: SharedFile) -> bytes:
        if file.url is None:
            raise Refused("file download", _NO_BYTES)
        return await self.api.download(
            file.url,
            max_bytes=self.max_bytes,
            timeout_s=self.download_s,
            page_bytes=file.size if file.mimetype == "text/html" else None,
        )


def _reasons(failures: Iterable[Failure]) -> dict[str, str]:
    return {failure.uri: failure.reason for failure in failures}


def _report(channel: str, summary: Summary) -> None:
    if summary.added or summary.changed or summary.removed or summary.failed:
        log.info(
            "shared files of %s: %d added, %d changed, %d removed, %d not read",
            channel,
            summary.added,
            summary.changed,
            summary.removed,
            len(summary.failed),
        )


def _unwatched(_: Progress) -> None:
    return None
