from __future__ import annotations

import io
from typing import Any

import pytest

from bot.page.cast import Cast
from bot.page.guard import TOKEN_HEADER
from bot.workspace import LocalWorkspace

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


def field(block_id: str, element: Json, **more: Any) -> Json:
    label = plain(block_id)
    return {"type": "input", "block_id": block_id, "label": label, "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    view = {"type": "modal", "title": plain("Form"), "submit": plain("Send"), "blocks": blocks}
    return view | more


TEXT = {"type": "plain_text_input", "action_id": "value", "min_length": 3}
CHOICE = {"type": "static_select", "action_id": "value", "options": [option("a"), option("b")]}
BUTTONS = {
    "type": "actions",
    "block_id": "top",
    "elements": [
        {"type": "button", "action_id": "go", "text": plain("Go"), "value": "1"},
        {"type": "overflow", "action_id": "more", "options": [option("x"), option("y")]},
    ],
}
FEEDBACK = {
    "type": "context_actions",
    "block_id": "fb",
    "elements": [
        {
            "type": "feedback_buttons",
            "action_id": "feedback",
            "positive_button": {"text": plain("Good"), "value": "up"},
            "negative_button": {"text": plain("Bad"), "value": "down"},
        }
    ],
}


async def post_blocks(app: Any, cast: Cast, *blocks: Json) -> str:
    posted = await app.client.chat_postMessage(
        channel=cast.help.id, text="choose", blocks=list(blocks)
    )
    return str(posted["ts"])


async def test_what_is_written_reaches_the_app_as_slack_would_send_it(
    maya: Any, cast: Cast, app: Any, workspace: LocalWorkspace
) -> None:
    said = await maya.act("say", channel=cast.help.id, text="<@U0DESKHAND> how long?")
    await maya.act("say", channel=cast.help.id, text="please", thread_ts=said["ts"])
    await maya.act("edit", channel=cast.help.id, ts=said["ts"], text="<@U0DESKHAND> how short?")
    await maya.act("react", channel=cast.help.id, ts=said["ts"], name="+1")
    await workspace.settled()
    assert workspace.attempts("app_mention")[0].answer.acked
    assert workspace.attempts("reaction_added")
    shown = (await maya.get("messages", channel=cast.help.id))["messages"]
    assert [(m["text"], m["edited"]["user"], m["reply_count"]) for m in shown] == [
        ("<@U0DESKHAND> how short?", maya.person.id, 1)
    ]
    assert shown[0]["reactions"] == [{"name": "+1", "users": [maya.person.id], "count": 1}]
    await maya.act("unreact", channel=cast.help.id, ts=said["ts"], name="+1")
    await maya.act("delete", channel=cast.help.id, ts=said["ts"])
    shown = (await maya.get("messages", channel=cast.help.id))["messages"]
    assert [m["deleted"] for m in shown] == [True]


@pytest.mark.parametrize(
    ("act", "fields", "status"),
    [
        ("say", {"text": "   "}, 400),
        ("say", {"text": "x" * 12_001}, 400),
        ("say", {"text": 7}, 400),
        ("say", {"text": "hi", "thread_ts": "1.000001"}, 404),
        ("edit", {"ts": "1.000001", "text": "x"}, 404),
        ("react", {"ts": "1.000001", "name": "<b>"}, 400),
        ("command", {"line": "/other thing"}, 403),
        ("shortcut", {"callback_id": "nothing"}, 403),
        ("click", {"ts": "1.000001", "action_id": "go"}, 404),
        ("submit", {"view": "V1", "values": {}}, 409),
        ("close", {"view": "V1"}, 409),
        ("open_home", {"tab": "files"}, 400),
        ("suggest", {}, 400),
        ("invite", {"user": "U0NOBODY"}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused_in_a_sentence(
    maya: Any, cast: Cast, act: str, fields: Json, status: int
) -> None:
    refused = await maya.act(act, status, **{"channel": cast.help.id, **fields})
    assert refused["error"]["text"].endswith(".")


async def test_nobody_changes_what_another_said(maya: Any, cast: Cast) -> None:
    said = cast.people["tom"].say(cast.help, "mine")
    for act, more in (("edit", {"text": "yours"}), ("delete", {})):
        refused = await maya.act(act, 403, channel=cast.help.id, ts=said.ts, **more)
        assert refused["error"]["code"] == "forbidden"
    assert said.text == "mine"


async def test_a_command_is_answered_to_its_typist(maya: Any, cast: Cast, app: Any) -> None:
    async def command(ack: Any, body: Json) -> None:
        await ack(f"you typed {body['text']}")

    app.command("/deskhand")(command)
    done = await maya.act("command", channel=cast.help.id, line="/deskhand ask why")
    assert done == {"acked": True, "errors": {}}
    shown = (await maya.get("messages", channel=cast.help.id))["messages"]
    assert [(m["text"], m["ephemeral"]) for m in shown] == [("you typed ask why", True)]


async def test_what_is_clicked_reaches_the_app_with_what_was_chosen(
    maya: Any, cast: Cast, app: Any
) -> None:
    heard: list[Json] = []

    async def action(ack: Any, body: Json) -> None:
        await ack()
        heard.append(body["actions"][0])

    app.action({"type": "block_actions", "action_id": "go"})(action)
    app.action({"type": "block_actions", "action_id": "more"})(action)
    ts = await post_blocks(app, cast, BUTTONS, {**BUTTONS, "block_id": "below"})
    where = {"channel": cast.help.id, "ts": ts}
    await maya.act("click", **where, action_id="go", block_id="below")
    await maya.act(
        "click", **where, action_id="more", chosen={"selected_option": option("y"), "else": 1}
    )
    assert [(a["block_id"], a["action_id"]) for a in heard] == [("below", "go"), ("top", "more")]
    assert heard[1]["selected_option"] == option("y")
    assert "else" not in heard[1]
    for chosen in ({"selected_option": option("z")}, {"selected_option": "y"}):
        await maya.act("click", 400, **where, action_id="more", chosen=chosen)
    await maya.act("click", 400, **where, action_id="go", chosen=[1])
    await maya.act("click", 404, **where, action_id="go", block_id="elsewhere")
    assert len(heard) == 2


async def test_pressed_feedback_stays_pressed_after_a_reload(
    tab_of: Any, cast: Cast, app: Any
) -> None:
    async def action(ack: Any) -> None:
        await ack()

    app.action({"type": "block_actions", "action_id": "feedback"})(action)
    ts = await post_blocks(app, cast, FEEDBACK)
    maya, tom = tab_of("maya"), tab_of("tom")
    await tom.open()
    await maya.open()
    where = {"channel": cast.help.id, "ts": ts, "action_id": "feedback"}
    await maya.act("click", **where, chosen={"value": "up"})
    await maya.act("click", **where, chosen={"value": "down"})
    await maya.act("click", 400, **where, chosen={"value": "sideways"})
    for tab, pressed in ((maya, {"feedback": "down"}), (tom, {})):
        shown = (await tab.get("messages", channel=cast.help.id))["messages"]
        assert shown[0]["my_feedback"] == pressed


async def test_an_app_that_does_not_answer_is_told_of(
    maya: Any, cast: Cast, workspace: LocalWorkspace
) -> None:
    workspace.sockets.ack_within_s = 0.05  # and nothing is connected
    done = await maya.act("command", channel=cast.help.id, line="/deskhand ask why")
    assert done["acked"] is False


async def opened_modal(maya: Any, cast: Cast, app: Any, view: Json) -> Json:
    async def command(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()

    app.command("/deskhand")(command)
    await maya.act("command", channel=cast.help.id, line="/deskhand form")
    return dict((await maya.open())["modals"][-1])


async def test_a_form_says_what_is_wrong_with_it_and_stays_open(
    maya: Any, cast: Cast, app: Any
) -> None:
    taken: list[Json] = []

    async def submitted(ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        taken.append(values)
        if values["why"]["value"]["value"] == "wrong":
            await ack(response_action="errors", errors={"why": "That is wrong."})
        else:
            await ack()

    form = modal(
        field("why", TEXT),
        field("what", CHOICE),
        field("else", CHOICE, optional=True),
        callback_id="form",
    )
    app.view("form")(submitted)
    view = await opened_modal(maya, cast, app, form)

    def entered(why: str | None, what: str | None) -> Json:
        chosen = None if what is None else option(what)
        return {
            "why": {"value": {"value": why}},
            "what": {"value": {"selected_option": chosen}},
            "else": {"value": {"selected_option": None}},
        }

    async def submit(values: Json) -> Json:
        done = await maya.act("submit", view=view["id"], values=values)
        return dict(done["errors"])

    assert set(await submit(entered(None, None))) == {"why", "what"}
    assert await submit(entered("ab", "a")) == {"why": "Enter 3 to 3,000 characters."}
    assert "what" in await submit(entered("because", "z"))
    assert taken == []  # Slack's own clients do not even ask the app
    assert await submit(entered("wrong", "a")) == {"why": "That is wrong."}
    assert (await maya.open())["modals"][-1]["id"] == view["id"]
    assert await submit(entered("right", "b")) == {}
    assert taken[-1]["what"]["value"] == {
        "type": "static_select",
        "selected_option": option("b"),
    }
    assert (await maya.open())["modals"] == []


async def test_options_are_asked_of_the_app_as_somebody_types(
    tab_of: Any, cast: Cast, app: Any
) -> None:
    maya, tom = tab_of("maya"), tab_of("tom")
    await maya.open()
    asked: list[Json] = []

    async def options(ack: Any, body: Json) -> None:
        asked.append(body)
        if body["value"] == "grouped":
            await ack(option_groups=[{"label": plain("All"), "options": [option("b")]}])
        else:
            await ack(options=[option("a")])

    app.options("value")(options)
    select = {"type": "multi_external_select", "action_id": "value"}
    view = await opened_modal(maya, cast, app, modal(field("who", select), callback_id="form"))
    typed = {"view": view["id"], "action_id": "value", "block_id": "who"}
    done = await maya.act("suggest", **typed, text="ann")
    assert done == {"acked": True, "options": [option("a")]}
    assert (asked[0]["type"], asked[0]["value"]) == ("block_suggestion", "ann")
    assert (asked[0]["block_id"], asked[0]["view"]["id"]) == ("who", view["id"])
    assert (await maya.act("suggest", **typed, text="grouped"))["options"] == [option("b")]
    await maya.act("suggest", 404, **typed | {"action_id": "else"}, text="ann")
    await tom.open()
    await tom.act("suggest", 409, **typed, text="ann")
    posted = await post_blocks(
        app, cast, {"type": "actions", "elements": [{**select, "type": "external_select"}]}
    )
    place = {"channel": cast.help.id, "ts": posted, "action_id": "value"}
    assert (await maya.act("suggest", **place, text=""))["options"] == [option("a")]
    assert asked[-1]["message"]["ts"] == posted


async def test_a_file_goes_with_a_form_to_the_app_alone(
    tab_of: Any, cast: Cast, app: Any, workspace: LocalWorkspace
) -> None:
    maya, tom = tab_of("maya"), tab_of("tom")
    await maya.open()
    await tom.open()
    taken: list[Json] = []

    async def submitted(ack: Any, view: Json) -> None:
        taken.append(view["state"]["values"])
        await ack()

    app.view("form")(submitted)
    form = modal(field("plan", {"type": "file_input", "action_id": "value"}), callback_id="form")
    view = await opened_modal(maya, cast, app, form)

    async def hold(tab: Any) -> tuple[int, Json]:
        headers = {
            "Origin": tab.address,
            TOKEN_HEADER: tab.token,
            "Content-Type": "application/octet-stream",
        }
        query = {"as": tab.person.id, "view": view["id"], "name": "plan.txt"}
        url = f"{tab.address}/api/upload"
        async with tab.session.post(url, params=query, data=b"plan", headers=headers) as answer:
            return answer.status, await answer.json()

    assert (await hold(tom))[0] == 409
    status, held = await hold(maya)
    assert (status, held["name"]) == (200, "plan.txt")
    assert (await app.client.files_list())["files"] == []
    values = {"plan": {"value": {"files": [{"id": held["id"]}]}}}
    assert (await maya.act("submit", view=view["id"], values=values))["errors"] == {}
    sent = taken[0]["plan"]["value"]["files"][0]
    assert (sent["id"], sent["name"]) == (held["id"], "plan.txt")
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with maya.session.get(sent["url_private_download"], headers=headers) as answer:
        assert await answer.read() == b"plan"


async def test_modals_stand_on_one_another_and_are_closed_one_by_one(
    maya: Any, cast: Cast, app: Any
) -> None:
    async def submitted(ack: Any) -> None:
        await ack(response_action="push", view=modal(field("more", TEXT), callback_id="second"))

    app.view("first")(submitted)
    view = await opened_modal(maya, cast, app, modal(callback_id="first"))
    await maya.act("submit", view=view["id"], values={})
    stack = (await maya.open())["modals"]
    assert [m["callback_id"] for m in stack] == ["first", "second"]
    assert stack[1]["previous_view_id"] == stack[0]["id"]
    await maya.act("close", view=stack[1]["id"])
    assert len((await maya.open())["modals"]) == 1
    await maya.act("close", view=stack[0]["id"], clear=True)
    assert (await maya.open())["modals"] == []


async def test_nobody_else_sees_or_submits_a_modal(tab_of: Any, cast: Cast, app: Any) -> None:
    maya, tom = tab_of("maya"), tab_of("tom")
    await maya.open()
    view = await opened_modal(maya, cast, app, modal(callback_id="form"))
    assert (await tom.open())["modals"] == []
    await tom.act("submit", 409, view=view["id"], values={})


async def test_the_home_tab_is_published_when_it_is_opened_and_can_be_clicked(
    maya: Any, app: Any, workspace: LocalWorkspace
) -> None:
    clicked: list[str] = []

    async def action(ack: Any, body: Json) -> None:
        await ack()
        clicked.append(body["view"]["type"])

    app.action({"type": "block_actions", "action_id": "go"})(action)
    await maya.act("open_home", tab="home")
    await workspace.settled()
    opened = workspace.attempts("app_home_opened")[-1].envelope.payload["event"]
    assert (opened["tab"], opened["user"]) == ("home", maya.person.id)
    await app.client.views_publish(
        user_id=maya.person.id, view={"type": "home", "blocks": [BUTTONS]}
    )
    home = (await maya.open())["home"]
    await maya.act("click", view=home["id"], action_id="go")
    assert clicked == ["home"]


async def test_a_file_is_dropped_and_opened_by_who_may_see_it(
    tab_of: Any, cast: Cast, workspace: LocalWorkspace, app: Any
) -> None:
    maya, greta = tab_of("maya"), tab_of("greta")
    await maya.open()
    await greta.open()
    data = bytes(range(256)) * 40

    async def drop(tab: Any, **changed: str) -> tuple[int, Json]:
        query = {"as": tab.person.id, "channel": cast.help.id, "name": "../a b.pdf", "text": "see"}
        headers = {
            "Origin": tab.address,
            TOKEN_HEADER: tab.token,
            "Content-Type": changed.pop("kind", "application/octet-stream"),
        }
        url = f"{tab.address}/api/upload"
        async with tab.session.post(
            url, params=query | changed, data=data, headers=headers
        ) as answer:
            return answer.status, await answer.json()

    status, done = await drop(maya)
    assert status == 200
    assert workspace.attempts("file_shared") or await workspace.settled() is None
    shown = (await maya.get("messages", channel=cast.help.id))["messages"][0]
    assert (shown["subtype"], shown["text"]) == ("file_share", "see")
    url = f"{maya.address}{shown['files'][0]['page_url']}"
    async with maya.session.get(url, params={"as": maya.person.id}) as answer:
        assert await answer.read() == data
        assert answer.headers["Content-Disposition"].startswith("attachment")
    async with maya.session.get(url, params={"as": greta.person.id}) as answer:
        assert answer.status == 404
    assert shown["files"][0]["id"] == done["file"]
    assert (await drop(greta))[0] == 404
    assert (await drop(maya, name=""))[0] == 400
    assert (await drop(maya, kind="application/json"))[0] == 415
    assert (await drop(maya, thread_ts="1.000001"))[0] == 404


async def test_a_stream_is_stopped_by_its_reader(
    maya: Any, cast: Cast, workspace: LocalWorkspace, app: Any
) -> None:
    asked = maya.person.mention(cast.help, "How long?")
    started = await app.client.chat_startStream(
        channel=cast.help.id,
        thread_ts=asked.ts,
        recipient_user_id=maya.person.id,
        recipient_team_id=workspace.world.team_id,
        markdown_text="It is",
    )
    statuses = (await maya.open())["statuses"]
    assert [(s["thread_ts"], s["session"]) for s in statuses] == [(asked.ts, "processing")]
    done = await maya.act("stop", channel=cast.help.id, thread_ts=asked.ts)
    assert done == {"stopped": True}
    shown = await maya.get("thread", channel=cast.help.id, ts=asked.ts)
    assert [(m["ts"], m["streaming"]) for m in shown["messages"]] == [
        (started["ts"], "stopped_by_user")
    ]


async def test_people_write_to_one_another(tab_of: Any, cast: Cast) -> None:
    maya, tom = tab_of("maya"), tab_of("tom")
    await tom.open()
    await maya.open()
    channel = (await maya.act("dm", user=tom.person.id))["channel"]
    assert (await maya.act("dm", user=tom.person.id))["channel"] == channel
    await maya.act("say", channel=channel, text="psst")
    theirs = {c["id"]: c for c in (await tom.open())["channels"]}[channel]
    assert (theirs["with"], theirs["unread"], theirs["has_app"]) == (maya.person.id, 1, False)
    assert cast.people["rita"].id not in theirs["members"]
    await maya.act("dm", 404, user=maya.person.id)


async def test_what_is_too_large_is_refused(maya: Any) -> None:
    headers = {
        "Origin": maya.address,
        TOKEN_HEADER: maya.token,
        "Content-Type": "application/json",
    }
    body = io.BytesIO(b" " * (2**20 + 1))
    url = f"{maya.address}/api/act"
    async with maya.session.post(url, data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (413, "too_large")
