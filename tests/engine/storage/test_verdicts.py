from __future__ import annotations

from typing import Any

from engine.storage.case import How
from engine.storage.cases import CaseStore
from engine.storage.channel_modes import Mode
from engine.storage.database import Database
from engine.storage.inbox import InboxStore, Surface
from engine.storage.verdicts import Answered, Source, Verdict, VerdictStore
from tests.engine.storage.questions import NOW, after, question


def answered(question_id: str, **changes: Any) -> Answered:
    values: dict[str, Any] = {
        "question_id": question_id,
        "team": "T1",
        "channel": "C1",
        "mode": Mode.SHADOW,
        "outcome": "answered",
        "confidence": 0.9,
        "fingerprint": "f1",
        "asked_at": NOW,
        "revision": 1,
    }
    return Answered(**values | changes)


async def test_the_stronger_witness_is_believed(database: Database) -> None:
    inbox, store = InboxStore(database), VerdictStore(database)
    one = (await inbox.add("acme", question(), at=NOW))[0].id
    right, wrong = Verdict.RIGHT, Verdict.WRONG
    assert not await store.judge("acme", one, right, Source.REVIEWER, at=NOW)
    await store.asked("acme", answered(one))
    assert await store.judge("acme", one, right, Source.COMPARISON, score=0.8, at=after(1))
    assert await store.judge("acme", one, wrong, Source.ASKER, at=after(2))
    assert not await store.judge("acme", one, right, Source.COMPARISON, score=0.9, at=after(3))
    assert await store.judge("acme", one, right, Source.ASKER, at=after(4))
    assert not await store.judge("globex", one, wrong, Source.REVIEWER, at=after(5))
    row = await store.get("acme", one)
    assert row is not None
    assert (row.verdict, row.source, row.score, row.judged_at) == (
        right,
        Source.ASKER,
        None,
        after(4),
    )
    assert not await store.take_back("acme", one, Source.REVIEWER)
    assert await store.take_back("acme", one, Source.ASKER)
    row = await store.get("acme", one)
    assert row is not None
    assert row.verdict is None


async def test_another_revisions_answer_has_no_verdict_yet(database: Database) -> None:
    inbox, store = InboxStore(database), VerdictStore(database)
    one = (await inbox.add("acme", question(), at=NOW))[0].id
    await store.asked("acme", answered(one))
    await store.judge("acme", one, Verdict.RIGHT, Source.REVIEWER, at=after(1))
    await store.asked("acme", answered(one, confidence=0.8, detail={"surface": "mention"}))
    row = await store.get("acme", one)
    assert row is not None
    assert (row.verdict, row.confidence, row.detail) == (
        Verdict.RIGHT,
        0.8,
        {"surface": "mention"},
    )
    await store.asked("acme", answered(one, revision=2))
    row = await store.get("acme", one)
    assert row is not None
    assert (row.verdict, row.revision) == (None, 2)


async def test_a_channels_verdicts_come_newest_first_without_deleted_questions(
    database: Database,
) -> None:
    inbox, store = InboxStore(database), VerdictStore(database)
    ids = [
        (await inbox.add("acme", question(ts, channel=channel), at=NOW))[0].id
        for ts, channel in (("1", "C1"), ("2", "C1"), ("3", "C1"), ("4", "C2"))
    ]
    for number, one in enumerate(ids):
        channel = "C2" if number == 3 else "C1"
        mode = Mode.AUTO if number == 1 else Mode.SHADOW
        await store.asked("acme", answered(one, asked_at=after(number), channel=channel, mode=mode))
    await store.judge("acme", ids[0], Verdict.RIGHT, Source.ASKER, at=after(10))

    async def of_channel(**how: Any) -> list[str]:
        return [row.question_id for row in await store.of_channel("acme", "T1", "C1", **how)]

    assert await of_channel() == [ids[2], ids[1], ids[0]]
    assert await of_channel(limit=1) == [ids[2]]
    assert await of_channel(mode=Mode.SHADOW, since=after(1)) == [ids[2]]
    assert await of_channel(judged=True) == [ids[0]]
    assert len(await store.of_tenant("acme")) == 4
    assert await store.of_tenant("globex") == ()
    assert await store.changed_since("acme", after(9))
    assert not await store.changed_since("acme", after(10))
    await inbox.cancel("acme", "T1", "C1", "3", at=after(11))
    assert await of_channel() == [ids[1], ids[0]]
    assert await store.forget("acme", ids[1])
    assert await of_channel() == [ids[0]]


async def test_a_reviewers_word_is_known_once_the_asker_has_it_or_the_case_is_rejected(
    database: Database,
) -> None:
    inbox, store, cases = InboxStore(database), VerdictStore(database), CaseStore(database)
    ids = []
    for ts in ("1", "2", "3", "4"):
        one = (await inbox.add("acme", question(ts, user=f"U{ts}"), at=NOW))[0].id
        await store.asked("acme", answered(one))
        ids.append(one)
    sent, rejected, waits, changed = ids
    opened = {one: await cases.open("acme", one, ["draft_mode"], NOW) for one in ids[:3]}
    await cases.open("acme", changed, ["draft_mode"], NOW, revision=2)
    reply, _ = await inbox.add(
        "acme", question("r", user="U9", surface=Surface.CASE_REPLY), at=after(1)
    )
    await cases.answer(
        opened[sent].id, by="U9", text="Five.", how=How.EDITED, at=after(1), reply_id=reply.id
    )
    await cases.reject(opened[rejected].id, by="U9", why="not ours", at=after(2))
    assert [each.question_id for each in await store.decided("acme")] == [rejected]
    while (held := await inbox.claim("acme", "w", at=after(2), lease_s=60)) is not None:
        await inbox.finish(held.id, held.lease, held.revision, outcome="answered", at=after(3))
    await cases.settle("acme", after(4))
    decided = {each.question_id: each for each in await store.decided("acme")}
    assert set(decided) == {sent, rejected}
    assert (decided[sent].how, decided[sent].answer, decided[sent].at) == (
        How.EDITED,
        "Five.",
        after(1),
    )
    assert (decided[rejected].how, decided[rejected].at) == (None, after(2))
    assert await store.decided("globex") == ()
    await store.judge("acme", sent, Verdict.RIGHT, Source.REVIEWER, at=after(5))
    assert [each.question_id for each in await store.decided("acme")] == [rejected]
    assert waits not in decided
