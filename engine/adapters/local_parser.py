"""Parsing on this machine, in child processes that a document may crash or hang."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from engine.adapters.document_reading import (
    FileToRead,
    check_file,
    check_size,
    read_text,
    short_name,
)
from engine.adapters.parse_frames import parse_document, render_request
from engine.adapters.parse_process import ParseProcess, ProcessEnded, worker_command
from engine.errors import DocumentEmpty, DocumentUnreadable
from engine.knowledge.document import ParsedDocument, RawDocument
from engine.knowledge.parser import ParseLimits

_READER_VERSION = "3"
"""Changes whenever the same bytes would give other Markdown."""

_SHORT_TEXT_CHARS = 20_000
_MIB = 1024 * 1024


class LocalParser:
    """Reads Markdown, text, HTML, CSV, JSON and e-mail itself, PDF and office files through
    kreuzberg; files in child processes, the text of a corpus's row in a thread.

    limits: what one document may cost.
    workers: how many processes may read at once; they start when needed and are reused.
    command: starts a process; another than the default is for tests.
    """

    def __init__(
        self,
        limits: ParseLimits | None = None,
        *,
        workers: int = 1,
        command: Sequence[str] | None = None,
    ) -> None:
        self.version = f"{_READER_VERSION}.{metadata.version('kreuzberg')}"
        self._limits = limits or ParseLimits()
        self._command = tuple(command or worker_command(self._limits.memory_bytes))
        self._slots: asyncio.LifoQueue[ParseProcess | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._slots.put_nowait(None)
        self._running: set[ParseProcess] = set()
        self._closed = False

    async def parse(self, document: RawDocument) -> ParsedDocument:
        """The document as pages.

        Raises: DocumentUnreadable.
        """
        if document.path is None:
            return await self._parse_text(document, document.text or "")
        file = FileToRead(
            path=document.path,
            name=document.name,
            media_type=document.media_type,
            title=document.title,
        )
        await asyncio.to_thread(check_file, document.path, short_name(document.name), self._limits)
        process = await self._slots.get()
        keep = False
        try:
            if self._closed:
                raise DocumentUnreadable("The parser is closed", retryable=True)
            if process is None:
                process = await self._start()
            reply = await self._ask(process, file)
            keep = process.served < self._limits.documents_per_process
        finally:
            if process is not None and not keep:
                await self._end(process)
                process = None
            self._slots.put_nowait(process)
        if "unreadable" in reply:
            kind = DocumentEmpty if reply.get("empty") else DocumentUnreadable
            raise kind(str(reply["unreadable"]))
        return parse_document(reply["document"])

    async def aclose(self) -> None:
        """Ends the processes; a document being read is given up. Idempotent."""
        self._closed = True
        for process in tuple(self._running):
            await self._end(process)

    async def _parse_text(self, document: RawDocument, text: str) -> ParsedDocument:
        name = short_name(document.name)
        if not text.strip():
            raise DocumentEmpty(f"{name} is empty")
        check_size(name, len(text), self._limits)
        if len(text) <= _SHORT_TEXT_CHARS:
            return read_text(document.name, text, title=document.title, limits=self._limits)
        return await asyncio.to_thread(
            read_text, document.name, text, title=document.title, limits=self._limits
        )

    async def _start(self) -> ParseProcess:
        try:
            process = await ParseProcess.start(self._command)
        except (ProcessEnded, OSError) as error:
            raise DocumentUnreadable(
                "the parsing process does not start; free some memory and run the same command "
                "again",
                retryable=True,
            ) from error
        self._running.add(process)
        return process

    async def _end(self, process: ParseProcess) -> None:
        self._running.discard(process)
        await process.end()

    async def _ask(self, process: ParseProcess, file: FileToRead) -> dict[str, Any]:
        """The process's reply: a document, or why there is none.

        Raises: DocumentUnreadable if the process may not be asked again.
        """
        name = short_name(file.name)
        limits = self._limits
        try:
            async with asyncio.timeout(limits.timeout_s):
                reply = await process.ask(render_request(file, limits))
        except TimeoutError:
            raise DocumentUnreadable(
                f"{name} took longer than {limits.timeout_s:g} s to read; "
                "split it, or raise DESKHAND_PARSE__TIMEOUT_S"
            ) from None
        except ProcessEnded as error:
            if "memory" in error.last_words.lower():
                raise DocumentUnreadable(_too_much_memory(name, limits)) from None
            raise DocumentUnreadable(
                f"{name} cannot be read: the parser crashed on it; "
                "save it again or in another format and ingest that"
            ) from None
        if "out_of_memory" in reply:
            raise DocumentUnreadable(_too_much_memory(name, limits))
        return reply


def _too_much_memory(name: str, limits: ParseLimits) -> str:
    return (
        f"{name} needs more memory than the {limits.memory_bytes / _MIB:,.0f} MiB allowed; "
        "split it, or raise DESKHAND_PARSE__MEMORY_BYTES"
    )
