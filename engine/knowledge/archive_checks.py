"""Whether a zip-based document is safe to inflate and read, found out before anybody does."""

from __future__ import annotations

import zipfile
from pathlib import Path

_RATIO_FLOOR_BYTES = 1024 * 1024  # smaller parts may grow as much as they like
_MAX_PARTS = 20_000
_XML_HEAD_BYTES = 64 * 1024
_BLOCK_BYTES = 1024 * 1024


class ArchiveRefused(ValueError):
    """The archive is damaged, or made to exhaust whoever inflates it."""


def check_archive(path: Path, *, max_inflated_bytes: int, max_ratio: int) -> set[str]:
    """The names of the parts of the zip at `path`, if it may be read.

    Both what the parts declare and what they really inflate to is counted, in blocks, so that
    nothing is held in memory; archives within the archive count as they lie there. XML parts
    may not declare entities.

    Raises: ArchiveRefused, with the rest of a sentence that begins with the document's name.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > _MAX_PARTS:
                raise ArchiveRefused(f"has more than {_MAX_PARTS} parts")
            _check_size(sum(part.file_size for part in parts), max_inflated_bytes)
            left = max_inflated_bytes
            for part in parts:
                if part.flag_bits & 0x1:
                    raise ArchiveRefused("is encrypted; remove the password and ingest it again")
                left -= _check_part(archive, part, left, max_inflated_bytes, max_ratio)
            return {part.filename for part in parts}
    except ArchiveRefused:
        raise
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise ArchiveRefused("is damaged; save it again and ingest that") from error
    except Exception as error:  # zlib.error and lzma.LZMAError have no common root
        raise ArchiveRefused("is damaged; save it again and ingest that") from error


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise ArchiveRefused(
            f"inflates to more than {limit // (1024 * 1024)} MiB, which is refused"
        )


def _check_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, limit: int, max_ratio: int
) -> int:
    """Inflates a part without keeping it; returns its true size in bytes."""
    allowed = max(_RATIO_FLOOR_BYTES, part.compress_size * max_ratio)
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".svg", ".vml"))
    size = 0
    with archive.open(part) as stream:
        while block := stream.read(_BLOCK_BYTES):
            if size == 0 and is_xml and declares_entities(block[:_XML_HEAD_BYTES]):
                raise ArchiveRefused("declares XML entities, which is refused")
            size += len(block)
            if size > allowed:
                raise ArchiveRefused("inflates suspiciously much, which is refused")
            _check_size(limit - left + size, limit)
    return size


def declares_entities(head: bytes) -> bool:
    """Whether XML (its first bytes, in any Unicode encoding) declares entities of its own."""
    plain = head.replace(b"\x00", b"").upper()
    return b"<!ENTITY" in plain
