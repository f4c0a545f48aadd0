"""Parsing PDF and office files by the Unstructured API, hosted or one's own."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING

from engine.adapters.document_formats import DocumentFormat, detect_format, library_media_type
from engine.adapters.document_reading import check_file, finished, short_name
from engine.adapters.unstructured_elements import Element, elements_to_pages, parse_elements
from engine.adapters.unstructured_faults import explain
from engine.errors import DocumentUnreadable
from engine.knowledge.document import ParsedDocument, RawDocument
from engine.knowledge.parser import ParseLimits, Parser
from engine.knowledge.title import TitleSource
from engine.server_address import server_of
from engine.settings import UnstructuredSettings

if TYPE_CHECKING:
    from unstructured_client import UnstructuredClient

_READER_VERSION = "1"
"""Changes whenever the same elements would give other Markdown."""

_SENT = frozenset(
    {
        DocumentFormat.PDF,
        DocumentFormat.DOCX,
        DocumentFormat.PPTX,
        DocumentFormat.XLSX,
        DocumentFormat.OFFICE,
    }
)
_HOSTED = "api.unstructuredapp.io"
_FIRST_PAUSE_MS = 500
_LONGEST_PAUSE_MS = 8_000
_LIMITED_ATTEMPTS = 3
_LONGEST_RETRY_AFTER_S = 60.0


class UnstructuredParser:
    """The port `engine.knowledge.parser.Parser`: PDF and office files go to the API, all else
    (Markdown, text, HTML, CSV, e-mail, rows of a corpus) is read on this machine, since it gains
    nothing there.

    A file that the API refuses is not read otherwise in silence: it fails, with the reason.

    local: reads what is not sent; closed by whoever made it.
    retry_for_s: how long an API that fails is tried again for one request.

    Raises: SettingsInvalid for an address that is none.
    """

    def __init__(
        self,
        settings: UnstructuredSettings,
        limits: ParseLimits,
        *,
        local: Parser,
        retry_for_s: float = 20.0,
    ) -> None:
        parts = f"{_READER_VERSION}|{settings.strategy}|{local.version}"
        self.version = f"u{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
        self._settings = settings
        self._limits = limits
        self._local = local
        self._retry_for_s = retry_for_s
        self._secret = settings.api_key.get_secret_value() if settings.api_key else None
        url = settings.url
        self._server = server_of(url, "UNSTRUCTURED_API_URL") if url else _HOSTED
        self._client: asyncio.Task[UnstructuredClient] | None = None
        self._closed = False

    async def parse(self, document: RawDocument) -> ParsedDocument:
        """The document as pages.

        Raises: DocumentUnreadable, retryable when the API was at fault; ParserUnavailable when it
            refuses the key, and so every document.
        """
        if document.path is None:
            return await self._local.parse(document)
        name = short_name(document.name)
        await asyncio.to_thread(check_file, document.path, name, self._limits)
        kind = await asyncio.to_thread(
            detect_format, document.name, document.path, document.media_type
        )
        if kind not in _SENT:
            return await self._local.parse(document)
        content = await asyncio.to_thread(document.path.read_bytes)
        elements = await self._partition(content, name, library_media_type(kind, document.name))
        return await asyncio.to_thread(self._finished, document, kind, elements)

    async def aclose(self) -> None:
        """Closes the connections to the API; idempotent."""
        self._closed = True
        task, self._client = self._client, None
        if task is not None:
            held = (await task).sdk_configuration
            if held.async_client is not None:
                await held.async_client.aclose()
            if held.client is not None:
                held.client.close()

    def _finished(
        self, document: RawDocument, kind: DocumentFormat, elements: list[Element]
    ) -> ParsedDocument:
        return finished(
            name=document.name,
            pages=elements_to_pages(elements),
            front_matter={},
            given_title=document.title,
            metadata_title="",
            limits=self._limits,
            is_scan=False,
            titled_by=(
                TitleSource.NO_HEADING
                if kind is DocumentFormat.XLSX
                else TitleSource.OPENING_HEADING
            ),
        )

    async def _partition(self, content: bytes, name: str, media_type: str) -> list[Element]:
        attempt = 1
        while True:
            client = await self._opened()
            try:
                async with asyncio.timeout(self._settings.timeout_s):
                    return parse_elements(await self._ask(client, content, name, media_type))
            except Exception as error:
                fault = explain(
                    error,
                    document=name,
                    server=self._server,
                    secret=self._secret,
                    waited_s=self._settings.timeout_s,
                )
                pause_s = _retry_after_s(error) if attempt < _LIMITED_ATTEMPTS else None
            if pause_s is None:
                raise fault
            await asyncio.sleep(pause_s)
            attempt += 1

    async def _ask(
        self, client: UnstructuredClient, content: bytes, name: str, media_type: str
    ) -> object:
        from unstructured_client.models import operations, shared

        answer = await client.general.partition_async(
            request=operations.PartitionRequest(
                partition_parameters=shared.PartitionParameters(
                    files=shared.Files(content=content, file_name=name, content_type=media_type),
                    strategy=shared.Strategy(self._settings.strategy),
                    unique_element_ids=False,
                    split_pdf_page=True,
                    split_pdf_allow_failed=False,
                    split_pdf_concurrency_level=self._settings.parallel_pages,
                )
            )
        )
        return answer.elements

    async def _opened(self) -> UnstructuredClient:
        if self._closed:
            raise DocumentUnreadable("The parser is closed", retryable=True)
        if self._client is None:
            # In a thread: importing the client takes a second.
            self._client = asyncio.create_task(asyncio.to_thread(self._make_client))
        return await asyncio.shield(self._client)

    def _make_client(self) -> UnstructuredClient:
        from unstructured_client import UnstructuredClient
        from unstructured_client.utils import BackoffStrategy, RetryConfig

        retry_for_ms = max(1, int(self._retry_for_s * 1000))
        backoff = BackoffStrategy(
            _FIRST_PAUSE_MS,
            _LONGEST_PAUSE_MS,
            2.0,
            retry_for_ms,
            absolute_max_elapsed_time_ms=retry_for_ms,
        )
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        client = UnstructuredClient(
            api_key_auth=self._secret,
            server_url=self._settings.url,
            retry_config=RetryConfig("backoff", backoff, True),
            timeout_ms=int(self._settings.timeout_s * 1000),
        )
        # The client sets the whole program's logging up for itself, and logs names of documents.
        for handler in [handler for handler in root.handlers if handler not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)
        logging.getLogger("unstructured-client").setLevel(logging.CRITICAL)
        return client


def _retry_after_s(error: Exception) -> float | None:
    """How long to wait before asking again; None when it should not be asked again.

    The client itself tries again what fails with 5xx or on the way.
    """
    if getattr(error, "status_code", None) != 429:
        return None
    try:
        wanted_s = float(getattr(error, "headers", {}).get("Retry-After") or 1.0)
    except ValueError:
        wanted_s = 1.0
    return wanted_s if 0 <= wanted_s <= _LONGEST_RETRY_AFTER_S else None
