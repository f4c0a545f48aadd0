from __future__ import annotations

from typing import Any

import pytest

from bot.page.cast import Cast
from bot.page.server import PageServer
from bot.workspace import LocalWorkspace
from bot.workspace.errors import Json
from bot.workspace.posting import post


def by_app(workspace: LocalWorkspace, channel: Any, text: str, **more: Any) -> Any:
    bot = workspace.world.people[workspace.app.bot_user]
    return post(workspace.slack, channel, bot, text, **more)


async def test_each_person_sees_the_channels_they_are_in(tab_of: Any) -> None:
    seen = {}
    for name in ("maya", "greta", "oscar", "adam"):
        state = await tab_of(name).open()
        seen[name] = {c["name"] for c in state["channels"] if c["type"] in ("channel", "group")}
        assert [c["with"] for c in state["channels"] if c["type"] == "im"] == ["U0DESKHAND"]
    assert seen["greta"] == {"project-north"}
    assert seen["oscar"] == {"partners"}
    assert "escalations" not in seen["maya"]
    assert {"escalations", "admin"} <= seen["adam"]


async def test_the_state_says_who_there_is_and_what_they_may_do(maya: Any) -> None:
    state = await maya.open()
    people = {p["real_name"]: p for p in state["people"]}
    assert people["Greta Weiss"]["role"] == "guest"
    assert people["Oscar Brandt"]["outsider"]
    assert not people["deskhand"]["can_act"]
    assert state["viewer"] == maya.person.id


async def test_nobody_reads_where_they_are_not(tab_of: Any, cast: Cast) -> None:
    said = cast.people["rita"].say(cast.escalations, "between us")
    maya = tab_of("maya")
    await maya.open()
    channel = cast.escalations.id
    await maya.get("messages", 404, channel=channel)
    await maya.get("thread", 404, channel=channel, ts=said.ts)
    await maya.act("say", 404, channel=channel, text="hello")
    await maya.act("react", 404, channel=channel, ts=said.ts, name="eyes")


async def test_nobody_acts_as_the_app(maya: Any, cast: Cast) -> None:
    body = {"as": "U0DESKHAND", "act": "say", "channel": cast.help.id, "text": "hello"}
    refused = await maya.post("act", body, 403)
    assert refused["error"]["code"] == "forbidden"
    await maya.post("act", {**body, "as": "U0NOBODY"}, 400)


async def test_a_long_channel_comes_in_pages(maya: Any, cast: Cast) -> None:
    tom = cast.people["tom"]
    said = [tom.say(cast.general, f"message {n}").ts for n in range(130)]
    tom.say(cast.general, "a reply", thread_ts=said[-1])
    found: list[str] = []
    before, more = "", True
    while more:
        query = {
            "channel": cast.general.id,
            "limit": "50",
            **({"before": before} if before else {}),
        }
        page = await maya.get("messages", **query)
        assert len(page["messages"]) <= 50
        found = [m["ts"] for m in page["messages"]] + found
        before, more = page["messages"][0]["ts"], page["more"]
    assert found == said
    last = (await maya.get("messages", channel=cast.general.id, limit="1"))["messages"][0]
    assert (last["reply_count"], last["in_thread"]) == (1, False)


async def test_a_thread_comes_with_its_root_and_in_pages(maya: Any, cast: Cast) -> None:
    tom = cast.people["tom"]
    root = tom.say(cast.general, "root")
    replies = [tom.reply(root, f"reply {n}").ts for n in range(5)]
    last = await maya.get("thread", channel=cast.general.id, ts=root.ts, limit="2")
    assert (last["root"]["text"], last["more"]) == ("root", True)
    assert [m["ts"] for m in last["messages"]] == replies[-2:]
    rest = await maya.get("thread", channel=cast.general.id, ts=root.ts, before=replies[-2])
    assert ([m["ts"] for m in rest["messages"]], rest["more"]) == (replies[:3], False)


async def test_a_deleted_root_leaves_a_tombstone_over_its_replies(maya: Any, cast: Cast) -> None:
    tom = cast.people["tom"]
    root = tom.say(cast.general, "never mind")
    tom.reply(root, "reply")
    tom.delete(root)
    shown = (await maya.get("messages", channel=cast.general.id))["messages"]
    assert [(m["deleted"], m["text"], m["reply_count"]) for m in shown] == [(True, "", 1)]
    thread = await maya.get("thread", channel=cast.general.id, ts=root.ts)
    assert thread["root"]["deleted"]
    assert [m["text"] for m in thread["messages"]] == ["reply"]


async def test_an_ephemeral_message_is_seen_by_its_person_alone(
    workspace: LocalWorkspace, tab_of: Any, cast: Cast, app: Any
) -> None:
    await app.client.chat_postEphemeral(
        channel=cast.help.id, user=cast.people["maya"].id, text="only you"
    )
    texts: dict[str, list[Json]] = {}
    for name in ("maya", "tom"):
        tab = tab_of(name)
        await tab.open()
        texts[name] = (await tab.get("messages", channel=cast.help.id))["messages"]
    assert [(m["text"], m["ephemeral"]) for m in texts["maya"]] == [("only you", True)]
    assert texts["tom"] == []


async def test_what_was_not_read_yet_is_counted(maya: Any, cast: Cast) -> None:
    def unread(state: Json) -> int:
        return next(int(c["unread"]) for c in state["channels"] if c["id"] == cast.general.id)

    assert unread(await maya.open()) == 0
    for n in range(3):
        cast.people["tom"].say(cast.general, str(n))
    assert unread(await maya.open()) == 3
    await maya.act("read", channel=cast.general.id)
    assert unread(await maya.open()) == 0
    maya.person.say(cast.general, "mine")
    assert unread(await maya.open()) == 0


async def test_an_answer_of_the_bot_offers_what_happened(
    workspace: LocalWorkspace, maya: Any, cast: Cast
) -> None:
    def known_as(key: str) -> Json:
        return {"event_type": "deskhand_reply", "event_payload": {"key": key}}

    by_app(workspace, cast.help, "an answer", metadata=known_as("q1:answer:0"))
    by_app(workspace, cast.help, "a notice", metadata=known_as("q1:notice:0"))
    by_app(workspace, cast.help, "anything")
    shown = (await maya.get("messages", channel=cast.help.id))["messages"]
    assert [m["explains"] for m in shown] == [True, False, False]
    refused = await maya.get("explain", 404, channel=cast.help.id, ts=shown[0]["ts"])
    assert refused["error"]["code"] == "no_trace"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"limit": "٣"},
        {"before": "yesterday"},
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(
    maya: Any, cast: Cast, query: dict[str, str]
) -> None:
    refused = await maya.get("messages", 400, channel=cast.help.id, **query)
    assert next(iter(query)) in refused["error"]["text"]


async def test_a_fault_of_the_server_tells_nobody_its_inside(
    server: PageServer, maya: Any, monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("bot.page.sight.Sight.roots", broken)
    refused = await maya.get("messages", 500, channel=cast.help.id)
    assert "secret" not in str(refused)
