from __future__ import annotations

from sqlalchemy import select

from engine.storage.database import Database
from engine.storage.retrainings import RetrainingStore
from engine.storage.schema import retrainings
from tests.engine.storage.questions import after


async def test_only_the_files_of_the_newest_tries_are_kept(database: Database) -> None:
    store = RetrainingStore(database)
    done = {"champion": "a", "promoted": False, "report": {}}

    async def tried(tenant: str, model: str, n: int, body: bytes | None) -> str:
        number = await store.begin(tenant, model, at=after(n))
        await store.finish(tenant, number, at=after(n), challenger=f"{n}", body=body, **done)
        return number

    other = [await tried("globex", "triage", -2, b"x"), await tried("acme", "else", -1, b"x")]
    made = [await tried("acme", "triage", n, b"file") for n in range(10)]
    await tried("acme", "triage", 11, None)
    async with database.read() as db:
        kept = select(retrainings.c.id).where(retrainings.c.body.is_not(None))
        assert set((await db.execute(kept)).scalars()) == {*made[2:], *other}
    assert len(await store.last("acme", "triage", limit=20)) == 11
