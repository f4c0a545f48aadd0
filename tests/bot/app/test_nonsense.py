"""Payloads that hold anything at all, over both transports: nothing breaks, nothing is said."""

from __future__ import annotations

import copy
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.names import EVENTS
from bot.workspace.delivery import Envelope, EnvelopeType
from tests.bot.app.conftest import HOW_LONG, Scene, Stage
from tests.bot.app.test_bad_input import deliver

pytestmark = pytest.mark.slow

BOLTS_OWN = re.compile(r" at (?:builtins|payload_utils|internals|async_internals)\.py:")

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def examples(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many of a strategy, the same in every run."""
    found: list[Any] = []

    @settings(max_examples=count, database=None, derandomize=True, deadline=None)
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inner:
        yield (*path, key)
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))


@st.composite
def mutated(draw: Callable[[Any], Any], payloads: list[dict[str, Any]]) -> dict[str, Any]:
    """One of the payloads with up to three parts of its event, where it has one, replaced or gone.

    What is around an event is Slack's own, which Bolt reads before anybody else.
    """
    whole = copy.deepcopy(draw(st.sampled_from(payloads)))
    payload = whole.get("event", whole)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(sorted(places(payload), key=str)))
        at: Any = payload
        for key in path[:-1]:
            at = at[key]
        if isinstance(at, dict) and draw(st.booleans()):
            del at[path[-1]]
        else:
            at[path[-1]] = draw(_JSON)
        if not payload:
            break
    return whole


def assert_only_bolts_faults(caplog: pytest.LogCaptureFixture) -> None:
    faults = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert not [line for line in faults if not BOLTS_OWN.search(line)]


def events(scene: Scene) -> list[dict[str, Any]]:
    """Believable events of every kind that the app is subscribed to."""
    workspace = scene.workspace
    ann = workspace.join("nora")
    channel = workspace.public("quiet", with_bot=False)
    said = {
        "type": "message",
        "user": ann.id,
        "text": "<@U0SOMEBODY> hello there",
        "ts": "1700000000.000100",
        "thread_ts": "1700000000.000100",
        "channel": channel.id,
        "channel_type": "channel",
        "files": [{"id": "F0FILE0001", "name": "a.md"}],
        "team": workspace.world.team_id,
    }
    inner = [
        said,
        {
            "type": "message",
            "subtype": "message_changed",
            "message": said | {"edited": {"user": ann.id, "ts": "1700000001.000000"}},
            "previous_message": said,
            "channel": channel.id,
            "hidden": True,
        },
        {
            "type": "message",
            "subtype": "message_deleted",
            "deleted_ts": said["ts"],
            "previous_message": said,
            "channel": channel.id,
            "hidden": True,
        },
        {"type": "app_home_opened", "user": ann.id, "channel": "D0DIRECT01", "tab": "home"},
        {
            "type": "agent_session_stopped",
            "channel": channel.id,
            "thread_ts": said["ts"],
            "user": ann.id,
            "streaming_message_ts": [said["ts"]],
        },
        {"type": "member_joined_channel", "user": ann.id, "channel": channel.id, "team": "T0"},
        {"type": "user_change", "user": {"id": ann.id, "deleted": False, "profile": {}}},
        {"type": "subteam_updated", "subteam": {"id": "S0GROUP001", "users": [ann.id]}},
        {
            "type": "subteam_members_changed",
            "subteam_id": "S0GROUP001",
            "added_users": [ann.id],
            "removed_users": [],
        },
    ]
    return [
        {
            "type": "event_callback",
            "team_id": workspace.world.team_id,
            "event_id": "Ev0",
            "authorizations": [{"team_id": workspace.world.team_id, "is_bot": True}],
            "event": event,
        }
        for event in inner
    ]


def interactions(scene: Scene, channel: str) -> list[dict[str, Any]]:
    """Believable presses, forms and shortcuts, none of which belongs to anything."""
    world = scene.workspace.world
    base = {
        "team": {"id": world.team_id, "domain": "local"},
        "user": {"id": scene.reviewer.id, "team_id": world.team_id},
        "trigger_id": "1.2.3",
    }
    pressed = {
        **base,
        "type": "block_actions",
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": channel},
        "channel": {"id": channel},
        "actions": [
            {"type": "button", "action_id": "passage:1", "block_id": "b", "value": "x"},
        ],
    }
    names = ("passage:x", "passage:99", "human", "feedback", "choice:0", "case:answer", "", "other")
    return [
        pressed,
        *({**pressed, "actions": [{**pressed["actions"][0], "action_id": n}]} for n in names),
        {
            **base,
            "type": "view_submission",
            "view": {
                "id": "V1",
                "type": "modal",
                "callback_id": "case:answer",
                "private_metadata": "no-case",
                "state": {"values": {"reply": {"text": {"type": "x", "value": "words"}}}},
            },
        },
        {
            **base,
            "type": "message_action",
            "callback_id": "ask_about_message",
            "message": {"ts": "1700000000.000100", "text": "words", "user": scene.reviewer.id},
            "channel": {"id": "C0NOWHERE1"},
            "response_url": "http://127.0.0.1:9/none",
        },
    ]


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_no_event_breaks_anything(
    stage: Stage, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with stage(transport, errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        sent = examples(mutated(events(scene)), 150)
        workspace.delivery.transport.ack_within_s = 0.5
        acked = 0
        for payload in sent:
            envelope = Envelope(type=EnvelopeType.EVENT, payload=payload)
            acked += (await workspace.delivery.once(envelope)).acked
        workspace.delivery.transport.ack_within_s = 3.0
        assert acked > 0.9 * len(sent)  # Bolt reads an event's ids before anybody else
        assert_only_bolts_faults(caplog)
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_every_event_is_acknowledged_also_unknown_ones(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        names = [*EVENTS, "app_rate_limited", "something_new", "reaction_added", "file_shared"]
        for name in names:
            event = {"type": name.partition(".")[0]}
            payload = {"type": "event_callback", "team_id": workspace.world.team_id, "event": event}
            if name == "app_uninstalled":
                continue
            sent = Envelope(type=EnvelopeType.EVENT, payload=payload)
            assert (await workspace.delivery.once(sent)).acked, name
        limited = {"type": "app_rate_limited", "team_id": workspace.world.team_id, "token": "t"}
        sent = Envelope(type=EnvelopeType.EVENT, payload=limited)
        assert (await workspace.delivery.once(sent)).acked


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_no_press_breaks_anything(
    stage: Stage, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What Bolt itself cannot read is one line and no acknowledgement."""
    async with stage(transport, errors=True) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        believable = interactions(scene, scene.escalations.id)
        for payload in [*believable, *examples(mutated(believable), 60)]:
            workspace.delivery.transport.ack_within_s = 0.3
            envelope = Envelope(type=EnvelopeType.INTERACTIVE, payload=payload)
            await workspace.delivery.once(envelope)
        workspace.delivery.transport.ack_within_s = 3.0
        assert_only_bolts_faults(caplog)
        assert workspace.modal(scene.reviewer) is None
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text


async def test_no_signed_body_breaks_the_server(stage: Stage) -> None:
    async with stage("http") as scene:
        ann = scene.workspace.join("ann")
        bodies = [json.dumps(value).encode() for value in examples(_JSON, 60)]
        bodies += examples(st.binary(max_size=60), 40)
        bodies += [b"payload=%7B", b"payload=", b"command=%2Fdeskhand", b"[" * 2_000, b""]
        for body in bodies:
            for kind in ("application/json", "application/x-www-form-urlencoded"):
                assert await deliver(scene, body, Content_Type=kind) < 500, body
        assert "16 weeks" in (await scene.answer(ann.say(ann.dm, HOW_LONG))).text
