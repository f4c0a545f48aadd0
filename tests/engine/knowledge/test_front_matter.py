from __future__ import annotations

import time

import pytest

from engine.errors import DocumentUnreadable
from engine.knowledge.front_matter import split_front_matter


def split(text: str) -> tuple[dict[str, object], str]:
    return split_front_matter(text, name="pay.md")


def test_front_matter_is_read_and_cut_off() -> None:
    fields, rest = split("---\nTitle: Leave\naudience: [a, b]\nupdated: 2024-05-06\n---\nBody\n")
    assert fields == {"title": "Leave", "audience": ["a", "b"], "updated": "2024-05-06"}
    assert rest == "Body\n"


def test_broken_front_matter_costs_a_field_and_not_the_page() -> None:
    fields, rest = split('---\ntitle: A: B: C\nbad: [1,\nowner: "Ann"\n---\nBody')
    assert fields["title"] == "A: B: C"
    assert fields["owner"] == "Ann"
    assert rest == "Body"


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    for text in ("---\n\nJust text.\n\n---\nMore", "---\nno end", "Body --- x"):
        assert split(text) == ({}, text)


def test_yaml_that_would_build_objects_or_gigabytes_is_harmless() -> None:
    assert split("---\na: !!python/object/apply:os.getcwd []\n---\nB")[1].endswith("B")
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    began = time.monotonic()
    split("---\n" + "\n".join(lines) + "\n---\nBody")
    assert time.monotonic() - began < 2


LEADS = "audience:\n  - group:SLEADS\n"


@pytest.mark.parametrize(
    "fields",
    [
        "title: Pay: the bands\n" + LEADS,
        LEADS + "title: Pay: the bands\n",
        "owner: @kate\n" + LEADS,
        "title: 'open\n" + LEADS + "note: x\n",
        "tags: [a,\n" + LEADS,
        "a: !!python/object/apply:os.getcwd []\n- x\n" + LEADS,
        "title: a: b\naudience: [group:SLEADS]\n",
        "title: a: b\naudience: [\n  group:SLEADS,\n]\n",
        "title: a: b\naudience:\n- group:SLEADS\nowner: x\n",
        "title: a: b\naudience:\n\n  # the leads\n  - group:SLEADS # only\n\nowner: x\n",
        "title: a: b\n\"Audience\" : ['group:SLEADS']\n",
        "  title: a: b\n  audience:\n    - group:SLEADS\n  owner: x\n",
        "note: " + "x" * 70_000 + "\n" + LEADS,
    ],
    ids=lambda v: v[:60],
)
def test_an_audience_outlives_a_fault_elsewhere_in_the_block(fields: str) -> None:
    found, rest = split(f"---\n{fields}---\nBody\n")
    assert (found["audience"], rest) == (["group:SLEADS"], "Body\n")


def test_an_audience_of_one_word_outlives_a_fault_as_that_word() -> None:
    found, _ = split("---\ntitle: Pay: the bands\naudience: group:SLEADS, user:U1\n---\nBody\n")
    assert found == {"title": "Pay: the bands", "audience": "group:SLEADS, user:U1"}


@pytest.mark.parametrize(
    "fields",
    [
        "title: a: b\naudience:\n",
        "title: a: b\naudience:\n\tgroup:SLEADS\n",
        "title: a: b\naudience: - group:SLEADS\n",
        "title: a: b\naudience: @leads\n",
        "title: a: b\naudience: *leads\n",
        "title: a: b\naudience: [group:SLEADS\n",
        "title: a: b\naudience: []\n",
        "title: a: b\naudience: {group: SLEADS}\n",
        "title: a: b\naudience: [[group:SLEADS]]\n",
        "title: a: b\naudience: everyone\n" + LEADS,
        "{title: a: b, audience: [group:SLEADS]}\n",
        "audience: everyone\n" + LEADS,
        "title: 'a\n" + LEADS.replace("\n", " ") + "\naudience: group:SLEADS'\n",
    ],
)
def test_an_audience_that_cannot_be_understood_keeps_the_page_out(fields: str) -> None:
    with pytest.raises(DocumentUnreadable, match=r"^pay\.md names an audience") as caught:
        split(f"---\n{fields}---\nBody\n")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "before", ["\n", "\n \n\t\n", "\ufeff", "\ufeff\n", "\n\ufeff", "\u200b\n"]
)
def test_what_shows_nothing_may_stand_before_an_audience(before: str) -> None:
    found, rest = split(f"{before}---\ntitle: Pay\n{LEADS}---\nBody\n")
    assert (found, rest) == ({"title": "Pay", "audience": ["group:SLEADS"]}, "Body\n")


def test_a_rule_after_blank_lines_is_no_front_matter() -> None:
    for text in ("\n---\ntitle: Pay\n---\nBody", f"---\nnote: {'x' * 70_000}\n---\nBody"):
        assert split(text) == ({}, text)


def test_a_block_that_is_left_open_still_says_who_may_read() -> None:
    text = f"---\ntitle: Pay\n\n{LEADS}\n# Pay\n\nThe bands are secret.\n"
    assert split(text) == ({"audience": ["group:SLEADS"]}, text)
    prose = "---\n\nThe next part is old.\n\nAudience: x: y\n"
    assert split(prose) == ({}, prose)


def test_a_word_within_a_line_is_no_audience() -> None:
    text = "---\ntitle: Your audience: leads\n# audience: x\nowner: Ann\n---\nBody"
    assert split(text) == ({"title": "Your audience: leads", "owner": "Ann"}, "Body")


@pytest.mark.slow
def test_a_long_page_that_opens_with_a_rule_is_split_quickly() -> None:
    began = time.monotonic()
    for text in ("---\n" + "a: b [\n" * 500_000, "\n" * 3_000_000, "---\n" + " " * 3_000_000):
        assert split(text) == ({}, text)
    with pytest.raises(DocumentUnreadable):
        split("---\naudience: [\n" + "a: b [\n" * 500_000 + "x")
    assert time.monotonic() - began < 3
