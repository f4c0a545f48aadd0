from __future__ import annotations

from engine.storage.answered_cases import AnsweredCases
from engine.storage.cases import CaseStore
from engine.storage.database import Database
from engine.storage.inbox import InboxStore
from tests.engine.storage.questions import NOW, after, question


async def _answered(database: Database, ts: str, channel: str, tenant: str = "acme") -> str:
    """The id of a case whose asker has a person's answer."""
    inbox, cases = InboxStore(database), CaseStore(database)
    asked, _ = await inbox.add(tenant, question(ts, f"U{ts}"), at=NOW)
    case = await cases.open(tenant, asked.id, ["conflict"], NOW)
    await cases.placed(case.id, channel, f"card-{ts}")
    reply, _ = await inbox.add(tenant, question(f"case:{ts}", f"R{ts}", channel="C9"), at=NOW)
    await cases.answer(case.id, by="U9", text="Yes.", at=after(1), reply_id=reply.id)
    item = await inbox.claim(tenant, "w", at=NOW, lease_s=60)
    while item is not None:
        await inbox.finish(item.id, item.lease, 1, outcome="answered", at=after(2))
        item = await inbox.claim(tenant, "w", at=NOW, lease_s=60)
    await cases.settle(tenant, after(3))
    return case.id


async def test_only_answered_cases_of_the_same_channel_and_tenant_are_examples(
    database: Database,
) -> None:
    inbox, cases = InboxStore(database), CaseStore(database)
    mine = await _answered(database, "1.0", "C7")
    await _answered(database, "2.0", "C8")
    await _answered(database, "3.0", "C7", tenant="globex")
    waiting, _ = await inbox.add("acme", question("4.0", "U4"), at=NOW)
    case = await cases.open("acme", waiting.id, ["conflict"], NOW)
    await cases.placed(case.id, "C7", "card-4.0")
    found = await AnsweredCases(database).shown_in("acme", "C7", limit=9)
    assert [(c.id, c.channel, c.ts, c.answered_by) for c in found] == [
        (mine, "C7", "card-1.0", "U9")
    ]
    await inbox.cancel("acme", "T1", "C1", "1.0", at=after(9))
    assert await AnsweredCases(database).shown_in("acme", "C7", limit=9) == ()
