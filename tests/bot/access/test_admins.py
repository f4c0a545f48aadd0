"""Who is an admin, as a local Slack says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.access.admins import Admins
from bot.access.facts import SlackFacts
from bot.slack_api import SlackApi, SlackFault
from bot.workspace import Fault, Kind, LocalWorkspace
from bot.workspace.people import Person


@pytest.fixture
async def api(workspace: LocalWorkspace) -> AsyncIterator[SlackApi]:
    made = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    yield made
    await made.aclose()


def admins_of(api: SlackApi, group: str | None = None) -> Admins:
    return Admins(api=api, facts=SlackFacts(api, ttl_s=0, most_members=100), group=group)


async def test_admins_and_owners_alone_are_admins(workspace: LocalWorkspace, api: SlackApi) -> None:
    found = {}
    for kind in Kind:
        if kind is not Kind.BOT:
            found[kind] = await admins_of(api).include(workspace.join(f"p.{kind}", kind).id)
    assert {kind for kind, may in found.items() if may} == {Kind.ADMIN, Kind.OWNER}


@pytest.mark.parametrize(
    "more",
    [
        {"is_stranger": True},
        {"team_id": "TOTHER"},
        {"is_restricted": True},
        {"is_bot": True},
        {"deleted": True},
        {"team_id": None},
    ],
)
async def test_who_is_an_admin_only_elsewhere_is_none_here(
    workspace: LocalWorkspace,
    api: SlackApi,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
) -> None:
    adam = workspace.join("adam", Kind.ADMIN)
    render = Person.render
    monkeypatch.setattr(Person, "render", lambda self, **kw: render(self, **kw) | more)
    assert not await admins_of(api).include(adam.id)


async def test_full_members_of_the_group_that_is_set_are_admins_too(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    maya, guest, tom = (
        workspace.join("maya"),
        workspace.join("gus", Kind.GUEST),
        workspace.join("tom"),
    )
    adam = workspace.join("adam", Kind.ADMIN)
    group = workspace.usergroup("helpers", [maya, guest])
    admins = admins_of(api, group.id)
    assert await admins.include(maya.id)
    assert await admins.include(adam.id)
    assert not await admins.include(guest.id)
    assert not await admins.include(tom.id)
    assert not await admins_of(api).include(maya.id)


async def test_nobody_is_an_admin_where_slack_does_not_say(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    maya = workspace.join("maya")
    group = workspace.usergroup("helpers", [maya])
    workspace.faults.add("usergroups.list", Fault.REFUSED, code="missing_scope")
    with pytest.raises(SlackFault, match="user group"):
        await admins_of(api, group.id).include(maya.id)
