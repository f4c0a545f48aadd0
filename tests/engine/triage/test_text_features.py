from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from engine.triage.text_features import Tfidf

TEXTS = [
    "The VPN is down, is it you?",
    "my laptop's  screen\tbroke\nthe screen!",
    "a I we go to Zürich ab",
    "ÜBER straße İstanbul 日本語 naïve",
    "__loader__ is a word, content too",
]


def fitted(characters: bool) -> tuple[TfidfVectorizer, Tfidf]:
    n = (3, 5) if characters else (1, 2)
    made = TfidfVectorizer(
        analyzer="char_wb" if characters else "word",
        ngram_range=n,
        sublinear_tf=True,
        dtype=np.float32,
    ).fit(TEXTS)
    own = Tfidf(
        vocabulary=made.vocabulary_,
        idf=made.idf_.astype(np.float32),
        characters=characters,
        shortest=n[0],
        longest=n[1],
    )
    return made, own


WORDS, CHARACTERS = fitted(False), fitted(True)


def assert_equal(text: str) -> None:
    for made, own in (WORDS, CHARACTERS):
        columns, weights = own.sparse(text)
        row = np.zeros(len(made.idf_), np.float32)
        row[columns] = weights
        np.testing.assert_allclose(row, made.transform([text]).toarray()[0], atol=1e-6)


@pytest.mark.parametrize("text", [*TEXTS, "", " ", "?", "unknown", "the the the THE vpn", "a"])
def test_the_arithmetic_is_scikit_learns(text: str) -> None:
    assert_equal(text)


@pytest.mark.slow
@given(st.lists(st.sampled_from(" ".join(TEXTS).split(" ")), max_size=12), st.text(max_size=30))
def test_and_for_any_text(words: list[str], more: str) -> None:
    assert_equal(" ".join(words) + more)
