from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audience import CLOSED, FULL_MEMBER, Audience, is_meant_as_tag, narrowed, parse_tags
from engine.errors import WrongUse

TAGS = ["public", "everyone", "channel:C1", "channel:D9", "group:S77", "user:U1", "user:W1"]


@pytest.mark.parametrize("tag", [*TAGS, " public ", "channel:G012ABCDEF"])
def test_a_tag_is_kept_without_its_blanks(tag: str) -> None:
    assert parse_tags([tag]) == (tag.strip(),)


@pytest.mark.parametrize(
    "bad",
    [
        "", " ", "Public", "PUBLIC", "everybody", "channel:", "channel:X1", "channel:c1",
        "channel:general", "channel:C1,public", "channel:C1 public", "group:U1", "user:", "user:S1",
        "user:U1\nuser:U2", "public\x00", "user:U" + "A" * 31, "*", "user:U*", None, 1, True,
        ["public"], {"public"}, b"public",
    ],
)  # fmt: skip
def test_anything_else_is_named_and_refused(bad: object) -> None:
    with pytest.raises(WrongUse, match="is not an audience tag; use public"):
        parse_tags(["public", bad])


def test_a_long_value_is_cut_in_the_sentence() -> None:
    with pytest.raises(WrongUse) as caught:
        parse_tags(["x" * 10_000])
    assert len(str(caught.value)) < 200


def test_tags_are_sorted_and_without_repeats() -> None:
    assert parse_tags(["user:U1", "public", "user:U1"]) == ("public", "user:U1")
    assert parse_tags([]) == ()


def test_whoever_may_read_anything_may_read_what_is_public() -> None:
    assert Audience.of(["user:U1"]).tags == {"user:U1", "public"}


def test_no_tag_is_closed_to_everything_public_included() -> None:
    assert Audience.of([]) == CLOSED
    assert not any(CLOSED.may_read([tag]) for tag in TAGS)


def test_a_document_without_tags_is_read_by_nobody() -> None:
    assert not FULL_MEMBER.may_read(())
    assert not CLOSED.may_read(())


def test_a_full_member_reads_what_is_for_everyone_and_no_channels() -> None:
    assert FULL_MEMBER.may_read(["everyone"])
    assert FULL_MEMBER.may_read(["public"])
    assert FULL_MEMBER.may_read(["user:U1", "everyone"])
    assert not FULL_MEMBER.may_read(["user:U1", "channel:C1", "group:S1"])


def test_a_guest_channel_reads_nothing_that_is_for_everyone() -> None:
    assert not Audience.of(["channel:C1"]).may_read(["everyone", "channel:C2"])


@given(st.lists(st.sampled_from(TAGS)), st.lists(st.sampled_from(TAGS)))
def test_reading_is_sharing_a_tag_and_all_who_read_anything_read_public(
    asker: list[str], document: list[str]
) -> None:
    rights = set(asker) | ({"public"} if asker else set())
    assert Audience.of(asker).may_read(document) == bool(rights & set(document))


@pytest.mark.parametrize("word", ["ITPro", "Admin", "end users", "developers"])
def test_a_word_of_another_system_is_not_meant_as_a_tag(word: str) -> None:
    assert not is_meant_as_tag(word)


@pytest.mark.parametrize("word", ["public", "Everyone", "group:S1", "group:nonsense", "user:"])
def test_what_looks_like_a_tag_is_meant_as_one_even_if_it_is_misspelt(word: str) -> None:
    assert is_meant_as_tag(word)


@pytest.mark.parametrize(
    ("tags", "to", "left"),
    [
        (["everyone"], ["group:S1"], ("group:S1",)),
        (["public"], ["everyone"], ("everyone",)),
        (["everyone"], ["public"], ("everyone",)),
        (["group:S1"], ["everyone"], ("group:S1",)),
        (["group:S1", "group:S2"], ["group:S2", "user:U1"], ("group:S2",)),
        (["group:S1"], ["group:S2"], ()),
        (["channel:C1", "public"], ["user:U1"], ("user:U1",)),
    ],
)
def test_narrowed_tags_are_for_those_whom_both_mean(
    tags: list[str], to: list[str], left: tuple[str, ...]
) -> None:
    assert narrowed(tags, to) == left
