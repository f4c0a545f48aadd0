"""Vectors of texts seen before, in one file that several homes and processes may share."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.embedder import Embedder
from engine.telemetry.catalogue import CACHE
from engine.telemetry.instruments import add

log = logging.getLogger(__name__)

T = TypeVar("T")

_WAIT_S = 5.0
_AT_ONCE = 500
_ROW_OVERHEAD_BYTES = 48
_DROPPED_SHARE = 0.1
_SELECT = "SELECT key, vector FROM vectors WHERE key IN ({})"
_TABLE = """
    CREATE TABLE IF NOT EXISTS vectors (
        number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, vector BLOB NOT NULL
    )
"""


class CachedEmbedder:
    """Fills the `Embedder` port with another embedder, which is asked for new texts alone.

    The file holds no text: a vector's key is a hash of the tenant, the model and the text. Where
    the file cannot be read or written the embedder is asked, so that it is never needed.
    """

    def __init__(
        self,
        embedder: Embedder,
        file: Path,
        *,
        tenant: str,
        max_bytes: int,
        is_shared: bool = False,
    ) -> None:
        """file: made where it is not. max_bytes: about its largest size; the oldest go first.
        is_shared: others use the embedder as well, so it is not closed with this."""
        self.name: str = embedder.name
        self.version: str = embedder.version
        self.dimension: int = embedder.dimension
        self.max_tokens: int = embedder.max_tokens
        self.hits = 0
        self.misses = 0
        self._embedder = embedder
        self._is_shared = is_shared
        self._file = file
        self._tenant = tenant
        self._salt = f"{tenant}\0{embedder.name}\0{embedder.version}\0".encode()
        self._most = max(1, max_bytes // (4 * embedder.dimension + _ROW_OVERHEAD_BYTES))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding-cache")
        self._db: sqlite3.Connection | None = None
        self._broken = False

    async def embed_query(self, text: str) -> NDArray[np.float32]:
        """One text as a vector of shape (dimension,) and length 1."""
        key = self._key(text)
        found = (await self._look_up([key])).get(key)
        if found is not None:
            return found
        vector = await self._embedder.embed_query(text)
        await self._keep({key: vector})
        return vector

    async def embed_many(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as rows of length 1, shape (len(texts), dimension), in the order given."""
        keys = [self._key(text) for text in texts]
        known = dict(await self._look_up(list(dict.fromkeys(keys))))
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            rows = await self._embedder.embed_many(list(new.values()))
            made = dict(zip(new, rows, strict=True))
            await self._keep(made)
            known.update(made)
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for row, key in enumerate(keys):
            vectors[row] = known[key]
        return vectors

    async def forget(self) -> None:
        """Empties the file, since no vector in it says whose text it is of; all are made anew."""

        def empty(db: sqlite3.Connection) -> None:
            with db:
                db.execute("DELETE FROM vectors")
            db.execute("VACUUM")

        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, lambda: self._use(empty))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the embedder counts them."""
        return self._embedder.count_tokens(texts)

    async def aclose(self) -> None:
        """Closes the file, and the embedder where it is its own; idempotent."""
        with contextlib.suppress(RuntimeError):  # closed before
            await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)
        if not self._is_shared:
            await self._embedder.aclose()

    def _key(self, text: str) -> bytes:
        read = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(self._salt + read, digest_size=16).digest()

    async def _look_up(self, keys: Sequence[bytes]) -> Mapping[bytes, NDArray[np.float32]]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._thread, self._read, keys)
        self.hits += len(found)
        self.misses += len(keys) - len(found)
        for result, count in (("hit", len(found)), ("miss", len(keys) - len(found))):
            if count:
                add(CACHE, count, workspace=self._tenant, cache="embeddings", result=result)
        return found

    async def _keep(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._write, vectors)

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        def look(db: sqlite3.Connection) -> dict[bytes, NDArray[np.float32]]:
            found: dict[bytes, NDArray[np.float32]] = {}
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = db.execute(_SELECT.format(marks), some)
                found |= {bytes(key): np.frombuffer(vector, "<f4").copy() for key, vector in rows}
            return {key: vector for key, vector in found.items() if len(vector) == self.dimension}

        return self._use(look) or {}

    def _write(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]

        def put(db: sqlite3.Connection) -> None:
            with db:
                db.executemany("INSERT OR REPLACE INTO vectors (key, vector) VALUES (?, ?)", rows)
                ((first, last),) = db.execute("SELECT min(number), max(number) FROM vectors")
                if last - first >= self._most:
                    until = last - int(self._most * (1 - _DROPPED_SHARE))
                    db.execute("DELETE FROM vectors WHERE number <= ?", (until,))

        self._use(put)

    def _use(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Works on the file, in the one thread that does; None where that fails.

        What is wrong with the file is said once, and it is left alone from then on.
        """
        if self._broken:
            return None
        try:
            if self._db is None:
                self._db = _connect(self._file)
            return work(self._db)
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                log.warning("vectors are made anew, not kept in %s: %s", self._file, error)
                self._broken = True
                self._close()
            return None

    def _close(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()


def _connect(file: Path) -> sqlite3.Connection:
    """Raises: sqlite3.Error, OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = sqlite3.connect(file, timeout=_WAIT_S, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = OFF")  # a lost vector is made anew
        db.execute(_TABLE)
    except sqlite3.Error:
        db.close()
        raise
    return db
