"""The files of one channel as a source that the ingestion reads."""

from __future__ import annotations

import asyncio
import concurrent.futures
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from bot.shared_files.address import document_uri, source_uri
from bot.shared_files.shared_file import SharedFile
from bot.slack_api import RateLimited, Refused, SlackFault, Unsure
from engine.containment import citable_url
from engine.errors import DocumentUnreadable
from engine.knowledge.corpus import looks_like_corpus
from engine.knowledge.document import RawDocument
from engine.knowledge.names import document_name
from engine.knowledge.source import Found, Listing, Unreadable

_MOST_WAIT_S = 900.0
"""Past any download's own limit: a loop that has ended answers no more."""

Download = Callable[[SharedFile], Awaitable[bytes]]


@dataclass(slots=True, kw_only=True)
class ChannelListing(Listing):
    """What a channel holds, fetched file by file from the event loop that downloads.

    bad: why files could not be read, by uri, so that nobody fetches them again. tried_at: when a
    file was last fetched or not handed out, by uri, which orders them: where Slack stops a look,
    the next one begins with what this one did not come to. put_off_s: seconds after which Slack may
    be asked again, once it has refused to go on. unanswered: it did not answer. After either the
    rest is not even tried.
    """

    files: dict[str, SharedFile]
    download: Download
    loop: asyncio.AbstractEventLoop
    bad: Mapping[str, str] = field(default_factory=dict)
    tried_at: dict[str, float] = field(default_factory=dict)
    put_off_s: float | None = None
    unanswered: bool = False

    def fetch(self, found: Found, folder: Path, max_bytes: int) -> RawDocument:
        """As every listing; blocking, and never on the event loop."""
        name = found.document.name
        file = self.files[found.uri]
        if self.put_off_s is not None or self.unanswered:
            raise DocumentUnreadable(f"{name} was not fetched yet", retryable=True)
        try:
            content = self._downloaded(file, name)
        finally:
            if self.put_off_s is None:
                self.tried_at[found.uri] = time.monotonic()
        if len(content) > max_bytes:
            raise DocumentUnreadable(_too_large(name, max_bytes))
        target = folder / f"{file.id}{PurePosixPath(file.name).suffix[:12]}"
        target.write_bytes(content)
        if target.suffix.lower() in (".jsonl", ".ndjson") and looks_like_corpus(target):
            target.unlink()
            raise DocumentUnreadable(
                f"{name} is a corpus of JSON lines, which is no document to cite; give it to "
                "`deskhand ingest`"
            )
        stamp = found.document.content_hash
        if not stamp:  # its own words count, and what is shown beside them
            shown = (hashlib.sha256(content).hexdigest(), file.name, file.title, file.permalink)
            stamp = hashlib.sha256(repr(shown).encode()).hexdigest()
        return replace(found.document, path=target, content_hash=stamp)

    def _downloaded(self, file: SharedFile, name: str) -> bytes:
        begun = asyncio.run_coroutine_threadsafe(_started(self.download(file)), self.loop)
        try:
            return begun.result(_MOST_WAIT_S)
        except RateLimited as limited:
            self.put_off_s = max(limited.retry_after_s, 1.0)
            raise DocumentUnreadable(str(limited), retryable=True) from None
        except (Unsure, concurrent.futures.CancelledError, TimeoutError):
            self.unanswered = True
            raise DocumentUnreadable(f"{name} was not fetched yet", retryable=True) from None
        except Refused as refused:
            if refused.code == "file_too_large":
                raise DocumentUnreadable(f"{name} is larger than Slack said it is") from None
            raise DocumentUnreadable(
                f"Slack did not hand out {name} ({refused.code})", retryable=True
            ) from None
        except SlackFault as fault:
            raise DocumentUnreadable(str(fault), retryable=True) from None


def listing_of(
    channel: str,
    files: Sequence[SharedFile],
    *,
    download: Download,
    max_bytes: int,
    bad: Mapping[str, str] | None = None,
    tried_at: dict[str, float] | None = None,
) -> ChannelListing:
    """A channel's listing; call it on the event loop."""
    tried_at = {} if tried_at is None else tried_at
    documents = [file for file in files if file.is_document]
    documents.sort(key=lambda file: tried_at.get(document_uri(channel, file.id), 0.0))
    listing = ChannelListing(
        uri=source_uri(channel),
        items=iter(()),
        ignored=len(files) - len(documents),
        files={document_uri(channel, file.id): file for file in documents},
        download=download,
        bad=bad or {},
        tried_at=tried_at,
        loop=asyncio.get_running_loop(),
    )
    listing.items = _items(listing, max_bytes)
    return listing


def _items(listing: ChannelListing, max_bytes: int) -> Iterator[Found | Unreadable]:
    for uri, file in listing.files.items():
        name = f"{file.id}/{document_name(file.name).replace('/', '_') or 'file'}"
        if file.size > max_bytes:
            yield Unreadable(name=name, uri=uri, reason=_too_large(name, max_bytes))
            continue
        if uri in listing.bad:
            yield Unreadable(name=name, uri=uri, reason=listing.bad[uri])
            continue
        yield Found(
            uri=uri,
            remote_path=file.id,
            document=RawDocument(
                name=name,
                content_hash="" if file.rewritable or file.partial else file.stamp,
                title=document_name(file.title) or None,
                url=citable_url(file.permalink),
                modified_at=file.changed_at,
            ),
        )


def _too_large(name: str, max_bytes: int) -> str:
    return f"{name} is larger than {max_bytes / 2**20:,.4g} MiB; share it in parts"


async def _started(download: Awaitable[bytes]) -> bytes:
    return await download
