"""What the tests of delivery's stores share: questions, moments, and programs of their own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from engine.storage.inbox import InboxItem, InboxStore, NewQuestion, Surface

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]

PROGRAM = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from engine.storage.database import Database, database_url
from engine.storage.inbox import InboxStore, NewQuestion, Surface
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
async def main():
    database = Database(database_url(sys.argv[1], Path()))
    store = InboxStore(database)
    print("ready", flush=True)
    sys.stdin.readline()
{body}
    await database.aclose()
asyncio.run(main())
"""


def after(seconds: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(seconds=seconds)


def question(ts: str = "1.0", user: str = "U1", **changes: Any) -> NewQuestion:
    """A question outside a thread, of its own conversation."""
    return NewQuestion(
        **{
            "team": "T1",
            "channel": "C1",
            "ts": ts,
            "user": user,
            "surface": Surface.MENTION,
            "text": "How many days of leave do I have?",
            "asked_at": NOW,
        }
        | changes
    )


async def claimed(store: InboxStore, at: datetime = NOW) -> InboxItem:
    """The next question, which there must be."""
    item = await store.claim("acme", "w1", at=at, lease_s=60)
    assert item is not None
    return item


def start(address: str, body: str) -> subprocess.Popen[str]:
    """A program of its own that runs `body` when it is told to go."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(body=lines), address],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def go(child: subprocess.Popen[str]) -> None:
    """Lets a program that is ready begin."""
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()


def address_of(url: URL) -> str:
    """The address that another program opens the same database by."""
    plain = url.set(drivername=url.get_backend_name())
    return plain.render_as_string(hide_password=False)
