"""An archive of everything that a Deskhand knows, written while it runs.

A zip: every table as it is at one moment, row by row in a form that no kind of database owns; the
files of the home that are state; and, last, what both must be (`Manifest`). The index is not in
it: its vectors and terms are rows of the database, from which it is made again without embedding.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import zipfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from engine.backup.manifest import (
    FORMAT,
    HOME_FILES,
    MANIFEST,
    ArchivedFile,
    ArchivedTable,
    Manifest,
    is_home_file,
)
from engine.errors import WrongUse
from engine.storage.copying.copy import Watch
from engine.storage.copying.rows import Row, RowSource, TableSum, database_rows
from engine.storage.copying.shapes import TableShape
from engine.storage.database import DATABASE_FILE, Database
from engine.workspace_homes import WORKSPACES

LENGTH_BYTES = 4
_LEVEL = 1
"""Vectors hardly shrink: a higher level takes time for nothing."""
_EARLIEST = (1980, 1, 1, 0, 0, 0)


class _Member:
    """A part of the archive that is being written."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        info = zipfile.ZipInfo(name, date_time=_EARLIEST)
        info.compress_type, info._compresslevel = zipfile.ZIP_DEFLATED, _LEVEL  # type: ignore[attr-defined]
        self._file = archive.open(info, "w", force_zip64=True)
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def close(self) -> str:
        """Its sha256."""
        self._file.close()
        return self._hash.hexdigest()


async def write_archive(
    target: Path, database: Database, *, home: Path, embedder: str, at: datetime, watch: Watch
) -> Manifest:
    """Writes the archive; it has its name only once it is whole and on the disk.

    Raises: WrongUse where there is something of that name; StorageUnavailable; OSError.
    """
    if await asyncio.to_thread(target.exists):
        raise WrongUse(f"{target} is there already; name another file")
    part = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                async with database_rows(database, identity="") as source:
                    tables = [
                        await _write_table(archive, source, shape, watch) for shape in source.shapes
                    ]
                files = await asyncio.to_thread(lambda: [*_write_files(archive, home)])
                manifest = Manifest(
                    format=FORMAT,
                    program=version("deskhand"),
                    revision=source.revision,
                    made_at=at,
                    embedder=embedder,
                    tables=tuple(tables),
                    files=tuple(files),
                )
                archive.writestr(MANIFEST, msgspec.json.encode(manifest))
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        await asyncio.to_thread(_put_in_place, part, target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


async def _write_table(
    archive: zipfile.ZipFile, source: RowSource, shape: TableShape, watch: Watch
) -> ArchivedTable:
    member, total = _Member(archive, f"tables/{shape.name}.msgpack"), TableSum()
    async for batch in source.batches(shape):
        await total.add(batch)
        await asyncio.to_thread(_write_batch, member, batch)
        watch(shape.name, total.rows)
    return ArchivedTable(
        name=shape.name,
        columns=shape.columns,
        key=shape.key,
        rows=total.rows,
        digest=total.digest,
        sha256=member.close(),
        size=member.size,
    )


def _write_batch(member: _Member, batch: list[Row]) -> None:
    packed = msgspec.msgpack.encode(batch)
    member.write(len(packed).to_bytes(LENGTH_BYTES, "big"))
    member.write(packed)


def _write_files(archive: zipfile.ZipFile, home: Path) -> Iterator[ArchivedFile]:
    for path in _files_of(home):
        member = _Member(archive, f"files/{path}")
        with (home / path).open("rb") as file:
            while chunk := file.read(1 << 20):
                member.write(chunk)
        sha256 = member.close()
        yield ArchivedFile(path=path, size=member.size, sha256=sha256)


def _files_of(home: Path) -> Iterator[str]:
    """Plain files only: a link may lead anywhere. Of a workspace with a database of its own there
    is an archive of its own."""
    beside = [
        one
        for one in sorted((home / WORKSPACES).glob("*"))
        if one.is_dir() and not one.is_symlink() and not (one / DATABASE_FILE).exists()
    ]
    for root in [folder / kept for folder in (home, *beside) for kept in HOME_FILES]:
        found = [root] if root.is_file() else sorted(root.rglob("*"))
        for path in found:
            name = path.relative_to(home).as_posix()
            if path.is_file() and not path.is_symlink() and is_home_file(name):
                yield name


def _put_in_place(part: Path, target: Path) -> None:
    # A link and not a rename: two backups that end at once must not replace each other.
    try:
        os.link(part, target)
    except FileExistsError:
        raise WrongUse(f"{target} is there already; name another file") from None
    except OSError:  # a disk without links
        part.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
