"""The port behind which a file's bytes become Markdown pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.knowledge.document import ParsedDocument, RawDocument

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseLimits:
    """What one document may cost; past a limit it is refused with a sentence that says so.

    max_bytes: largest file read, in bytes; checked before anything is read.
    max_text_chars: most text taken from one document, in characters.
    timeout_s: longest time for one document, in seconds.
    memory_bytes: memory of a parsing process, in bytes.
    max_inflated_bytes: most that the parts of a zip-based file (DOCX, XLSX, PPTX) may hold
        together when inflated, in bytes.
    max_inflate_ratio: most that one part of at least 1 MiB may grow when inflated.
    documents_per_process: after so many documents a parsing process is replaced by a fresh one.
    """

    max_bytes: int = 50 * _MIB
    max_text_chars: int = 20_000_000
    timeout_s: float = 60.0
    memory_bytes: int = 2048 * _MIB
    max_inflated_bytes: int = 400 * _MIB
    max_inflate_ratio: int = 300
    documents_per_process: int = 500


class Parser(Protocol):
    """Turns a document's bytes or text into Markdown pages; nothing in it blocks the loop.

    version: part of the fingerprint and of content hashes; changes whenever the same bytes
        would give other Markdown.
    """

    version: str

    async def parse(self, document: RawDocument) -> ParsedDocument:
        """The document as pages; safe to call from many tasks at once.

        Raises: DocumentUnreadable, with one sentence that names the document and what to do.
        """
        ...

    async def aclose(self) -> None:
        """Ends the processes and frees what they hold; idempotent."""
        ...
