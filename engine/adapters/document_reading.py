"""A file -> a parsed document, with every reason why not as one sentence. Runs in the child."""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.adapters.document_formats import (
    DocumentFormat,
    detect_format,
    is_ole,
    is_zip,
    library_media_type,
    suffix_of,
)
from engine.adapters.hidden_office import without_hidden_text
from engine.adapters.kreuzberg_reader import LibraryRefused, read_with_kreuzberg
from engine.errors import DocumentEmpty, DocumentUnreadable
from engine.knowledge.archive_checks import ArchiveRefused, check_archive, declares_entities
from engine.knowledge.decode import clean_text, decode_text
from engine.knowledge.document import Hidden, Page, ParsedDocument
from engine.knowledge.email_text import email_to_markdown
from engine.knowledge.front_matter import split_front_matter
from engine.knowledge.grid import grid_to_markdown
from engine.knowledge.hidden import summed, without_unseen
from engine.knowledge.hidden_html import without_hidden
from engine.knowledge.html_page import page_to_markdown
from engine.knowledge.json_text import json_to_markdown
from engine.knowledge.names import spoken_name
from engine.knowledge.parser import ParseLimits
from engine.knowledge.plain_text import looks_like_markdown, plain_text_to_markdown
from engine.knowledge.title import TitleSource, title_from_name, title_heading
from engine.readable import readable

_MIB = 1024 * 1024
_CUE = re.compile(r"^(?:WEBVTT.*|NOTE.*|STYLE.*|\d+|(?:\d+:)?\d\d:\d\d[.,]\d{3} -->.*)$", re.M)
_CUE_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,200}>|<[\d:.]+>")
_LIBRARY = (
    DocumentFormat.PDF,
    DocumentFormat.DOCX,
    DocumentFormat.PPTX,
    DocumentFormat.XLSX,
    DocumentFormat.OFFICE,
)


_TITLED_BY = {
    DocumentFormat.PDF: TitleSource.OPENING_HEADING,
    DocumentFormat.PPTX: TitleSource.OPENING_HEADING,
    DocumentFormat.DOCX: TitleSource.OPENING_HEADING,
    DocumentFormat.XLSX: TitleSource.NO_HEADING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileToRead:
    """A file and what its source says of it.

    name: the document's name, for its ending and for sentences about it.
    media_type, title: from the source; None where it says nothing.
    """

    path: Path
    name: str
    media_type: str | None = None
    title: str | None = None


def read_file(file: FileToRead, limits: ParseLimits) -> ParsedDocument:
    """The document as pages.

    Raises: DocumentUnreadable.
    """
    name = short_name(file.name)
    try:
        size = file.path.stat().st_size
        check_size(name, size, limits)
        kind = detect_format(file.name, file.path, file.media_type)
        if kind is DocumentFormat.UNSUPPORTED:
            raise DocumentUnreadable(f"{name} is not a kind of file that Deskhand reads")
        if kind in _LIBRARY:
            title, pages, hidden = _read_office(file, kind, name, limits)
            front_matter: dict[str, object] = {}
        else:
            data = file.path.read_bytes()
            check_size(name, len(data), limits)
            title, markdown, front_matter, hidden = _read_text(data, kind, file.name, name)
            pages = [Page(markdown=markdown)]
    except OSError as error:
        why = error.strerror or "the system refuses it"
        raise DocumentUnreadable(f"{name} cannot be opened: {why}") from error
    return finished(
        name=file.name,
        pages=pages,
        front_matter=front_matter,
        given_title=file.title,
        metadata_title=title,
        limits=limits,
        hidden=hidden,
        is_scan=kind is DocumentFormat.PDF,
        titled_by=_TITLED_BY.get(kind, TitleSource.TOP_HEADING),
    )


def read_text(name: str, text: str, *, title: str | None, limits: ParseLimits) -> ParsedDocument:
    """The text of a corpus's row, Markdown or plain, as a document.

    Raises: DocumentUnreadable if it is empty or too long.
    """
    front_matter, body = split_front_matter(clean_text(text), name=short_name(name))
    markdown, hidden = _as_markdown(body)
    return finished(
        name=name,
        pages=[Page(markdown=markdown)],
        front_matter=front_matter,
        given_title=title,
        metadata_title="",
        limits=limits,
        hidden=hidden,
        titled_by=TitleSource.OPENING_HEADING,
        stem_is_title=False,
    )


def finished(
    *,
    name: str,
    pages: list[Page],
    front_matter: dict[str, object],
    given_title: str | None,
    metadata_title: str,
    limits: ParseLimits,
    hidden: Sequence[Hidden] = (),
    is_scan: bool = False,
    titled_by: TitleSource,
    stem_is_title: bool = True,
) -> ParsedDocument:
    """The document with its title and without unseen characters, once it is known to hold text and
    not too much of it.

    A page with front matter and nothing below it (a redirect) is a document without pages.

    Raises: DocumentUnreadable.
    """
    short = short_name(name)
    length = sum(len(page.markdown) for page in pages)
    if length > limits.max_text_chars:
        raise DocumentUnreadable(
            f"{short} holds more than {limits.max_text_chars:,} characters of text; "
            "split it, or raise DESKHAND_PARSE__MAX_TEXT_CHARS"
        )
    cleaned = [without_unseen(page) for page in pages]
    pages = [page for page, _ in cleaned if page.markdown.strip()]
    if not pages and not front_matter:
        if is_scan:
            raise DocumentEmpty(
                f"{short} holds no text; scanned pages need OCR, which Deskhand does not do: "
                "run the file through an OCR program and ingest the result"
            )
        raise DocumentEmpty(f"{short} holds no text")
    own = front_matter.get("title")
    title = (
        (given_title or "").strip()
        or (" ".join(str(own).split()) if isinstance(own, str | int | float) else "")
        or title_heading(pages, titled_by)
        or metadata_title
        or (title_from_name(name) if stem_is_title else "")
    )
    return ParsedDocument(
        title=readable(clean_text(title)),
        pages=tuple(pages),
        front_matter=front_matter,
        hidden=summed((*hidden, *(each for _, found in cleaned for each in found))),
    )


def short_name(name: str) -> str:
    """The last part of a document's name, for sentences about it."""
    return spoken_name(PurePosixPath(name.replace("\\", "/")).name or name)


def check_size(name: str, size: int, limits: ParseLimits) -> None:
    """Refuses an empty file and one over the limit.

    Raises: DocumentUnreadable.
    """
    if size == 0:
        raise DocumentEmpty(f"{name} is empty")
    if size > limits.max_bytes:
        raise DocumentUnreadable(
            f"{name} has {size / _MIB:,.0f} MiB, more than the {limits.max_bytes / _MIB:,.0f} MiB "
            "that are read; split it, or raise DESKHAND_PARSE__MAX_BYTES"
        )


def check_file(path: Path, name: str, limits: ParseLimits) -> None:
    """Refuses what is no file, is empty or too large, without opening it.

    Raises: DocumentUnreadable.
    """
    try:
        found = path.stat()
    except OSError as error:
        why = error.strerror or "the system refuses it"
        raise DocumentUnreadable(f"{name} cannot be opened: {why}") from error
    if not stat.S_ISREG(found.st_mode):
        raise DocumentUnreadable(f"{name} is not a file")
    check_size(name, found.st_size, limits)


def _read_office(
    file: FileToRead, kind: DocumentFormat, name: str, limits: ParseLimits
) -> tuple[str, list[Page], tuple[Hidden, ...]]:
    new_office = kind in (DocumentFormat.DOCX, DocumentFormat.PPTX, DocumentFormat.XLSX)
    if new_office and is_ole(file.path):
        raise DocumentUnreadable(
            f"{name} is encrypted or in an old format; "
            "save it without a password in the new format and ingest it again"
        )
    try:
        if is_zip(file.path):
            check_archive(
                file.path,
                max_inflated_bytes=limits.max_inflated_bytes,
                max_ratio=limits.max_inflate_ratio,
            )
        elif new_office:
            raise DocumentUnreadable(f"{name} is damaged; save it again and ingest that")
        media_type = library_media_type(kind, file.name)
        shown = without_hidden_text(file.path, kind)
        return (*read_with_kreuzberg(file.path, kind, media_type, shown.data), shown.hidden)
    except ArchiveRefused as error:
        raise DocumentUnreadable(f"{name} {error}") from error
    except LibraryRefused as error:
        if str(error) == "encrypted":
            raise DocumentUnreadable(
                f"{name} is encrypted; remove the password and ingest it again"
            ) from error
        raise DocumentUnreadable(
            f"{name} is damaged or not what its name says; save it again and ingest that"
        ) from error


def _read_text(
    data: bytes, kind: DocumentFormat, full_name: str, name: str
) -> tuple[str, str, dict[str, object], tuple[Hidden, ...]]:
    """(title in the metadata, Markdown, front matter, what was hidden)."""
    if kind is DocumentFormat.EMAIL:
        title, markdown, hidden = email_to_markdown(data)
        return title, markdown, {}, hidden
    try:
        text = decode_text(data)
    except ValueError as error:
        raise DocumentUnreadable(f"{name} is not a text file, though its name says so") from error
    if kind is DocumentFormat.HTML:
        if declares_entities(data[: 64 * 1024]):
            raise DocumentUnreadable(f"{name} declares XML entities, which is refused")
        page, hidden = without_hidden(text)
        return (*page_to_markdown(page), {}, hidden)
    if kind in (DocumentFormat.MARKDOWN, DocumentFormat.TEXT):
        front_matter, body = split_front_matter(text, name=name)
        markdown, hidden = _as_markdown(body, sure=kind is DocumentFormat.MARKDOWN)
        return "", markdown, front_matter, hidden
    return "", _plain_to_markdown(text, kind, full_name), {}, ()


def _plain_to_markdown(text: str, kind: DocumentFormat, full_name: str) -> str:
    """The Markdown of formats in which nothing can be hidden but by characters."""
    if kind is DocumentFormat.TABLE:
        return _csv_to_markdown(text, suffix_of(full_name))
    if kind is DocumentFormat.CAPTIONS:
        return plain_text_to_markdown(_CUE_TAG.sub("", _CUE.sub("", text)))
    if kind is DocumentFormat.ASCIIDOC:
        return _asciidoc_to_markdown(text)
    try:
        return json_to_markdown(text)
    except ValueError:
        return plain_text_to_markdown(text)  # JSON lines, or JSON with comments


def _as_markdown(text: str, *, sure: bool = False) -> tuple[str, tuple[Hidden, ...]]:
    if sure or looks_like_markdown(text):
        return without_hidden(text, markdown=True)
    return plain_text_to_markdown(text), ()


def _csv_to_markdown(text: str, suffix: str) -> str:
    delimiter = "\t" if suffix in ("tsv", "tab") else _delimiter(text[:65_536])
    csv.field_size_limit(10 * _MIB)
    try:
        return grid_to_markdown(
            list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
        )
    except csv.Error:
        return plain_text_to_markdown(text)


def _delimiter(sample: str) -> str:
    """The delimiter that gives the most lines the same number of cells."""
    lines = [line for line in sample.split("\n")[:50] if line.strip()]

    def fit(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        common = max(set(widths), key=widths.count, default=1)
        return (widths.count(common) if common > 1 else 0, common)

    return max((",", ";", "\t", "|"), key=fit)


def _asciidoc_to_markdown(text: str) -> str:
    """Headings, code and links of AsciiDoc as Markdown; the rest reads the same in both."""
    text = re.sub(r"^(={1,6})[ \t]+(?=\S)", lambda m: "#" * len(m.group(1)) + " ", text, flags=re.M)
    text = re.sub(r"^(?:-{4,}|\.{4,})[ \t]*$", "```", text, flags=re.M)
    text = re.sub(
        r"^(?::[\w-]+:.*|\[[^\]\n]*\]|//.*|\|===|={4,}|_{4,})[ \t]*$", "", text, flags=re.M
    )
    return re.sub(r"(?:link:|(?=https?://))(\S+?)\[([^\]\n]+)\]", r"[\2](\1)", text)
