"""What Slack says of a file, read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.shared_files.shared_file import parse_file, shares_of

TOLD: dict[str, Any] = {
    "id": "F1",
    "name": "plan.pdf",
    "title": "The plan",
    "mode": "hosted",
    "mimetype": "application/pdf",
    "size": 3,
    "created": 100,
    "timestamp": 100,
    "permalink": "https://x.slack.com/files/U1/F1/plan.pdf",
    "url_private": "https://files.slack.com/files-pri/T1-F1/plan.pdf",
    "channels": ["C1"],
    "groups": ["G2"],
    "shares": {"private": {"C3": [{"ts": "3.0", "thread_ts": "1.0"}, {"ts": "2.0"}]}},
}


def test_a_file_stands_wherever_slack_says_so() -> None:
    file = parse_file(TOLD)
    assert file is not None
    assert file.channels == {"C1", "G2", "C3"}
    assert (file.title, file.size, file.rewritable, file.is_document) == (
        "The plan",
        3,
        False,
        True,
    )
    assert shares_of(TOLD, "C3") == [("2.0", None), ("3.0", "1.0")]
    assert shares_of(TOLD, "C1") == []


@pytest.mark.parametrize(
    "change", [{"title": "New"}, {"size": 4}, {"updated": 101}, {"permalink": "https://y.test/"}]
)
def test_what_slack_says_anew_changes_the_stamp(change: dict[str, Any]) -> None:
    before, after = parse_file(TOLD), parse_file(TOLD | change)
    assert before is not None
    assert after is not None
    assert before.stamp != after.stamp


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "external", "is_external": True},
        {"mode": "hidden_by_limit"},
        {"mimetype": "image/heic", "name": "photo"},
        {"name": "song.mp3"},
    ],
)
def test_what_is_no_document_is_known_as_such(change: dict[str, Any]) -> None:
    file = parse_file(TOLD | change)
    assert file is not None
    assert not file.is_document


def test_what_is_gone_is_no_file() -> None:
    assert parse_file({"id": "F1", "mode": "tombstone"}) is None
    assert parse_file({}) is None


@pytest.mark.parametrize("change", [{"mode": "snippet", "editable": True}, {"mode": "space"}])
def test_bytes_that_may_change_are_known_as_such(change: dict[str, Any]) -> None:
    file = parse_file(TOLD | change)
    assert file is not None
    assert file.rewritable


NONSENSE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["public", "C1", "ts"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*TOLD, "updated", "editable"]), NONSENSE))
def test_nonsense_raises_nothing(told: dict[str, Any]) -> None:
    parse_file(told | {"id": "F1"})
    shares_of(told, "C1")
