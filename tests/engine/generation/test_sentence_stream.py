from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.generation.draft import NoAnswer
from engine.generation.sentence_stream import SentenceStream, Written, WrittenSentence

ANSWER = """\
Tea is served at 4.5 o'clock by Dr. Smith. [1] Coffee costs $3.50 [2]. Ask e.g. Bob [1][3]. \
Nothing backs this one. But this one is backed [2].

1. Open **Settings** [1].
2. Click *Save* [1, 2]. It takes a minute. [3]
   - Or press Enter [2]
   ```bash
   echo list[1]
   ```
   [2]
3. Done [1]

| Day | Hours |
|-----|-------|
| Mon | 8 [1] |
| Tue | 9 | [2]

# A heading
- Use `a[1]. B` there [1]
- two
[2]

NO_ANSWER"""


def read(*pieces: str, whole: bool = True) -> list[Written]:
    stream = SentenceStream()
    out = [written for piece in pieces for written in stream.feed(piece)]
    return out + stream.close(whole=whole)


def said(*pieces: str, whole: bool = True) -> list[tuple[str, str, tuple[int, ...]]]:
    return [
        (w.layout, w.text, w.marks)
        for w in read(*pieces, whole=whole)
        if isinstance(w, WrittenSentence)
    ]


def test_an_answer_is_cut_into_sentences_items_rows_and_code() -> None:
    assert said(ANSWER) == [
        ("prose", "Tea is served at 4.5 o'clock by Dr. Smith.", (1,)),
        ("prose", "Coffee costs $3.50.", (2,)),
        ("prose", "Ask e.g. Bob.", (1, 3)),
        ("prose", "Nothing backs this one.", ()),
        ("prose", "But this one is backed.", (2,)),
        ("step", "Open **Settings**.", (1,)),
        ("step", "Click *Save*.", (1, 2)),
        ("prose", "It takes a minute.", (3,)),
        ("bullet", "Or press Enter", (2,)),
        ("code", "```\necho list[1]\n```", (2,)),
        ("step", "Done", (1,)),
        ("row", "Day: Mon; Hours: 8", (1,)),
        ("row", "Day: Tue; Hours: 9", (2,)),
        ("bullet", "Use `a[1]. B` there", (1,)),
        ("bullet", "two", (2,)),
    ]
    assert isinstance(read(ANSWER)[-1], NoAnswer)


def test_items_of_one_list_share_a_block_and_keep_their_numbers() -> None:
    written = [w for w in read(ANSWER) if isinstance(w, WrittenSentence)]
    steps = [w for w in written if w.layout == "step"]
    assert [w.number for w in steps] == [1, 2, 3]
    assert len({w.block for w in written[5:11]}) == 1
    assert len({w.block for w in written[:5]}) == 1
    assert written[0].block != written[5].block != written[11].block


@given(st.lists(st.integers(0, len(ANSWER)), max_size=40))
def test_how_a_text_was_cut_on_the_way_changes_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    pieces = [ANSWER[a:b] for a, b in itertools.pairwise(edges)]
    assert read(*pieces) == read(ANSWER)


@given(
    st.text(alphabet="aB1 .!\n[]`-*|#>NO_ANSWER,;\t~(){}é。", max_size=200),
    st.lists(st.integers(0, 200), max_size=20),
)
def test_any_text_however_cut_gives_the_same_and_loses_no_marked_word(
    text: str, cuts: list[int]
) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    assert read(*pieces) == read(text)
    for written in read(text):
        if isinstance(written, WrittenSentence):
            assert written.text.strip()


def test_a_sentence_is_given_as_soon_as_the_next_begins() -> None:
    stream = SentenceStream()
    assert stream.feed("The office opens at eight. [1][2]") == []
    assert stream.feed(" ") == []
    (first,) = stream.feed("I")
    assert isinstance(first, WrittenSentence)
    assert (first.text, first.marks) == ("The office opens at eight.", (1, 2))


def test_a_mark_split_over_pieces_is_one_mark() -> None:
    assert said("It opens at eight [", "1", "2", "]", ".", " It", " closes at six [3].") == [
        ("prose", "It opens at eight.", (12,)),
        ("prose", "It closes at six.", (3,)),
    ]


def test_a_text_that_broke_off_gives_no_half_sentence() -> None:
    assert said("It opens at eight. [1] It closes at si", whole=False) == [
        ("prose", "It opens at eight.", (1,))
    ]
    assert said("```\nrm -rf /", whole=False) == []


@pytest.mark.parametrize("text", ["NO_ANSWER", " NO_ANSWER.\n", "**NO_ANSWER** [1]", "`NO_ANSWER`"])
def test_no_answer_is_told_from_a_sentence(text: str) -> None:
    assert read(text) == [NoAnswer()]


@pytest.mark.parametrize(
    "text", ["", "   \n\n ", "[1]", "[1][2] .", "# Only a heading", "---", "|||"]
)
def test_nothing_said_is_nothing(text: str) -> None:
    assert said(text) == []


@pytest.mark.slow
def test_words_without_end_are_cut_and_not_kept_for_ever(deadline: None) -> None:
    assert sum(len(text) for _, text, _ in said("word " * 20_000)) > 90_000
