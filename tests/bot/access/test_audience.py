from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.access.audience import audience_of, document_tag, rights_in, rights_of
from bot.access.facts import SlackFacts
from bot.workspace import Actor, Fault, Kind, LocalWorkspace
from bot.workspace.channels import Channel
from tests.bot.access.conftest import MOST_MEMBERS, TTL_S, Asks, Elapsed

PUBLIC_ONLY = {"public"}


def own(channel: Channel) -> set[str]:
    return {"public", document_tag(channel.id)}


def full(channel: Channel) -> set[str]:
    return own(channel) | {"everyone"}


async def test_full_members_in_a_public_channel_may_read_what_everyone_may(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob", Kind.ADMIN)
    general = workspace.public("general", alice, bob)
    assert await tags(alice, general) == full(general)


async def test_a_public_channel_is_told_nothing_of_a_group_that_holds_all_its_members(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    """Every full member may look into it, those outside the group too."""
    alice, bob = workspace.join("alice"), workspace.join("bob")
    workspace.usergroup("leads", [alice, bob])
    assert "group:" not in " ".join(await tags(alice, workspace.public("leads", alice, bob)))


async def test_a_private_channel_is_told_what_belongs_to_groups_that_hold_all_of_it(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, bob, carol = (workspace.join(name) for name in ("alice", "bob", "carol"))
    leads = workspace.usergroup("leads", [alice, bob, carol])
    workspace.usergroup("finance", [alice])
    room = workspace.private("leads", alice, bob)
    assert await tags(alice, room) == full(room) | {f"group:{leads.id}"}


async def test_a_group_out_of_use_or_of_others_gives_no_right(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    disabled = workspace.usergroup("old", [alice])
    disabled.disabled = True
    workspace.usergroup("theirs", [alice]).team_id = "T0OUTSIDE0"
    room = workspace.private("room", alice)
    assert await tags(alice, room) == full(room)


@pytest.mark.parametrize("kind", [Kind.GUEST, Kind.SINGLE_CHANNEL_GUEST, Kind.STRANGER])
@pytest.mark.parametrize("make", ["public", "private", "group_dm"])
async def test_one_guest_or_outsider_narrows_a_conversation_for_all(
    workspace: LocalWorkspace, tags: Asks, kind: Kind, make: str
) -> None:
    alice, bob, other = (
        workspace.join("alice"),
        workspace.join("bob"),
        workspace.join("other", kind),
    )
    workspace.usergroup("all", [alice, bob, other])
    people = (alice, bob, other)
    room = (
        workspace.group_dm(*people)
        if make == "group_dm"
        else getattr(workspace, make)("room", *people)
    )
    assert await tags(alice, room) == own(room)
    assert await tags(other, room) == own(room)


async def test_a_group_message_of_full_members_is_like_a_private_channel(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob", Kind.OWNER)
    leads = workspace.usergroup("leads", [alice, bob])
    room = workspace.group_dm(alice, bob)
    assert await tags(alice, room) == full(room) | {f"group:{leads.id}"}


async def test_a_channel_shared_with_another_company_is_told_only_what_is_its_own(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    room = workspace.shared("partners", alice)
    assert await tags(alice, room) == own(room)


async def test_a_channel_to_which_another_company_is_invited_is_narrowed_at_once(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    room = workspace.public("partners-soon", alice)
    room.pending_shared = True
    assert await tags(alice, room) == own(room)


async def test_archived_channels_keep_their_readers(workspace: LocalWorkspace, tags: Asks) -> None:
    alice, guest = workspace.join("alice"), workspace.join("guest", Kind.GUEST)
    old, mixed = workspace.public("old", alice), workspace.public("mixed", alice, guest)
    workspace.archive(old)
    workspace.archive(mixed)
    assert await tags(alice, old) == full(old)
    assert await tags(alice, mixed) == own(mixed)


async def test_apps_of_the_workspace_and_deactivated_accounts_narrow_nothing(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, ci, left = (
        workspace.join("alice"),
        workspace.join("ci", Kind.BOT),
        workspace.join("left", Kind.GUEST),
    )
    leads = workspace.usergroup("leads", [alice])
    room = workspace.private("room", alice, ci, left)
    left.person.deleted = True  # still listed
    assert await tags(alice, room) == full(room) | {f"group:{leads.id}"}


async def test_another_companys_app_is_an_outsider(workspace: LocalWorkspace, tags: Asks) -> None:
    alice, spy = workspace.join("alice"), workspace.join("spy", Kind.BOT)
    spy.person.team_id = "T0OUTSIDE0"
    room = workspace.public("room", alice, spy)
    assert await tags(alice, room) == own(room)


async def test_who_asks_counts_as_a_reader_though_slack_does_not_list_them_yet(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, guest = workspace.join("alice"), workspace.join("guest", Kind.GUEST)
    room = workspace.public("room", alice)
    assert await tags(guest, room) == own(room)


async def test_a_channel_without_people_is_told_what_is_its_own(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    workspace.usergroup("leads", [workspace.join("alice")])
    room = workspace.private("bots")
    audience = await audience_of(
        facts, team=workspace.world.team_id, channel=room.id, user=None, user_team=None
    )
    assert audience.tags == own(room)


async def test_in_a_direct_message_a_member_has_their_own_rights(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    leads = workspace.usergroup("leads", [alice, bob])
    workspace.usergroup("finance", [bob])
    room, group = workspace.private("room", alice, bob), workspace.group_dm(alice, bob)
    workspace.private("bobs", bob)
    workspace.private("unknown-to-the-app", alice, with_bot=False)
    expected = {"public", "everyone", f"user:{alice.id}", f"group:{leads.id}"}
    expected |= {document_tag(c.id) for c in (room, group, alice.dm)}
    assert await tags(alice, alice.dm) == expected


async def test_in_a_direct_message_a_guest_has_what_is_public_theirs_and_their_channels(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    guest = workspace.join("guest", Kind.SINGLE_CHANNEL_GUEST)
    workspace.usergroup("leads", [guest])
    room = workspace.public("room", guest)
    workspace.public("general", workspace.join("alice"))
    expected = {"public", f"user:{guest.id}", document_tag(room.id), document_tag(guest.dm.id)}
    assert await tags(guest, guest.dm) == expected


@pytest.mark.parametrize("kind", [Kind.STRANGER, Kind.BOT])
async def test_in_a_direct_message_others_are_told_what_is_public(
    workspace: LocalWorkspace, tags: Asks, kind: Kind
) -> None:
    other = workspace.join("other", kind)
    assert await tags(other, other.dm) == PUBLIC_ONLY


async def test_a_deactivated_account_is_told_what_is_public(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    workspace.leave(alice)
    assert await tags(alice, alice.dm) == PUBLIC_ONLY


async def test_somebody_elses_direct_message_gives_no_rights(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    assert await tags(bob, alice.dm) == PUBLIC_ONLY


async def test_a_team_named_by_the_event_outweighs_what_slack_says_of_the_person(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    for channel, expected in ((general, own(general)), (alice.dm, PUBLIC_ONLY)):
        audience = await audience_of(
            facts,
            team=workspace.world.team_id,
            channel=channel.id,
            user=alice.id,
            user_team="T0OUTSIDE0",
        )
        assert audience.tags == expected


async def test_another_workspaces_question_is_told_what_is_public(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    audience = await audience_of(
        facts, team="T0OUTSIDE0", channel=general.id, user=alice.id, user_team=None
    )
    assert audience.tags == PUBLIC_ONLY


async def test_what_only_one_person_sees_goes_by_their_rights_wherever_they_are(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    alice, stranger = workspace.join("alice"), workspace.join("stranger", Kind.STRANGER)
    room = workspace.shared("partners", alice, stranger)
    team = workspace.world.team_id
    hers = await rights_of(facts, team=team, user=alice.id, user_team=team)
    theirs = await rights_of(facts, team=team, user=stranger.id, user_team="T0OUTSIDE0")
    assert hers.audience.tags == full(room) | {f"user:{alice.id}"}
    assert theirs.audience.tags == PUBLIC_ONLY
    nobody = await rights_of(facts, team=team, user=None, user_team=None)
    assert nobody.audience.tags == PUBLIC_ONLY


async def test_a_channel_larger_than_is_read_is_told_what_is_its_own(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    crowd = [workspace.join(f"p{n}") for n in range(MOST_MEMBERS)]
    fits = workspace.public("fits", *crowd[:-1])
    large = workspace.public("large", *crowd)
    assert await tags(crowd[0], fits) == full(fits)
    assert await tags(crowd[0], large) == own(large)
    assert not [
        c
        for c in workspace.calls("conversations.members")
        if c.arguments.get("channel") == large.id
    ]


async def test_a_direct_message_that_its_event_says_is_one_costs_no_question_what_it_is(
    workspace: LocalWorkspace, facts: SlackFacts, tags: Asks
) -> None:
    team = workspace.world.team_id
    people = [
        workspace.join("m"),
        workspace.join("g", Kind.GUEST),
        workspace.join("s", Kind.STRANGER),
    ]
    for person in people:
        expected = await tags(person, person.dm)
        asked = len(workspace.calls("conversations.info"))
        found = await rights_in(
            facts, team=team, channel=person.dm.id, user=person.id, user_team=None, dm=True
        )
        assert found.audience.tags == expected
        assert len(workspace.calls("conversations.info")) == asked


async def test_an_event_cannot_make_a_channel_a_direct_message(
    workspace: LocalWorkspace, facts: SlackFacts
) -> None:
    alice = workspace.join("alice")
    room = workspace.shared("partners", alice)
    found = await rights_in(
        facts,
        team=workspace.world.team_id,
        channel=room.id,
        user=alice.id,
        user_team=None,
        dm=True,
    )
    assert found.audience.tags == own(room)


FAULTS = [Fault.RATE_LIMITED, Fault.REFUSED, Fault.SERVER_ERROR, Fault.DROP_RESPONSE]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_channel_that_slack_does_not_describe_is_told_what_is_public(
    workspace: LocalWorkspace, tags: Asks, fault: Fault
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    workspace.faults.add("conversations.info", fault, times=None)
    assert await tags(alice, general) == PUBLIC_ONLY
    assert await tags(alice, alice.dm) == PUBLIC_ONLY


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ["conversations.members", "users.info"])
async def test_a_channel_whose_readers_slack_does_not_name_is_told_what_is_its_own(
    workspace: LocalWorkspace, tags: Asks, fault: Fault, method: str
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    workspace.faults.add(method, fault, times=None)
    assert await tags(alice, general) == own(general)


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_the_groups_a_channel_is_told_the_rest(
    workspace: LocalWorkspace, tags: Asks, fault: Fault
) -> None:
    alice = workspace.join("alice")
    workspace.usergroup("leads", [alice])
    room = workspace.private("room", alice)
    workspace.faults.add("usergroups.list", fault, times=None)
    assert await tags(alice, room) == full(room)


async def test_when_slack_does_not_say_whose_token_it_is_nothing_but_public_is_said(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    workspace.faults.add("auth.test", Fault.REFUSED, times=None, code="invalid_auth")
    assert await tags(alice, workspace.public("general", alice)) == PUBLIC_ONLY


async def test_missing_scopes_close_and_never_open(workspace: LocalWorkspace, tags: Asks) -> None:
    workspace.app.scopes = ("chat:write",)
    alice = workspace.join("alice")
    assert await tags(alice, workspace.public("general", alice)) == PUBLIC_ONLY
    assert await tags(alice, alice.dm) == PUBLIC_ONLY


async def test_rights_say_when_they_may_be_narrower_than_they_need_be(
    workspace: LocalWorkspace, facts: SlackFacts, elapsed: Elapsed
) -> None:
    alice = workspace.join("alice")
    room = workspace.private("room", alice)
    question = {"channel": room.id, "user": alice.id, "user_team": None}
    workspace.faults.add("conversations.members", Fault.RATE_LIMITED, seconds=7)
    team = workspace.world.team_id
    limited = await rights_in(facts, team=team, **question)
    assert (limited.certain, limited.retry_after_s) == (False, 7)
    assert limited.audience.tags == own(room)
    elapsed.s += 5
    still = await rights_in(facts, team=team, **question)
    assert (still.certain, still.retry_after_s) == (False, 2)
    assert len(workspace.calls("conversations.members")) == 1
    elapsed.s += 2
    again = await rights_in(facts, team=team, **question)
    assert (again.certain, again.audience.tags) == (True, full(room))


@pytest.mark.parametrize("crowd", [1, 15])
@pytest.mark.parametrize("make", ["private", "dm"])
async def test_rights_say_when_people_who_are_not_known_now_can_be_asked_for_again(
    workspace: LocalWorkspace, facts: SlackFacts, crowd: int, make: str
) -> None:
    people = [workspace.join(f"p{n}") for n in range(crowd)]
    room = people[0].dm if make == "dm" else workspace.private("room", *people)
    for method in ("users.info", "users.list"):
        workspace.faults.add(method, Fault.RATE_LIMITED, seconds=7, times=None)
    rights = await rights_in(
        facts,
        team=workspace.world.team_id,
        channel=room.id,
        user=people[0].id,
        user_team=None,
    )
    assert (rights.certain, rights.retry_after_s) == (False, 7)


async def test_one_answer_that_is_lost_on_its_way_closes_nothing(
    workspace: LocalWorkspace, tags: Asks
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    for method in ("auth.test", "conversations.info", "conversations.members", "users.info"):
        workspace.faults.add(method, Fault.DROP_RESPONSE)
    assert await tags(alice, general) == full(general)


Told = Callable[[], None]


async def test_a_guest_who_joins_narrows_the_next_answer(
    workspace: LocalWorkspace, tags: Asks, told: Told
) -> None:
    alice, guest = workspace.join("alice"), workspace.join("guest", Kind.GUEST)
    room = workspace.public("room", alice)
    assert await tags(alice, room) == full(room)
    workspace.invite(room, guest)
    told()
    assert await tags(alice, room) == own(room)
    workspace.remove(room, guest)
    told()
    assert await tags(alice, room) == full(room)


async def test_without_an_event_a_guest_who_joined_is_seen_after_the_time_set(
    workspace: LocalWorkspace, tags: Asks, elapsed: Elapsed
) -> None:
    alice, guest = workspace.join("alice"), workspace.join("guest", Kind.GUEST)
    room = workspace.public("room", alice)
    assert await tags(alice, room) == full(room)
    room.members.append(guest.id)
    elapsed.s += TTL_S
    assert await tags(alice, room) == own(room)


async def test_after_a_gap_everything_is_read_anew(
    workspace: LocalWorkspace, tags: Asks, facts: SlackFacts
) -> None:
    alice = workspace.join("alice")
    room = workspace.public("room", alice)
    assert await tags(alice, room) == full(room)
    alice.person.kind = Kind.GUEST
    facts.forget_all()
    assert await tags(alice, room) == own(room)


async def change_to_guest(workspace: LocalWorkspace, room: Channel, bob: Actor) -> None:
    workspace.become(bob, Kind.GUEST)


async def share(workspace: LocalWorkspace, room: Channel, bob: Actor) -> None:
    workspace.share(room, "T0OUTSIDE0")


@pytest.mark.parametrize("change", [change_to_guest, share])
async def test_an_event_that_narrows_is_heeded_at_once(
    workspace: LocalWorkspace, tags: Asks, told: Told, change: Callable
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    room = workspace.private("room", alice, bob)
    assert await tags(alice, room) == full(room)
    await change(workspace, room, bob)
    told()
    assert await tags(alice, room) == own(room)


async def test_who_leaves_a_group_loses_its_rights_with_the_event(
    workspace: LocalWorkspace, tags: Asks, told: Told
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    leads = workspace.usergroup("leads", [alice, bob])
    room = workspace.private("room", alice, bob)
    assert f"group:{leads.id}" in await tags(alice, room)
    assert f"group:{leads.id}" in await tags(bob, bob.dm)
    workspace.set_members(leads, [alice])
    told()
    assert f"group:{leads.id}" not in await tags(alice, room)
    assert f"group:{leads.id}" not in await tags(bob, bob.dm)


async def test_who_leaves_a_channel_loses_its_documents_in_their_direct_message(
    workspace: LocalWorkspace, tags: Asks, told: Told
) -> None:
    alice = workspace.join("alice")
    room = workspace.private("room", alice)
    assert document_tag(room.id) in await tags(alice, alice.dm)
    workspace.remove(room, alice)
    told()
    assert document_tag(room.id) not in await tags(alice, alice.dm)
