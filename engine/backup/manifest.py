"""What an archive says of itself: enough to check every part of it before anything is written."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath

import msgspec

from engine.errors import WrongUse
from engine.storage.copying.shapes import Kind, TableShape

FORMAT = 1
MANIFEST = "manifest.json"
HOME_FILES = ("evals/cases.jsonl", "evals/datasets", "evals/reports", "evals/watch", "digests")
"""What of a home is state and no table: saved cases, data sets put there, reports."""

_OF_WORKSPACE = re.compile(r"^workspaces/[A-Z0-9]{1,64}/")
"""Before the same files of a workspace whose rows are in the same database."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_MOST_PATH = 400


class ArchivedTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table: rows, the sum over them (`TableSum`), and the member with its size and sha256."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]
    rows: int
    digest: str
    size: int
    sha256: str

    @property
    def member(self) -> str:
        """Its name within the archive."""
        return f"tables/{self.name}.msgpack"

    def shape(self) -> TableShape:
        """As the database's side knows it."""
        return TableShape(name=self.name, columns=self.columns, key=self.key)


class ArchivedFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the home; path: within it, with slashes."""

    path: str
    size: int
    sha256: str

    @property
    def member(self) -> str:
        """Its name within the archive."""
        return f"files/{self.path}"


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole. revision: of the tables. embedder: the setting by which the vectors were made."""

    format: int
    program: str
    revision: str
    made_at: datetime
    embedder: str
    tables: tuple[ArchivedTable, ...]
    files: tuple[ArchivedFile, ...]

    def parts(self) -> list[ArchivedTable | ArchivedFile]:
        """All that is in the archive beside this."""
        return [*self.tables, *self.files]


def parse_manifest(raw: bytes) -> Manifest:
    """The manifest of an archive, of which every name may be used as it is.

    Raises: WrongUse where it is none, or of another format, or names what no archive holds.
    """
    try:
        made = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError:
        raise WrongUse("is no backup of Deskhand, or of a newer one") from None
    if made.format != FORMAT:
        raise WrongUse(f"is a backup of format {made.format}, and this Deskhand reads {FORMAT}")
    for table in made.tables:
        names = [table.name, *table.key, *(name for name, _ in table.columns)]
        known = {name for name, _ in table.columns}
        if not all(map(_NAME.fullmatch, names)) or not table.key or not known.issuperset(table.key):
            raise WrongUse("names a table that Deskhand does not have")
    if not all(is_home_file(file.path) for file in made.files):
        raise WrongUse("names a file that does not belong into a home")
    members = [part.member for part in made.parts()]
    if len(set(members)) != len(members):
        raise WrongUse("names a part twice")
    return made


def is_home_file(path: str) -> bool:
    """Whether a path within a home is one of those that are kept, and stays within it."""
    parts = PurePosixPath(path).parts
    if not path or len(path) > _MOST_PATH or "\\" in path or "\0" in path:
        return False
    if path != "/".join(parts) or any(part in ("..", ".", "/") for part in parts):
        return False
    within = _OF_WORKSPACE.sub("", path)
    return any(within == kept or within.startswith(f"{kept}/") for kept in HOME_FILES)
