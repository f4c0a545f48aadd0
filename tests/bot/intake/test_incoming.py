"""Events of Slack as the bot understands them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.incoming import Deleted, Edited, Said, incoming
from bot.intake.plain_text import plain_text

BOT = "U0BOT"


def post(**more: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "ts": "10.000100",
        "text": "<@U0BOT> hello?",
        "team": "T1",
    } | more


def meaning(event: dict[str, Any]) -> Any:
    return incoming(event, team="T1", bot_user=BOT)


def test_both_events_of_a_mention_mean_the_same() -> None:
    mention = post(type="app_mention")
    del mention["channel_type"]
    assert meaning(mention) == meaning(post())
    said = meaning(post())
    assert isinstance(said, Said)
    assert (said.mentioned, said.direct, said.is_reply) == (True, False, False)


def test_a_direct_message_is_known_by_its_channel() -> None:
    assert meaning(post(channel="D1", channel_type="im", text="hi")).direct
    assert meaning(post(channel="D1", channel_type="", text="hi")).direct


@pytest.mark.parametrize(
    "event",
    [
        post(bot_id="B1"),
        post(user=BOT),
        post(user="USLACKBOT"),
        post(user=""),
        post(subtype="channel_join"),
        post(subtype="bot_message", bot_id="B1"),
        post(subtype="message_changed", message=post(user=BOT, bot_id="B0")),
        post(subtype="message_changed", message="nonsense"),
        post(subtype="message_deleted"),
        post(ts=None),
        post(channel=None),
        {"type": "reaction_added"},
        {},
    ],
)
def test_bots_joins_and_nonsense_are_nobodys_word(event: dict[str, Any]) -> None:
    assert meaning(event) is None


def test_an_edit_and_a_deletion_name_the_message_they_are_about() -> None:
    changed = post(subtype="message_changed", ts="11.0", message=post(text="<@U0BOT> bye?"))
    edited = meaning(changed)
    assert isinstance(edited, Edited)
    assert (edited.said.ts, edited.said.text) == ("10.000100", "<@U0BOT> bye?")
    gone = post(subtype="message_deleted", hidden=True, deleted_ts="10.000100")
    assert meaning(gone) == Deleted(team="T1", channel="C1", ts="10.000100")
    tombstone = post(subtype="message_changed", message={"subtype": "tombstone", "ts": "10.0"})
    assert meaning(tombstone) == Deleted(team="T1", channel="C1", ts="10.0")


def test_files_come_by_their_ids() -> None:
    said = meaning(post(subtype="file_share", files=[{"id": "F1"}, {"id": 3}, "x", {"id": "F2"}]))
    assert said.files == ("F1", "F2")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_FIELDS = "subtype channel user ts text thread_ts message files deleted_ts channel_type".split()


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON))
def test_nothing_that_arrives_raises(fields: dict[str, Any]) -> None:
    for kind in ("message", "app_mention"):
        meaning({**fields, "type": kind})


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<@U0BOT> hello", "hello"),
        ("hey <@U0BOT|deskhand>: hello", "hey hello"),
        ("&lt;b&gt; &amp; co", "<b> & co"),
        ("see <https://a.example/x|the page> now", "see the page now"),
        ("see <https://a.example/x>", "see https://a.example/x"),
        ("ask <@U123> in <#C1|general>", "ask @someone in #general"),
        ("<!here> and <!subteam^S1|@hr>", "@here and @hr"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("a\u202eb\u200bc", "abc"),
        ("a\x00b", "ab"),
    ],
)
def test_text_reads_as_slack_shows_it(text: str, plain: str) -> None:
    assert plain_text(text, bot_user=BOT) == plain


def test_a_deletion_tells_the_thread_it_was_in() -> None:
    gone = post(subtype="message_deleted", deleted_ts="10.000100", hidden=True)
    assert meaning(gone) == Deleted(team="T1", channel="C1", ts="10.000100")
    before = {"previous_message": post(thread_ts="9.000100")}
    assert meaning(gone | before).thread_ts == "9.000100"
    assert meaning(gone | {"previous_message": "nonsense"}).thread_ts is None
