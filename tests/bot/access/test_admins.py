"""Who is an admin, as a local Slack says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.access.admins import is_admin
from bot.slack_api import SlackApi
from bot.workspace import Kind, LocalWorkspace
from bot.workspace.people import Person


@pytest.fixture
async def api(workspace: LocalWorkspace) -> AsyncIterator[SlackApi]:
    made = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5)
    yield made
    await made.aclose()


async def test_admins_and_owners_alone_are_admins(workspace: LocalWorkspace, api: SlackApi) -> None:
    found = {}
    for kind in Kind:
        if kind is not Kind.BOT:
            found[kind] = await is_admin(api, workspace.join(f"p.{kind}", kind).id)
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
    assert not await is_admin(api, adam.id)
