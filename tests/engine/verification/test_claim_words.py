from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.verification.claim_words import read_words, stems_in
from engine.verification.lexicon.lexicon import load_lexicon


@pytest.mark.parametrize(
    "text",
    [
        "The user’s keys don't expire; CVE-2017-3156 and load.rules aren't users' concern.",
        "Leaves left, LEAVES leave. Über_map's 4.1.1.2",
        "",
    ],
)
def test_the_stems_alone_are_those_of_the_words(text: str) -> None:
    assert stems_in(text) == {word.stem for word in read_words(text, load_lexicon())}


@given(st.text(alphabet="aAbsS'’.-_1 \n", max_size=60))
def test_and_for_any_text(text: str) -> None:
    assert stems_in(text) == {word.stem for word in read_words(text, load_lexicon())}
