from __future__ import annotations

import numpy as np
import pytest

from engine.errors import DeskhandError
from evals.cases import signatures
from evals.cases.signatures import (
    SLOTS,
    Signatures,
    dump_signatures,
    near_pairs,
    normalised,
    read_signatures,
    signatures_of,
)


def jaccard(first: str, second: str) -> float:
    """Of the four-character pieces, counted the plain way."""
    sets = [
        {text[i : i + 4] for i in range(len(text) - 3)}
        for text in (f" {normalised(first)} ", f" {normalised(second)} ")
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def near(first: str, second: str) -> bool:
    return bool(near_pairs(signatures_of([("a", first)]), signatures_of([("b", second)])))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How do I reset my password?", "how do I reset my  PASSWORD"),
        ("How do I reset my password?", "how do i reset my pasword"),
        ("Crème brûlée recipe", "Cre\u0300me bru\u0302le\u0301e recipe"),
        ("hi", "Hi!"),
        ("休暇は何日ですか", "休暇は何日ですか?"),
    ],
)
def test_one_question_written_in_two_ways_is_near(first: str, second: str) -> None:
    assert near(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("How long is parental leave in Belgium for a second child?", "How is the wifi called?"),
        ("Which printer on floor 3 can I use?", "Which laptop do engineers get in Porto?"),
        ("hi", "ho"),
    ],
)
def test_other_questions_are_not(first: str, second: str) -> None:
    assert not near(first, second)


def test_the_estimate_is_near_the_similarity_it_estimates() -> None:
    words = [f"word{n}" for n in range(40)]
    for kept in (38, 34, 30):
        first, second = " ".join(words), " ".join([*words[:kept], "other", "ending"])
        (pair,) = near_pairs(signatures_of([("a", first)]), signatures_of([("b", second)]))
        # Three standard errors of 128 draws.
        truth = jaccard(first, second)
        assert truth > 0.7
        assert abs(pair.similarity - truth) < 3 * (truth * (1 - truth) / SLOTS) ** 0.5


def test_each_text_is_named_once_with_its_likest_and_texts_of_no_letters_never() -> None:
    first = signatures_of([("a", "where is the key"), ("b", "???"), ("c", "who has the car")])
    second = signatures_of([("x", "where is the keys"), ("y", "Where is the key?"), ("z", "!!!")])
    assert first.names == ("a", "c")
    (pair,) = near_pairs(first, second)
    assert (pair.first, pair.second, pair.similarity) == ("a", "y", 1.0)
    assert near_pairs(first, signatures_of([])) == ()


@pytest.mark.parametrize(
    ("texts", "at_once"),
    [(60, 50), (60, 1_000), pytest.param(600, 200_000, marks=pytest.mark.slow)],
)
def test_at_most_so_many_pairs_are_named_however_crowded_they_are(
    texts: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where one text has more pairs than are looked at together."""
    monkeypatch.setattr(signatures, "_PAIRS_AT_ONCE", at_once)
    many = signatures_of((str(n), "the same text") for n in range(texts))
    assert len(near_pairs(many, many)) == 20
    assert len(near_pairs(many, many, most=texts)) == texts


def test_signatures_survive_their_file_and_the_file_holds_no_text() -> None:
    made = signatures_of([("line 1", "a very secret question"), ("line 2", "another one")])
    body = dump_signatures(made)
    read = read_signatures(body)
    assert read.names == made.names
    assert np.array_equal(read.slots, made.slots)
    assert b"secret" not in body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        dump_signatures(Signatures(("a",), np.zeros((1, 7), np.uint8))),
    ],
)
def test_another_file_is_refused_with_what_to_do(body: bytes) -> None:
    with pytest.raises(DeskhandError, match="train the model again"):
        read_signatures(body)
