"""Which kind of file a document is: by what its source says, its name, or its first bytes."""

from __future__ import annotations

import zipfile
from enum import StrEnum
from pathlib import Path, PurePosixPath


class DocumentFormat(StrEnum):
    """How a file is read. `OFFICE` stands for the formats that only the library reads."""

    MARKDOWN = "markdown"
    TEXT = "text"
    ASCIIDOC = "asciidoc"
    CAPTIONS = "captions"
    HTML = "html"
    JSON = "json"
    TABLE = "table"
    EMAIL = "email"
    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    OFFICE = "office"
    UNSUPPORTED = "unsupported"


_OPENXML = "application/vnd.openxmlformats-officedocument."
_DOCUMENT = f"{_OPENXML}wordprocessingml.document"
_SLIDES = f"{_OPENXML}presentationml.presentation"
_SHEET = f"{_OPENXML}spreadsheetml.sheet"

_SUFFIXES = {
    DocumentFormat.MARKDOWN: "md markdown mdown mkd mdx qmd",
    DocumentFormat.TEXT: (
        "txt text log rst org tex ini cfg conf toml yaml yml properties sql sh ps1 bat"
    ),
    DocumentFormat.ASCIIDOC: "adoc asciidoc asc",
    DocumentFormat.CAPTIONS: "vtt srt",
    DocumentFormat.HTML: "html htm xhtml shtml",
    DocumentFormat.JSON: "json",
    DocumentFormat.TABLE: "csv tsv tab",
    DocumentFormat.EMAIL: "eml",
    DocumentFormat.PDF: "pdf",
    DocumentFormat.DOCX: "docx docm dotx",
    DocumentFormat.PPTX: "pptx pptm ppsx",
    DocumentFormat.XLSX: "xlsx xlsm xltx",
    DocumentFormat.OFFICE: "odt ods odp rtf epub msg doc xls ppt xlsb",
    DocumentFormat.UNSUPPORTED: (
        "png jpg jpeg gif bmp tif tiff webp svg ico heic mp3 mp4 m4a wav mov avi mkv webm zip tar "
        "gz bz2 xz 7z rar exe dll so bin iso dmg jar class o a pyc woff woff2 ttf otf db sqlite"
    ),
}
_BY_SUFFIX = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_BY_MEDIA_TYPE = {
    "text/markdown": DocumentFormat.MARKDOWN,
    "text/x-markdown": DocumentFormat.MARKDOWN,
    "text/html": DocumentFormat.HTML,
    "application/xhtml+xml": DocumentFormat.HTML,
    "application/json": DocumentFormat.JSON,
    "text/csv": DocumentFormat.TABLE,
    "text/tab-separated-values": DocumentFormat.TABLE,
    "text/vtt": DocumentFormat.CAPTIONS,
    "message/rfc822": DocumentFormat.EMAIL,
    "application/pdf": DocumentFormat.PDF,
    _DOCUMENT: DocumentFormat.DOCX,
    _SLIDES: DocumentFormat.PPTX,
    _SHEET: DocumentFormat.XLSX,
}
_LIBRARY_MEDIA_TYPES = {
    DocumentFormat.PDF: "application/pdf",
    DocumentFormat.DOCX: _DOCUMENT,
    DocumentFormat.PPTX: _SLIDES,
    DocumentFormat.XLSX: _SHEET,
}
_OFFICE_MEDIA_TYPES = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "rtf": "application/rtf",
    "epub": "application/epub+zip",
    "msg": "application/vnd.ms-outlook",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
}
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_FOLDERS = {
    "word": DocumentFormat.DOCX,
    "ppt": DocumentFormat.PPTX,
    "xl": DocumentFormat.XLSX,
}


def detect_format(name: str, path: Path, media_type: str | None) -> DocumentFormat:
    """How to read the file at `path`; its name decides before its bytes, so that a file that
    is not what it says it is is refused rather than guessed at.
    """
    if media_type and (known := _BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower())):
        return known
    suffix = suffix_of(name) or suffix_of(path.name)
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    with path.open("rb") as file:
        head = file.read(1024)
    if b"%PDF-" in head:
        return DocumentFormat.PDF
    if head.startswith(_ZIP):
        return _zip_format(path)
    if head.lstrip()[:100].lower().startswith((b"<!doctype html", b"<html")):
        return DocumentFormat.HTML
    return DocumentFormat.TEXT


def library_media_type(kind: DocumentFormat, name: str) -> str:
    """What the library calls this format."""
    return _LIBRARY_MEDIA_TYPES.get(kind) or _OFFICE_MEDIA_TYPES[suffix_of(name)]


def suffix_of(name: str) -> str:
    """The ending of a file's name in lower case, without its dot."""
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


def is_zip(path: Path) -> bool:
    """Whether the file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) == _ZIP


def is_ole(path: Path) -> bool:
    """Whether it is an OLE container: an old Office file, or an encrypted new one."""
    with path.open("rb") as file:
        return file.read(8) == _OLE


def _zip_format(path: Path) -> DocumentFormat:
    try:
        with zipfile.ZipFile(path) as archive:
            folders = {name.partition("/")[0] for name in archive.namelist()[:1000]}
    except (zipfile.BadZipFile, OSError, ValueError):
        return DocumentFormat.UNSUPPORTED
    return next(
        (kind for folder, kind in _ZIP_FOLDERS.items() if folder in folders),
        DocumentFormat.UNSUPPORTED,
    )
