"""PDF and office files -> Markdown pages, through kreuzberg (MIT)."""

from __future__ import annotations

import contextlib
import io
import re
import secrets
from pathlib import Path
from typing import Any

from engine.adapters.document_formats import DocumentFormat
from engine.adapters.slide_text import slides_to_markdown
from engine.knowledge.decode import clean_text
from engine.knowledge.document import Page
from engine.knowledge.grid import grid_to_markdown, markdown_cell
from engine.knowledge.pdf_text import pdf_to_markdown

_HEADING = re.compile(r"^(#{1,6}) (.{1,300})$", re.MULTILINE)
_SENTENCE = re.compile(r"[.,;。]\s*$|^.{160}")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
# Marks of emphasis that the library escapes as if they were words.
_STRAY_MARK = re.compile(r"\\\*\\\*|\\<\\?/?u\\?>|</?u>")
_STRAY_ITALIC = re.compile(r"(?<!\w)\\\*(\w(?:[^*\n|]{0,200}?\w)?)\\\*(?!\w)")
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\n]{0,2000}\)")
_EMPTY_ITEM = re.compile(r"^([ \t]*[-*+])[ \t]*\n\n[ \t]*(?=\S)", re.MULTILINE)
_JUNK_TITLE = re.compile(
    r"^(?:untitled|microsoft word|microsoft powerpoint|powerpoint presentation|document\d*|"
    r"presentation\d*|book\d*|title)\b|\.(?:docx?|pptx?|xlsx?|pdf|indd|tex|dvi)$",
    re.I,
)

_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj "
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>"
)
"""An empty page."""


class LibraryRefused(ValueError):
    """The library cannot read the file: "encrypted", "damaged" or what it said."""


def unpack_pdf_reader() -> None:
    """Has the library write its PDFium into the temporary folder, where it looks for it.

    It does so with the first PDF; a process that may write no files then reads none. Nothing is
    raised where the folder cannot be written: all else is still read.
    """
    import kreuzberg

    config = kreuzberg.ExtractionConfig(
        use_cache=False, concurrency=kreuzberg.ConcurrencyConfig(max_threads=1)
    )
    with contextlib.suppress(kreuzberg.KreuzbergError):
        kreuzberg.extract_bytes_sync(_PAGE, "application/pdf", config)


def read_with_kreuzberg(
    path: Path, kind: DocumentFormat, media_type: str, data: bytes | None = None
) -> tuple[str, list[Page]]:
    """(title in the metadata, pages); both may be empty. Pages are numbered for PDF, slides
    and sheets. No OCR, no cache, no network, one thread. data: read in place of the file.

    Raises: LibraryRefused.
    """
    import kreuzberg

    mark = f"page-{secrets.token_hex(8)}"
    config = kreuzberg.ExtractionConfig(
        use_cache=False,
        enable_quality_processing=False,
        output_format="markdown",
        pages=kreuzberg.PageConfig(
            extract_pages=kind is DocumentFormat.PDF,
            insert_page_markers=kind is DocumentFormat.PPTX,
            marker_format=f"\n\n{mark} {{page_num}}\n\n",
        ),
        concurrency=kreuzberg.ConcurrencyConfig(max_threads=1),
    )
    try:
        result = (
            kreuzberg.extract_file_sync(path, media_type, config)
            if data is None
            else kreuzberg.extract_bytes_sync(data, media_type, config)
        )
    except kreuzberg.KreuzbergError as error:
        file = path if data is None else io.BytesIO(data)
        if kind is DocumentFormat.PPTX and (slides := slides_to_markdown(file)):
            return "", [Page(markdown=text, number=n) for n, text in enumerate(slides, 1)]
        raise LibraryRefused(_why(str(error))) from error
    metadata = result.metadata or {}
    title = _title(metadata.get("title") or metadata.get("subject"))
    if kind is DocumentFormat.PDF:
        return title, _pdf_pages(result)
    if kind is DocumentFormat.XLSX:
        return title, _sheets(result, metadata.get("sheet_names"))
    content = _tidy(result.content)
    if kind is DocumentFormat.PPTX:
        return title, _marked_pages(content, mark)
    return title, [Page(markdown=content)] if content.strip() else []


def _why(message: str) -> str:
    lowered = message.lower()
    return "encrypted" if "password" in lowered or "encrypt" in lowered else "damaged"


def _title(value: object) -> str:
    words = " ".join(clean_text(value).split()) if isinstance(value, str) else ""
    return "" if _JUNK_TITLE.search(words) or len(words) > 300 else words


def _tidy(content: str) -> str:
    text = _IMAGE.sub("", _STRAY_ITALIC.sub(r"\1", _STRAY_MARK.sub("", clean_text(content))))
    return _EMPTY_ITEM.sub(r"\1 ", text)


def _pdf_pages(result: Any) -> list[Page]:
    """Pages from the text layer, which keeps lines apart; only the headings come from the
    library's Markdown, which runs lines together and does not say where a page ends."""
    pages = [(page["page_number"], page["content"] or "") for page in result.pages or ()]
    headings = {
        _ESCAPE.sub(r"\1", words).strip(): len(marks)
        for marks, words in _HEADING.findall(result.content)
        if not _SENTENCE.search(words)
    }
    texts = pdf_to_markdown([_without_controls(text) for _, text in pages], headings=headings)
    return [
        Page(markdown=text, number=number)
        for (number, _), text in zip(pages, texts, strict=True)
        if text.strip()
    ]


def _without_controls(text: str) -> str:
    return "\x02".join(clean_text(part) for part in text.split("\x02"))


def _marked_pages(content: str, mark: str) -> list[Page]:
    parts = re.split(rf"^{mark} (\d+)[ \t]*$", content, flags=re.MULTILINE)
    return [
        Page(markdown=text, number=int(number))
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
        if text.strip()
    ]


def _sheets(result: Any, names: object) -> list[Page]:
    listed = [str(name) for name in names] if isinstance(names, list) else []
    sheets: dict[int, list[str]] = {}
    for table in result.tables:
        text = grid_to_markdown(
            [[clean_text(str(cell)) for cell in row] for row in table.cells], split=True
        )
        if text:
            sheets.setdefault(int(table.page_number), []).append(text)
    pages = []
    for number, texts in sorted(sheets.items()):
        name = listed[number - 1] if 0 < number <= len(listed) else ""
        heading = [f"## {markdown_cell(name)}"] if name else []
        pages.append(Page(markdown="\n\n".join(heading + texts), number=number))
    return pages
