from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rendering import limits
from bot.rendering.answer import answer_messages
from bot.rendering.inline import Links
from bot.rendering.notices import Person
from bot.rendering.pages import pages_of, sentences
from bot.rendering.reading import Kind, read_markdown
from tests.bot.rendering.shown import check_message, citation, nodes, trace, words

_TOKEN = re.compile(r"w\d+q|\[\d+\]")


def pages(text, **more):
    return pages_of(read_markdown(text), Links(), **more)


@st.composite
def replies(draw):
    """Paragraphs, lists, code and tables of numbered words, each sentence with its mark."""
    count = iter(range(1_000_000))
    blank = draw(st.sampled_from([" ", " **bold** ", " `code` ", " 日本語 ", " 🎉 "]))

    def sentence(longest=60):
        size = draw(st.integers(1, longest))
        said = blank.join(f"w{next(count)}q" for _ in range(size))
        return f"{said.capitalize()}. [{draw(st.integers(1, 9))}]"

    def block():
        kind = draw(st.sampled_from(["prose", "prose", "steps", "bullets", "code", "table"]))
        if kind == "prose":
            return " ".join(sentence() for _ in range(draw(st.integers(1, 40))))
        if kind == "steps":
            return "\n".join(f"{n}. {sentence()}" for n in range(1, draw(st.integers(2, 30))))
        if kind == "bullets":
            return "\n".join(f"- {sentence()}" for _ in range(draw(st.integers(1, 60))))
        if kind == "code":
            lines = draw(st.integers(1, 400))
            return "```\n" + "\n".join(f"w{next(count)}q = {{" for _ in range(lines)) + "\n```\n[1]"
        head = f"| w{next(count)}q | x |\n|---|---|\n"
        return head + "\n".join(
            f"| w{next(count)}q | y |" for _ in range(draw(st.integers(1, 300)))
        )

    return "\n\n".join(block() for _ in range(draw(st.integers(1, 8))))


@pytest.mark.slow
@given(reply=replies())
def test_every_word_and_mark_of_a_reply_is_shown_in_order_within_the_limits(reply):
    cited = [citation(n) for n in range(1, 10)]
    answer = trace(reply, citations=cited)
    messages = answer_messages(answer, question_id="q", person=Person.CAN_BE_ASKED)
    for message in messages:
        check_message(message)
    said = "\n".join(words(message.blocks) for message in messages).split("\nSources\n")[0]
    heads = set(re.findall(r"^\| (w\d+q) \| x", reply, re.MULTILINE))
    found = [token.lower() for token in re.findall(_TOKEN, said.replace("W", "w"))]
    wanted = [token.lower() for token in re.findall(_TOKEN, reply.replace("W", "w"))]
    assert [t for t in found if t not in heads] == [t for t in wanted if t not in heads]
    assert heads <= set(found)


@given(
    text=st.text(st.characters(exclude_characters="`~", exclude_categories=["Cs"]), max_size=400)
)
def test_no_letter_of_any_text_is_lost(text):
    said = "".join(page.words for page in pages(text))
    shown = "".join(words(list(page.blocks)) for page in pages(text))
    letters = [char for char in text if char.isascii() and char.isalpha()]
    assert [c for c in said if c.isascii() and c.isalpha()] == letters
    assert [c for c in shown if c.isascii() and c.isalpha()] == letters


@given(text=st.text("ab. [1]`*\n-|", max_size=200))
def test_sentences_join_to_the_text(text):
    assert "".join(sentences(text)) == text


def test_a_long_paragraph_is_parted_between_sentences_with_their_marks():
    text = " ".join(
        f"This is sentence {n}, and it says something. [{n % 9 + 1}]" for n in range(400)
    )
    shown = pages(text)
    assert len(shown) > 1
    for page in shown:
        assert page.words.startswith("This is sentence")
        assert re.search(r"\. \[\d\]$", page.words)
        assert limits.json_length(page.blocks) <= limits.PAGE_JSON


def test_a_code_block_is_not_parted_while_it_fits():
    code = "\n".join(f"line {n} of code" for n in range(300))
    text = f"{'Some words here. ' * 250}\n\n```\n{code}\n```\n[1]"
    shown = pages(text)
    held = [
        p["elements"][0]["text"]
        for page in shown
        for p in nodes(page.blocks, "rich_text_preformatted")
    ]
    assert held == [code]


def test_a_larger_code_block_goes_on_as_code_between_lines():
    code = "\n".join(f"line {n} of code" for n in range(3000))
    shown = pages(f"```\n{code}\n```")
    held = [
        p["elements"][0]["text"]
        for page in shown
        for p in nodes(page.blocks, "rich_text_preformatted")
    ]
    assert len(held) == len(shown) > 1
    assert "\n".join(held) == code


def test_an_endless_word_is_cut_anywhere():
    shown = pages("x" * 30_000)
    assert sum(page.words.count("x") for page in shown) == 30_000
    assert all(limits.json_length(page.blocks) <= limits.PAGE_JSON for page in shown)


def test_many_small_elements_count_by_what_is_sent():
    shown = pages(" ".join("`a` b" for _ in range(1500)))
    assert len(shown) > 1
    assert all(limits.json_length(page.blocks) <= limits.PAGE_JSON for page in shown)


def test_a_table_is_a_table_one_in_each_message():
    table = "| Plan | Seats |\n|---|---:|\n| Skiff | 5 |\n| `Galleon` | 50 |"
    shown = pages(f"First:\n\n{table}\n\nSecond:\n{table}")
    tables = [list(nodes(page.blocks, "table")) for page in shown]
    assert [len(found) for found in tables] == [1, 1]
    rows = [[cell["text"] for cell in row] for row in tables[0][0]["rows"]]
    assert rows == [["Plan", "Seats"], ["Skiff", "5"], ["Galleon", "50"]]
    assert shown[0].words == "First:\nPlan; Seats\nSkiff; 5\nGalleon; 50\nSecond:"


def test_a_longer_table_repeats_its_header():
    rows = "\n".join(f"| p{n} | {n} |" for n in range(250))
    shown = pages(f"| Plan | Seats |\n|---|---|\n{rows}")
    found = [table["rows"] for page in shown for table in nodes(page.blocks, "table")]
    assert all(len(table) <= 100 and table[0][0]["text"] == "Plan" for table in found)
    assert [row[0]["text"] for table in found for row in table[1:]] == [f"p{n}" for n in range(250)]


@pytest.mark.parametrize("columns", [25, 400])
def test_a_table_wider_than_slack_takes_is_an_item_for_each_row(columns):
    head = " | ".join(f"c{n}" for n in range(columns))
    row = " | ".join(f"v{n}" for n in range(columns))
    shown = pages(f"{head}\n{'|'.join(['---'] * columns)}\n{row}\n{row}")
    assert not list(nodes([page.blocks for page in shown], "table"))
    assert "c0: v0; c1: v1; " in shown[0].words


def test_a_narrow_table_stands_in_columns_where_no_table_may():
    (page,) = pages("| Plan | Seats |\n|---|---|\n| Skiff | 5 |", tables=False)
    (code,) = nodes(page.blocks, "rich_text_preformatted")
    assert code["elements"][0]["text"] == "Plan   Seats\nSkiff  5"


def test_what_a_text_is_made_of():
    text = "Intro:\n- one\n  more\n- two\n\n3. three\n\nPrice was\n2025. That is it.\n```\ncode"
    kinds = [(p.kind, p.text, p.number, p.group) for p in read_markdown(text)]
    assert kinds == [
        (Kind.TEXT, "Intro:", None, 0),
        (Kind.ITEM, "one\nmore", None, 0),
        (Kind.ITEM, "two", None, 0),
        (Kind.ITEM, "three", 3, 0),
        (Kind.TEXT, "Price was\n2025. That is it.", None, 1),
        (Kind.CODE, "code", None, 1),
    ]


def test_hostile_nesting_takes_no_time(deadline):
    for text in (
        "- " * 50_000,
        "> " * 50_000,
        "[" * 50_000,
        "a" + "`" * 50_001,
        "**a" * 30_000,
        "|-" * 40_000,
    ):
        assert pages(text + "\n" + text)
