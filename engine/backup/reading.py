"""An archive as it may be restored: looked at whole before a row of it is used.

It may have been changed, cut off, or made by somebody who means harm: names are taken only from a
fixed set of shapes, nothing inflates to more than it declares and deflate can give, and every part
must have the sha256 that the manifest names.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import zipfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine.backup.manifest import (
    MANIFEST,
    ArchivedFile,
    ArchivedTable,
    Manifest,
    is_home_file,
    parse_manifest,
)
from engine.backup.writing import LENGTH_BYTES
from engine.errors import WrongUse
from engine.storage.copying.rows import BATCH, Row, TableSum
from engine.storage.copying.shapes import Kind, TableShape

_MOST_MEMBERS = 200_000
_MOST_MANIFEST_BYTES = 64 << 20
_MOST_BATCH_BYTES = 512 << 20
_MOST_RATIO = 300
_RATIO_FLOOR_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_PYTHON: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.FLOAT: float,
    Kind.BOOLEAN: bool,
    Kind.BYTES: bytes,
    Kind.MOMENT: datetime,
    Kind.DATE: str,
    Kind.JSON: str,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that was checked; a source of rows (`RowSource`)."""

    path: Path
    manifest: Manifest
    identity: str
    revision: str
    shapes: tuple[TableShape, ...]

    async def batches(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """See RowSource."""
        table = next(table for table in self.manifest.tables if table.name == shape.name)
        rows = _batches(self.path, table)
        while (batch := await asyncio.to_thread(next, rows, None)) is not None:
            yield batch

    def write_files(self, home: Path) -> int:
        """Puts the files of the home where they belong, each whole or not at all; how many.

        Raises: WrongUse where a file's folder leads out of the home; OSError.
        """
        for file in self.manifest.files:
            target = home / file.path
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            inside = target.parent.resolve().is_relative_to(home.resolve())
            if not inside or not is_home_file(file.path):
                raise WrongUse(f"{file.path} would be written outside of {home}")
            part = target.with_name(f".{target.name}.part")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as sink:
                for block in _blocks(self.path, file):
                    sink.write(block)
            part.replace(target)
        return len(self.manifest.files)


async def read_archive(path: Path) -> Archive:
    """Checks an archive to its last byte and row.

    Raises: WrongUse with what is wrong with it.
    """
    return await asyncio.to_thread(_checked, path)


def _checked(path: Path) -> Archive:
    try:
        with zipfile.ZipFile(path) as archive:
            raw, manifest = _manifest(archive)
            _check_members(archive, manifest)
        for file in manifest.files:
            for _ in _blocks(path, file):
                pass
        for table in manifest.tables:
            for _ in _batches(path, table):
                pass
    except WrongUse as wrong:
        raise WrongUse(f"{path} {wrong}") from None
    except FileNotFoundError:
        raise WrongUse(f"there is no file {path}") from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror or 'input failed'}") from None
    except Exception:  # zipfile, zlib and msgspec have no common root
        raise WrongUse(f"{path} is damaged or no backup; take another one") from None
    return Archive(
        path=path,
        manifest=manifest,
        identity=hashlib.sha256(raw).hexdigest(),
        revision=manifest.revision,
        shapes=tuple(table.shape() for table in manifest.tables),
    )


def _manifest(archive: zipfile.ZipFile) -> tuple[bytes, Manifest]:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS:
        raise WrongUse(f"has more than {_MOST_MEMBERS:,} parts")
    try:
        info = archive.getinfo(MANIFEST)
    except KeyError:
        raise WrongUse("is no backup of Deskhand: it does not say what is in it") from None
    if info.file_size > _MOST_MANIFEST_BYTES:
        raise WrongUse("has a manifest that is too large")
    with archive.open(info) as file:
        raw = file.read(_MOST_MANIFEST_BYTES + 1)
    if len(raw) != info.file_size:
        raise WrongUse("is damaged; take another backup")
    return raw, parse_manifest(raw)


def _check_members(archive: zipfile.ZipFile, manifest: Manifest) -> None:
    wanted = {part.member: part.size for part in manifest.parts()}
    there = {info.filename: info for info in archive.infolist() if info.filename != MANIFEST}
    if len(there) != len(archive.infolist()) - 1 or there.keys() != wanted.keys():
        raise WrongUse("does not hold the parts that it names; take another backup")
    for name, info in there.items():
        grown = info.file_size > max(_RATIO_FLOOR_BYTES, _MOST_RATIO * info.compress_size)
        if info.file_size != wanted[name] or info.flag_bits & 0x1 or grown:
            raise WrongUse(f"has a part, {name[:60]}, that is not what it says it is")


def _blocks(path: Path, part: ArchivedTable | ArchivedFile) -> Iterator[bytes]:
    """The bytes of a part, never more than it declares.

    Raises: WrongUse where they are not those that were written.
    """
    left, hashed = part.size, hashlib.sha256()
    with zipfile.ZipFile(path) as archive, archive.open(part.member) as file:
        while block := file.read(_BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                break
            hashed.update(block)
            yield block
    if left or hashed.hexdigest() != part.sha256:
        raise WrongUse(f"is damaged (the checksum of {part.member[:60]} differs); take another one")


def _batches(path: Path, table: ArchivedTable) -> Iterator[list[Row]]:
    """The rows of a table; raises WrongUse after the last where they are not those written."""
    held, total, rows = bytearray(), 0, 0
    for block in _blocks(path, table):
        held += block
        while len(held) >= LENGTH_BYTES:
            size = int.from_bytes(held[:LENGTH_BYTES], "big")
            if size > _MOST_BATCH_BYTES:
                raise WrongUse(f"has a row in {table.name} that is too large")
            if len(held) < LENGTH_BYTES + size:
                break
            batch = _rows(bytes(held[LENGTH_BYTES : LENGTH_BYTES + size]), table)
            del held[: LENGTH_BYTES + size]
            rows += len(batch)
            total += TableSum.of(batch)
            yield batch
    if held or rows != table.rows or f"{total % TableSum.MODULUS:032x}" != table.digest:
        raise WrongUse(f"is damaged (the rows of {table.name} are not those written)")


def _rows(packed: bytes, table: ArchivedTable) -> list[Row]:
    kinds = [kind for _, kind in table.columns]
    batch = msgspec.msgpack.decode(packed, type=list[list[Any]])
    if len(batch) > BATCH:
        raise WrongUse(f"has a row in {table.name} that is too large")
    return [_row(row, kinds, table.name) for row in batch]


def _row(row: list[Any], kinds: list[Kind], table: str) -> Row:
    if len(row) != len(kinds):
        raise WrongUse(f"has a row in {table} that does not fit its columns")
    for value, kind in zip(row, kinds, strict=True):
        if value is not None and not isinstance(value, _PYTHON[kind]):
            raise WrongUse(f"has a row in {table} that does not fit its columns")
    if Kind.DATE not in kinds:
        return tuple(row)
    return tuple(
        date.fromisoformat(value) if kind is Kind.DATE and value is not None else value
        for value, kind in zip(row, kinds, strict=True)
    )
