"""A database, and a clock that a test sets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.storage.database import Database, database_url
from engine.storage.migrate import migrate


class SetClock:
    """Stands at the moment it was set to, Monday at noon."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A SQLite database with every table."""
    opened = Database(database_url(None, tmp_path))
    await migrate(opened)
    yield opened
    await opened.aclose()
