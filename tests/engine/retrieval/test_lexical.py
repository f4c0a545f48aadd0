from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.lexical import STOP_WORDS, document_vector, terms, words


def same(one: str, other: str) -> bool:
    return bool(np.array_equal(terms(one), terms(other)))


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("How many Days?", ["how", "many", "days"]),
        ("config_map v4.1", ["config", "map", "v4", "1"]),
        ("don't e-mail", ["don", "t", "e", "mail"]),
        ("ＦＵＬＬ ﬁne", ["full", "fine"]),
        ("Größe 東京 שלום", ["größe", "東京", "שלום"]),
        ("... !!", []),
    ],
)
def test_words_are_lower_case_parts_in_order(text: str, split: list[str]) -> None:
    assert words(text) == split


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Resetting passwords", "reset password"),
        ("the users' device", "user devices"),
        ("user's", "user"),
        ("it’s a laptop", "laptop"),
        ("LAPTOP", "laptop"),
        ("What is the VPN?", "vpn"),
        ("config_map", "config map"),
        ("single-sign-on", "single sign"),
    ],
)
def test_forms_of_a_word_are_one_term_and_stop_words_none(one: str, other: str) -> None:
    assert same(one, other)
    assert len(terms(one)) > 0


@pytest.mark.parametrize(
    "identifier", ["4.1.1.2", "CVE-2017-3156", "load.rules", "host:port", "a1_b2"]
)
def test_an_identifier_gives_its_parts_and_the_whole(identifier: str) -> None:
    whole = zlib.crc32(b"=" + identifier.lower().encode())
    found = terms(f"see {identifier}.").tolist()
    assert whole in found
    assert len(found) == 1 + 1 + len([w for w in words(identifier) if w not in STOP_WORDS])
    apart = terms(" ".join(words(identifier))).tolist()
    assert whole not in apart
    assert set(apart) < set(found)


def test_terms_keep_their_order_and_repeats() -> None:
    one, two = int(terms("one")[0]), int(terms("two")[0])
    assert terms("two one two").tolist() == [two, one, two]
    assert terms("two").dtype == np.uint32


@pytest.mark.parametrize("text", ["", "   ", "the of and", "?!", "\x00"])
def test_a_text_without_content_has_no_terms(text: str) -> None:
    found = terms(text)
    assert (len(found), found.dtype) == (0, np.uint32)
    vector = document_vector(found)
    assert len(vector.indices) == len(vector.values) == 0


def test_document_weights_are_those_of_the_formula() -> None:
    sequence = np.array([5, 9, 5, 5], dtype=np.uint32)
    vector = document_vector(sequence)
    # k1 = 1.2, b = 0.75, average 128: norm = 1.2 x (0.25 + 0.75 x 4 / 128) = 0.328125
    assert vector.indices.tolist() == [5, 9]
    assert vector.values.tolist() == pytest.approx([3 * 2.2 / 3.328125, 1 * 2.2 / 1.328125])
    assert vector.values.dtype == np.float32


@pytest.mark.slow
@given(st.text())
def test_any_text_has_terms_of_words_only(text: str) -> None:
    found = terms(text)
    assert found.dtype == np.uint32
    assert len(found) <= 2 * len(words(text))
    assert np.array_equal(found, terms(text))
    vector = document_vector(found)
    assert (vector.values > 0).all()
    assert len(set(vector.indices.tolist())) == len(vector.indices)


@pytest.mark.slow
@pytest.mark.usefixtures("deadline")
@pytest.mark.parametrize("piece", ["a.", "a", "1:", ".", "_", "a__", "’", "a ", "\ufdfa"])
def test_hostile_text_is_split_in_linear_time(piece: str) -> None:
    terms((piece * (200_000 // len(piece)))[:200_000])
