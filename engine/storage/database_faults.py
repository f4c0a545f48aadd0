"""What the failures of a database mean to a person."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from engine.errors import StorageUnavailable


class Explained:
    """A block that turns a driver's exception into one sentence, which holds no statement and no
    value."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, (SQLAlchemyError, OSError, TimeoutError)) or _is_driver(error):
            raise explain(error, self._where) from None


def _is_driver(error: BaseException) -> bool:
    """asyncpg raises its own kinds while connecting, which SQLAlchemy passes on as they are."""
    return isinstance(error, Exception) and type(error).__module__.split(".")[0] == "asyncpg"


def explain(error: BaseException, where: str) -> StorageUnavailable:
    """The sentence for a database failure; `where` is a file or a host, never a password."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).lower()
    if "disk is full" in text or "disk full" in text or "no space left" in text:
        return StorageUnavailable(
            f"the disk that holds {where} is full; free some space and run the same command again"
        )
    if "foreign key" in text or "unique constraint" in text:
        return StorageUnavailable(
            "another program changed the same documents at the same moment; run the same command "
            "again"
        )
    if "locked" in text or isinstance(error, PoolTimeoutError):
        return StorageUnavailable(
            f"the database {where} is busy with another program; try again in a minute"
        )
    if (
        "readonly" in text
        or "read-only" in text
        or "permission denied" in text
        or "unable to open" in text
    ):
        return StorageUnavailable(
            f"the database {where} cannot be written; give this user the right to write there",
            retryable=False,
        )
    if "malformed" in text or "not a database" in text:
        return StorageUnavailable(
            f"the database {where} is damaged; restore it from a backup, or delete it together "
            "with the index and run `deskhand ingest` again",
            retryable=False,
        )
    if re.search(r'database "[^"]*" does not exist', text):
        return StorageUnavailable(
            f"the server on {where} has no database of that name; make it, or mend DATABASE_URL",
            retryable=False,
        )
    if "password authentication" in text or re.search(r'role "[^"]*" does not exist', text):
        return StorageUnavailable(
            f"the database on {where} refuses the user or password of DATABASE_URL",
            retryable=False,
        )
    if (
        isinstance(error, (OSError, TimeoutError))
        or _lost_connection(error)
        or "connect" in text
        or "closed" in text
    ):
        return StorageUnavailable(
            f"the database on {where} cannot be reached; check that it runs and DATABASE_URL"
        )
    return StorageUnavailable(
        f"the database {where} failed ({type(error).__name__}); run `deskhand migrate` and retry"
    )


def _lost_connection(error: BaseException) -> bool:
    """Whether the server went away, is going or is coming: classes 08 and 57P of SQLSTATE, and what
    a driver says of a connection that broke in the middle of an answer."""
    if not isinstance(error, DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    kinds = {type(cause).__name__ for cause in (error.orig, getattr(error.orig, "__cause__", None))}
    broken = {"InternalClientError", "ConnectionDoesNotExistError", "InterfaceError"}
    return error.connection_invalidated or state.startswith(("08", "57P")) or bool(kinds & broken)
