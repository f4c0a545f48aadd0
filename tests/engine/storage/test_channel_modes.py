from __future__ import annotations

from dataclasses import replace

from engine.storage.channel_modes import ChannelModeStore, Mode, Setting
from engine.storage.database import Database
from tests.engine.storage.questions import NOW, after

SHADOW, DRAFT, AUTO = Setting(mode=Mode.SHADOW), Setting(mode=Mode.DRAFT), Setting(mode=Mode.AUTO)


async def test_a_mode_is_kept_with_who_set_it_and_its_history(database: Database) -> None:
    store = ChannelModeStore(database)
    assert await store.of("acme", "T1", "C1") is None
    wanted = Setting(mode=Mode.SHADOW, target_precision=0.95, routing={"to_channel": "C9"})
    first = await store.put("acme", "T1", "C1", wanted, by="U1", at=NOW, evidence={"why": "new"})
    assert first.done
    assert first.before is None
    again = await store.put("acme", "T1", "C1", wanted, by="U2", at=after(1), evidence={})
    assert not again.done
    await store.put("acme", "T1", "C1", DRAFT, by=None, at=after(2), evidence={"n": 140})
    now = await store.of("acme", "T1", "C1")
    assert now is not None
    assert (now.mode, now.target_precision, now.set_by, now.by_file) == (
        Mode.DRAFT,
        None,
        None,
        False,
    )
    lines = await store.changes("acme", "T1", "C1")
    assert [(line.before, line.after, line.by) for line in lines] == [
        (Mode.SHADOW, Mode.DRAFT, None),
        (None, Mode.SHADOW, "U1"),
    ]
    assert lines[0].evidence == {"n": 140}
    assert await store.of("globex", "T1", "C1") is None
    assert await store.of("acme", "T2", "C1") is None
    assert not await store.changes("globex", "T1", "C1")


async def test_a_change_that_was_decided_on_what_is_no_more_is_none(database: Database) -> None:
    store = ChannelModeStore(database)
    await store.put("acme", "T1", "C1", SHADOW, by="U1", at=NOW, evidence={})
    read = await store.of("acme", "T1", "C1")
    args = ("acme", "T1", "C1", AUTO)
    first = await store.put(*args, by="U1", at=after(1), evidence={}, expected=read)
    second = await store.put(*args, by="U2", at=after(2), evidence={}, expected=read)
    assert (first.done, second.done) == (True, False)
    assert len(await store.changes("acme", "T1", "C1")) == 2
    # Of the same mode again, with another target: what was decided on the old one is not.
    read = await store.of("acme", "T1", "C1")
    stricter = replace(AUTO, target_precision=0.99)
    await store.put("acme", "T1", "C1", stricter, by="U1", at=after(3), evidence={})
    demoted = await store.put(
        "acme", "T1", "C1", DRAFT, by=None, at=after(4), evidence={}, expected=read
    )
    assert not demoted.done
    now = await store.of("acme", "T1", "C1")
    assert now is not None
    assert (now.mode, now.target_precision) == (Mode.AUTO, 0.99)


async def test_the_file_sets_what_is_new_in_it_and_nothing_twice(database: Database) -> None:
    store = ChannelModeStore(database)
    await store.put("acme", "T1", "C3", DRAFT, by="U1", at=NOW, evidence={})
    said = {"C1": AUTO, "C2": SHADOW}
    assert await store.settle_file("acme", "T1", said, at=after(1)) == ("C1", "C2")
    assert await store.settle_file("acme", "T1", said, at=after(2)) == ()
    await store.put("acme", "T1", "C1", DRAFT, by=None, at=after(3), evidence={"why": "demoted"})
    assert await store.settle_file("acme", "T1", said, at=after(4)) == ()
    demoted = await store.of("acme", "T1", "C1")
    assert demoted is not None
    assert demoted.mode is Mode.DRAFT
    assert demoted.by_file
    assert await store.settle_file("acme", "T1", {"C1": SHADOW}, at=after(5)) == ("C1",)
    rows = {row.channel: row for row in await store.all("acme")}
    assert {c: (r.mode, r.by_file) for c, r in rows.items()} == {
        "C1": (Mode.SHADOW, True),
        "C2": (Mode.SHADOW, False),
        "C3": (Mode.DRAFT, False),
    }
    assert await store.settle_file("acme", "T1", {}, at=after(6)) == ()
    assert not any(row.by_file for row in await store.all("acme"))
