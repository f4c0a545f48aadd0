from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from engine.encryption import Keyring, new_key
from engine.storage.database import Database
from engine.storage.installations import STATE_FOR, Installation, InstallationStore
from engine.storage.schema import installations

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OLD_KEY = new_key()
ACME = Installation(
    tenant="T0ACME",
    name="Acme",
    app="A1",
    bot_user="U0BOT",
    scopes=("chat:write", "commands"),
    installed_by="U0RITA",
    installed_at=NOW,
    token="xoxb-acme",
    refresh_token="xoxe-acme",
    expires_at=NOW + timedelta(hours=12),
)


@pytest.fixture
def store(database: Database) -> InstallationStore:
    return InstallationStore(database, Keyring(OLD_KEY))


async def test_an_installation_comes_back_whole_and_its_tokens_are_in_no_row(
    store: InstallationStore, database: Database
) -> None:
    await store.save(ACME)
    assert await store.get("T0ACME") == replace(ACME, revision=1)
    assert await store.get("T0OTHER") is None
    async with database.read() as db:
        row = str((await db.execute(select(installations))).one())
    assert "xoxb-acme" not in row
    assert "xoxe-acme" not in row
    assert "xoxb" not in repr(await store.get("T0ACME"))


async def test_installed_again_it_keeps_its_settings_and_is_noticed(
    store: InstallationStore,
) -> None:
    await store.save(ACME)
    assert await store.set("T0ACME", {"DESKHAND_REVIEW__TIMEZONE": "UTC"})
    assert not await store.set("T0OTHER", {})
    await store.save(replace(ACME, token="xoxb-second"))
    found = await store.get("T0ACME")
    assert found is not None
    assert (found.token, found.revision) == ("xoxb-second", 3)
    assert found.settings == {"DESKHAND_REVIEW__TIMEZONE": "UTC"}
    assert await store.revisions() == {"T0ACME": 3}


async def test_at_its_end_the_tokens_are_gone_and_its_row_can_be(
    store: InstallationStore, database: Database
) -> None:
    await store.save(ACME)
    assert not await store.forget("T0ACME")
    assert not await store.ended("T0ACME", NOW, revision=7)  # of a token before this one
    assert await store.ended("T0ACME", NOW)
    assert not await store.ended("T0ACME", NOW)
    found = await store.get("T0ACME")
    assert found is not None
    assert (found.token, found.refresh_token, found.ended_at) == ("", "", NOW)
    async with database.read() as db:
        columns = (installations.c.token, installations.c.refresh_token)
        assert tuple((await db.execute(select(*columns))).one()) == (None, None)
    assert await store.revisions() == {}
    assert await store.forget("T0ACME")
    assert await store.all() == ()


async def test_of_two_replicas_that_renew_a_token_one_writes_it(store: InstallationStore) -> None:
    await store.save(ACME)
    old = await store.get("T0ACME")
    assert old is not None
    first, second = replace(old, token="xoxb-1"), replace(old, token="xoxb-2")
    written = await asyncio.gather(store.renewed(old, first), store.renewed(old, second))
    assert sorted(written) == [False, True]


async def test_tokens_change_to_the_newest_key_and_what_cannot_be_read_stays(
    store: InstallationStore, database: Database
) -> None:
    new = new_key()
    await store.save(ACME)
    await store.save(replace(ACME, tenant="T0GLOBEX"))
    both = InstallationStore(database, Keyring(f"{new},{OLD_KEY}"))
    assert await both.reseal() == (2, 0)
    assert await both.reseal() == (0, 0)
    found = await InstallationStore(database, Keyring(new)).get("T0ACME")
    assert found is not None
    assert (found.token, found.problem) == ("xoxb-acme", "")
    lost = await store.get("T0ACME")
    assert lost is not None
    assert lost.token == ""
    assert "DESKHAND_ENCRYPTION__KEYS" in lost.problem
    assert await store.reseal() == (0, 2)


async def test_a_token_in_another_workspaces_row_is_not_used(
    store: InstallationStore, database: Database
) -> None:
    await store.save(ACME)
    await store.save(replace(ACME, tenant="T0GLOBEX", token="xoxb-globex"))
    async with database.write() as db:
        theirs = select(installations.c.token).where(installations.c.tenant == "T0GLOBEX")
        token = (await db.execute(theirs)).scalar_one()
        ours = update(installations).where(installations.c.tenant == "T0ACME")
        await db.execute(ours.values(token=token))
    found = await store.get("T0ACME")
    assert found is not None
    assert (found.token, "another workspace" in found.problem) == ("", True)


async def test_a_state_is_taken_once_and_in_time_by_who_began_it(store: InstallationStore) -> None:
    state = await store.begin("default", NOW)
    assert not await store.take("default", "guess", NOW)
    assert not await store.take("other", state, NOW)
    taken = await asyncio.gather(*(store.take("default", state, NOW) for _ in range(3)))
    assert sorted(taken) == [False, False, True]
    late = await store.begin("default", NOW)
    assert not await store.take("default", late, NOW + STATE_FOR)
