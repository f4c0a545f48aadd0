"""What comes out of one database is in another, and what is no sound archive is refused."""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, text

from engine.backup.filling import refuse_at_work
from engine.backup.manifest import MANIFEST, is_home_file
from engine.backup.reading import Archive, read_archive
from engine.errors import StorageUnavailable, WrongUse
from engine.storage.copying.copy import Copied, copy_rows
from engine.storage.copying.landing import Landing, open_landing
from engine.storage.copying.rows import TableSum
from engine.storage.database import Database, database_url
from engine.storage.leases import LeaseStore
from engine.storage.migrate import HEAD, current_revision
from engine.storage.schema import inbox
from tests.engine.backup.conftest import Sums, Write
from tests.engine.storage.rows import put, row


async def copy(landing: Landing) -> Copied:
    return await copy_rows(landing, lambda *_: None)


@pytest.mark.slow
async def test_every_row_goes_from_sqlite_to_postgresql_and_back(
    full: Database, server_database: Database, write: Write, sums: Sums, tmp_path: Path
) -> None:
    before = await sums(full)
    assert min(rows for rows, _ in before.values()) == 2
    landing = await open_landing(server_database, await write(full), replace=False)
    await copy(landing)
    await landing.close()
    assert await sums(server_database) == before
    again = Database(database_url(None, tmp_path))
    landing = await open_landing(again, await write(server_database), replace=True)
    await copy(landing)
    assert await sums(again) == before
    await again.aclose()
    await put(server_database, inbox)  # counts on from the highest key


async def test_a_restore_that_was_cut_off_goes_on_and_nothing_starts_on_half_of_it(
    full: Database, write: Write, sums: Sums, tmp_path: Path
) -> None:
    archive = await write(full)
    target = Database(database_url(f"sqlite:///{tmp_path}/target.db", tmp_path))
    landing = await open_landing(target, archive, replace=False)
    first = archive.shapes[0]
    async for batch in archive.batches(first):
        await landing.write(first, batch[:1])
    with pytest.raises(StorageUnavailable, match="cut off"):
        await current_revision(target)
    again = await open_landing(target, archive, replace=False)
    assert (again.resumed, again.done[first.name]) == (True, 1)
    assert (await copy(again)).resumed == 1
    assert await sums(target) == await sums(full)
    before_the_index = await open_landing(target, archive, replace=False)
    assert (before_the_index.copied, before_the_index.resumed) == (True, True)
    await copy(before_the_index)
    await before_the_index.close()
    with pytest.raises(WrongUse, match="not empty"):
        await open_landing(target, archive, replace=False)
    await target.aclose()


async def test_rows_that_changed_between_two_runs_are_noticed_and_replaced(
    full: Database, write: Write, sums: Sums, tmp_path: Path
) -> None:
    archive = await write(full)
    target = Database(database_url(f"sqlite:///{tmp_path}/target.db", tmp_path))
    await open_landing(target, archive, replace=False)
    async with target.write() as db:
        await db.execute(insert(inbox).values(**row(inbox, tenant="Zürich-1", sequence=99)))
    with pytest.raises(StorageUnavailable, match="inbox has 3 rows"):
        await copy(await open_landing(target, archive, replace=False))
    await copy(await open_landing(target, archive, replace=True))
    assert await sums(target) == await sums(full)
    await target.aclose()


async def test_a_database_that_holds_something_is_not_dropped_unasked(
    full: Database, write: Write
) -> None:
    archive = await write(full)
    with pytest.raises(WrongUse, match="--replace"):
        await open_landing(full, archive, replace=False)
    assert await current_revision(full) == HEAD


async def test_an_archive_of_an_older_version_is_restored_and_migrated(
    full: Database, write: Write, tmp_path: Path
) -> None:
    archive = await write(full)

    def as_before_trust(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        manifest["revision"] = "0011"
        later = ("installations", "install_states", "leases")
        for name in later:
            del parts[f"tables/{name}.msgpack"]
        manifest["tables"] = [t for t in manifest["tables"] if t["name"] not in later]
        for table in manifest["tables"]:
            if table["name"] not in ("sources", "documents"):
                continue
            kept = [n for n, c in enumerate(table["columns"]) if c[0] not in ("trust", "warnings")]
            packed = parts[f"tables/{table['name']}.msgpack"]
            rows = [[r[n] for n in kept] for r in msgspec.msgpack.decode(packed[4:])]
            table["columns"] = [table["columns"][n] for n in kept]
            table["digest"] = f"{TableSum.of([tuple(r) for r in rows]) % TableSum.MODULUS:032x}"
            packed = msgspec.msgpack.encode(rows)
            parts[f"tables/{table['name']}.msgpack"] = len(packed).to_bytes(4, "big") + packed

    older = await read_archive(forged(archive, as_before_trust))
    target = Database(database_url(f"sqlite:///{tmp_path}/target.db", tmp_path))
    await copy(await open_landing(target, older, replace=False))
    assert await current_revision(target) == HEAD
    async with target.read() as db:
        tiers = (await db.execute(text("SELECT trust FROM documents"))).scalars().all()
    assert tiers == ["team", "team"]
    await target.aclose()


def forged(archive: Archive, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """A changed copy of an archive, with checksums of tables that fit it."""
    with zipfile.ZipFile(archive.path) as zipped:
        parts = {name: zipped.read(name) for name in zipped.namelist()}
    manifest = msgspec.json.decode(parts.pop(MANIFEST))
    change(manifest, parts)
    for table in manifest["tables"]:
        raw = parts.get(f"tables/{table['name']}.msgpack", b"")
        table |= {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
    path = archive.path.with_suffix(".forged")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, raw in parts.items():
            zipped.writestr(name, raw)
        zipped.writestr(MANIFEST, msgspec.json.encode(manifest))
    return path


def another_byte(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["files/evals/cases.jsonl"] = b'{"id": "2"}\n'


def out_of_the_home(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    manifest["files"][0]["path"] = "evals/datasets/../../../x"
    parts["files/evals/datasets/../../../x"] = parts.pop("files/evals/cases.jsonl")


def a_bomb(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["tables/inbox.msgpack"] = bytes(50 << 20)


def a_part_more(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["tables/more.msgpack"] = b""


def a_part_less(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    del parts["tables/inbox.msgpack"]


def fewer_rows(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    parts["tables/inbox.msgpack"] = b""


def another_kind_of_value(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    packed = msgspec.msgpack.encode([[{}] * 13])
    parts["tables/inbox.msgpack"] = len(packed).to_bytes(4, "big") + packed


def a_statement_for_a_name(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    manifest["tables"][0]["name"] = 'x"; drop table y; --'


def another_format(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
    manifest["format"] = 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (another_byte, "checksum of files/evals/cases.jsonl differs"),
        (out_of_the_home, "does not belong into a home"),
        (a_bomb, "not what it says it is"),
        (a_part_more, "does not hold the parts that it names"),
        (a_part_less, "does not hold the parts that it names"),
        (fewer_rows, "rows of inbox are not those written"),
        (another_kind_of_value, "does not fit its columns"),
        (a_statement_for_a_name, "names a table that Deskhand does not have"),
        (another_format, "format 2"),
    ],
)
async def test_an_archive_that_is_not_as_it_was_written_is_refused(
    full: Database, write: Write, change: Any, said: str
) -> None:
    path = forged(await write(full), change)
    with pytest.raises(WrongUse, match=said):
        await read_archive(path)


async def test_a_file_that_was_cut_off_or_is_none_is_refused_in_a_sentence(
    full: Database, write: Write, tmp_path: Path
) -> None:
    archive = await write(full)
    archive.path.write_bytes(archive.path.read_bytes()[:-100])
    with pytest.raises(WrongUse, match="damaged or no backup"):
        await read_archive(archive.path)
    with pytest.raises(WrongUse, match="there is no file"):
        await read_archive(tmp_path / "none.backup")


async def test_an_archive_of_a_newer_version_is_refused_and_nothing_is_changed(
    full: Database, write: Write, tmp_path: Path
) -> None:
    newer = forged(await write(full), lambda manifest, _: manifest.update(revision="9999"))
    target = Database(database_url(f"sqlite:///{tmp_path}/target.db", tmp_path))
    with pytest.raises(StorageUnavailable, match="newer Deskhand"):
        await open_landing(target, await read_archive(newer), replace=False)
    assert await current_revision(target) is None
    await target.aclose()


async def test_only_its_owner_may_read_an_archive_and_what_is_restored_of_it(
    full: Database, write: Write, tmp_path: Path
) -> None:
    archive = await write(full)
    assert stat.S_IMODE(archive.path.stat().st_mode) == 0o600
    assert archive.write_files(tmp_path / "new") == 1
    case = tmp_path / "new" / "evals" / "cases.jsonl"
    assert (case.read_text(), stat.S_IMODE(case.stat().st_mode)) == ('{"id": "1"}\n', 0o600)


async def test_a_folder_that_leads_out_of_the_home_is_not_followed(
    full: Database, write: Write, tmp_path: Path
) -> None:
    archive = await write(full)
    (tmp_path / "outside").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "evals").symlink_to(tmp_path / "outside")
    with pytest.raises(WrongUse, match="outside of"):
        archive.write_files(tmp_path / "new")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "path",
    ["", "deskhand.db", "evals", "/etc/passwd", "evals/../x", "evals/datasets//x", "digests"],
)
def test_no_other_file_belongs_into_a_home(path: str) -> None:
    assert is_home_file(path) is (path == "digests")


@pytest.mark.slow
async def test_what_bots_work_with_is_not_replaced(
    full: Database, server_database: Database, write: Write
) -> None:
    leases, archive = LeaseStore(server_database), await write(full)
    await refuse_at_work(server_database)
    landing = await open_landing(server_database, archive, replace=True)
    await copy(landing)
    await landing.close()
    assert await leases.take("default", "jobs", "web-1", lease_s=20)
    with pytest.raises(WrongUse, match=r"stop every bot first.*another 20 s"):
        await refuse_at_work(server_database)
    assert await leases.give_back("default", "jobs", "web-1")
    await refuse_at_work(server_database)
