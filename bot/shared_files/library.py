"""Makes the documents of a channel equal to the files that Slack lists in it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.access.audience import document_tag
from bot.shared_files.address import channel_of, document_uri, source_uri
from bot.shared_files.bad_files import BadFiles
from bot.shared_files.listing import listing_of
from bot.shared_files.shared_file import SharedFile, parse_file
from bot.shared_files.telling import Telling, Untold
from bot.slack_api import RateLimited, Refused, SlackApi
from engine.knowledge.ingest import Ingestion
from engine.knowledge.progress import Progress, Summary
from engine.storage.sources import Failure, SourceStore
from engine.trust import Trust

log = logging.getLogger(__name__)

_PAGE = 200
_KINDS = "public_channel,private_channel"
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible"})
_NO_BYTES = "no_content"
_AGAIN_S = 600.0
"""After a failure that may pass, such as a parser that is down."""
_MOST_NAMED = 20
_MOST_TOLD = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A look at a channel. ids: of all its files. untold: what is to be told of.

    put_off_s: until when Slack gives nothing more. unanswered: a file was not handed out without
    a word, which ended the look. again_in_s: when what failed may be readable.
    """

    ids: frozenset[str]
    put_off_s: float | None
    unanswered: bool
    again_in_s: float | None
    untold: tuple[Untold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The documents of channels. max_bytes, download_s: of one file.

    told: what files.info said of files of which the list says little, so that a look that Slack
    refuses to finish is further the next time. tried_at: see `ChannelListing`.
    """

    api: SlackApi
    ingestion: Ingestion
    sources: SourceStore
    telling: Telling
    tenant: str
    bot_user: str
    max_bytes: int
    download_s: float
    bad: BadFiles = field(default_factory=BadFiles)
    told: dict[str, SharedFile] = field(default_factory=dict)
    tried_at: dict[str, float] = field(default_factory=dict)

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
        files = await self._files(channel, named)
        shown = [file for file in files.values() if file.user != self.bot_user]
        documents = {document_uri(channel, f.id): f for f in shown if f.is_document}
        prefix = document_uri(channel, "")  # first what is gone: reading may take long
        await self.ingestion.drop(lambda uri: uri.startswith(prefix) and uri not in documents)
        for uri in [u for u in self.tried_at if u.startswith(prefix) and u not in documents]:
            del self.tried_at[uri]
        listing = listing_of(
            channel,
            shown,
            download=self._download,
            max_bytes=self.max_bytes,
            bad=self.bad.of(documents),
            tried_at=self.tried_at,
        )
        before = await self._failures(source_uri(channel))
        summary = await self.ingestion.run_listed(
            listing, (document_tag(channel),), _unwatched, Trust.OPEN
        )
        await self._hold_reasons(source_uri(channel), summary.failed, before)
        _report(channel, summary)
        lasting = [f for f in summary.failed if not f.retryable and f.uri in documents]
        self.bad.note(documents, lasting)
        new = [(documents[f.uri], f) for f in lasting if before.get(f.uri) != f.reason]
        warned = [(documents[w.uri], w) for w in summary.warnings if w.uri in documents]
        passing = any(failure.retryable for failure in summary.failed)
        return Looked(
            ids=frozenset(files),
            put_off_s=listing.put_off_s,
            unanswered=listing.unanswered,
            again_in_s=_AGAIN_S if passing else None,
            untold=self.telling.wanted(channel, new) + self.telling.warned(channel, warned),
        )

    async def _files(self, channel: str, named: Collection[str]) -> dict[str, SharedFile]:
        """What stands in a channel, by id. Of many that are named, those that are listed are taken
        as they are listed, as Slack takes 100 such calls a minute."""
        files = {file.id: file async for file in self._listed(channel)}
        many = len(named) > _MOST_NAMED
        doubtful = [file for file in named if not (many and file in files)][:_MOST_NAMED]
        for file_id in doubtful:
            self.told.pop(file_id, None)
        partial = [file.id for file in files.values() if file.partial]
        for file_id in dict.fromkeys([*doubtful, *partial]):
            file = self.told.get(file_id) or await self._file(file_id)
            if file is None or (file_id in doubtful and channel not in file.channels):
                files.pop(file_id, None)
                continue
            files[file_id] = file
            if file_id in partial and len(self.told) < _MOST_TOLD:
                self.told[file_id] = file
        return files

    def begin_anew(self) -> None:
        """Trusts no more in what was found out about files: its news may have been lost."""
        self.bad.clear()
        self.told.clear()

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

    async def _hold_reasons(
        self, uri: str, failed: Sequence[Failure], before: Mapping[str, str]
    ) -> None:
        """What was known of a file that could not even be fetched now stays known, so that nobody
        is told of it a second time."""
        held = [
            replace(f, reason=before[f.uri]) if f.retryable and f.uri in before else f
            for f in failed
        ]
        if _reasons(held) == _reasons(failed):
            return
        for source in await self.sources.all(self.tenant):
            if source.uri == uri:
                await self.sources.finish(self.tenant, source.id, held, at=self.ingestion.clock())

    async def _listed(self, channel: str) -> AsyncIterator[SharedFile]:
        number = 1
        while True:
            try:
                page = await self.api.call("files.list", channel=channel, count=_PAGE, page=number)
            except RateLimited as limited:
                if number == 1:
                    raise
                await asyncio.sleep(max(1.0, limited.retry_after_s))  # else a long one never ends
                continue
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
