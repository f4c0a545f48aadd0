from __future__ import annotations

import asyncio

import pytest

from bot.access.facts import FactsUnknown, SlackFacts
from bot.access.people import PersonKind, parse_person
from bot.slack_api import SlackApi
from bot.workspace import Fault, Kind, LocalWorkspace
from tests.bot.access.conftest import MOST_MEMBERS, TTL_S, Elapsed


async def test_questions_asked_together_cost_one_call_of_each_kind(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    found = await asyncio.gather(*(facts.conversation(general.id) for _ in range(20)))
    await asyncio.gather(*(facts.members(found[0]) for _ in range(20)))
    await asyncio.gather(*(facts.people([alice.id]) for _ in range(20)))
    methods = [call.method for call in workspace.calls()]
    assert sorted(methods) == [
        "auth.test",
        "conversations.info",
        "conversations.members",
        "users.info",
    ]


async def test_many_people_are_read_from_the_directory_and_strangers_one_by_one(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    crowd = [workspace.join(f"p{n}") for n in range(25)]
    guest, stranger = workspace.join("guest", Kind.GUEST), workspace.join("s", Kind.STRANGER)
    ids = [p.id for p in (*crowd, guest, stranger)]
    kinds = await facts.people(ids)
    assert [kinds[p.id] for p in crowd] == [PersonKind.MEMBER] * 25
    assert (kinds[guest.id], kinds[stranger.id]) == (PersonKind.GUEST, PersonKind.OUTSIDER)
    assert (len(workspace.calls("users.list")), len(workspace.calls("users.info"))) == (1, 1)
    await facts.people(ids)
    assert len(workspace.calls("users.list")) == 1


async def test_a_crowd_that_no_directory_lists_is_unknown(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    ids = [workspace.join(f"s{n}", Kind.STRANGER).id for n in range(25)]
    assert set((await facts.people(ids)).values()) == {PersonKind.UNKNOWN}
    assert not workspace.calls("users.info")


async def test_somebody_who_changes_while_the_directory_is_read_is_read_anew(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    crowd = [workspace.join(f"p{n}") for n in range(25)]
    ids = [p.id for p in crowd]
    workspace.faults.add("users.list", Fault.SLOW, seconds=0.1)  # answers as it was before
    before = asyncio.create_task(facts.people(ids))
    await workspace.until(lambda: workspace.slack.faults._rules[0].times == 0)
    workspace.become(crowd[0], Kind.GUEST)
    facts.heed(workspace.slack.events.sent[-1]["event"])
    after = await facts.people(ids)
    await before
    assert after[crowd[0].id] is PersonKind.GUEST
    assert (await facts.people(ids))[crowd[0].id] is PersonKind.GUEST


async def test_long_lists_are_read_page_by_page_up_to_the_limit(
    workspace: LocalWorkspace, facts: SlackFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.access.facts._PAGE", 4)
    crowd = [workspace.join(f"p{n}") for n in range(MOST_MEMBERS + 5)]
    fits = workspace.public("fits", *crowd[: MOST_MEMBERS - 1])
    conversation = await facts.conversation(fits.id)
    assert await facts.members(conversation) == set(fits.members)
    fits.members.extend(p.id for p in crowd[MOST_MEMBERS:])  # it grew since it was described
    facts._members.forget(fits.id)
    with pytest.raises(FactsUnknown, match="MOST_MEMBERS"):
        await facts.members(conversation)


async def test_the_same_page_again_ends_the_reading(
    workspace: LocalWorkspace, facts: SlackFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    general = workspace.public("general", workspace.join("alice"))
    conversation = await facts.conversation(general.id)

    async def endless(method: str, **_: object) -> dict[str, object]:
        return {"members": ["U1"], "response_metadata": {"next_cursor": "again"}}

    monkeypatch.setattr(facts._api, "call", endless)
    with pytest.raises(FactsUnknown, match="same page"):
        await facts.members(conversation)


@pytest.mark.parametrize("nonsense", [{}, {"channel": None}, {"channel": {"id": "C1"}}])
async def test_an_answer_that_says_nothing_is_no_fact(
    facts: SlackFacts, monkeypatch: pytest.MonkeyPatch, nonsense: dict[str, object]
) -> None:
    async def answer(method: str, **_: object) -> dict[str, object]:
        return nonsense

    monkeypatch.setattr(facts._api, "call", answer)
    with pytest.raises(FactsUnknown):
        await facts.conversation("C1")
    with pytest.raises(FactsUnknown):
        await facts.team()


async def test_with_no_time_to_remember_every_question_asks(
    workspace: LocalWorkspace, elapsed: Elapsed
) -> None:
    api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    facts = SlackFacts(api, ttl_s=0, most_members=MOST_MEMBERS, clock=elapsed)
    crowd = [workspace.join(f"p{n}") for n in range(25)]
    for expected in (1, 2):
        kinds = await facts.people([p.id for p in crowd])
        assert set(kinds.values()) == {PersonKind.MEMBER}
        assert len(workspace.calls("users.list")) == expected
    await facts.aclose()
    await api.aclose()


async def test_events_that_say_nothing_of_rights_are_left_alone(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    general = workspace.public("general", workspace.join("alice"))
    await facts.conversation(general.id)
    nonsense = ({}, {"type": "message", "channel": general.id}, {"type": "user_change", "user": 3})
    for event in nonsense:
        facts.heed(event)
    await facts.conversation(general.id)
    assert len(workspace.calls("conversations.info")) == 1


async def test_facts_of_a_while_ago_are_read_anew(
    workspace: LocalWorkspace, facts: SlackFacts, elapsed: Elapsed
) -> None:
    general = workspace.public("general", workspace.join("alice"))
    await facts.conversation(general.id)
    elapsed.s += TTL_S - 1
    await facts.conversation(general.id)
    assert len(workspace.calls("conversations.info")) == 1
    elapsed.s += 1
    await facts.conversation(general.id)
    assert len(workspace.calls("conversations.info")) == 2


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ({"is_restricted": False, "is_ultra_restricted": False}, PersonKind.MEMBER),
        ({"is_restricted": False}, PersonKind.UNKNOWN),
        ({}, PersonKind.UNKNOWN),
        ({"is_restricted": None, "is_ultra_restricted": None}, PersonKind.UNKNOWN),
        ({"is_restricted": True, "is_ultra_restricted": False}, PersonKind.GUEST),
        ({"is_ultra_restricted": True}, PersonKind.GUEST),
        ({"id": "USLACKBOT", "is_bot": False}, PersonKind.BOT),
        ({"deleted": True, "is_restricted": True}, PersonKind.GONE),
        (
            {"is_restricted": False, "is_ultra_restricted": False, "is_stranger": True},
            PersonKind.OUTSIDER,
        ),
        (
            {"is_restricted": False, "is_ultra_restricted": False, "team_id": None},
            PersonKind.UNKNOWN,
        ),
        ({"is_bot": True, "team_id": "T2"}, PersonKind.OUTSIDER),
    ],
)
def test_a_person_is_what_slack_says_and_no_more(user: dict[str, object], kind: PersonKind) -> None:
    assert parse_person({"id": "U1", "team_id": "T1", **user}, "T1") is kind
