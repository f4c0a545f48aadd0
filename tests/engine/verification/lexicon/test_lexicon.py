from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import engine.verification.lexicon.lexicon as module
from engine.verification.lexicon.lexicon import SAME_MEANING, load_lexicon
from engine.verification.lexicon.stem import stem_of

LEXICON = load_lexicon()


def same(claimed: str, found: str) -> float:
    return LEXICON.same(stem_of(claimed), stem_of(found))


@pytest.mark.parametrize(
    ("claimed", "found"),
    [
        ("purchase", "buys"),
        ("approval", "approved"),
        ("inexpensive", "cheap"),
        ("vehicle", "car"),
        ("sold", "sells"),
        ("login", "logon"),
        ("refund", "reimbursement"),
    ],
)
def test_words_of_one_meaning_are_the_same(claimed: str, found: str) -> None:
    assert same(claimed, found) >= SAME_MEANING


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("enable", "disable"),
        ("cheap", "expensive"),
        ("increases", "decreases"),
        ("valid", "invalid"),
        ("comprehensive", "uncomprehensive"),
        ("accept", "refuse"),
    ],
)
def test_opposites_are_never_the_same(one: str, other: str) -> None:
    assert LEXICON.opposite(stem_of(one), stem_of(other))
    assert LEXICON.opposite(stem_of(other), stem_of(one))
    assert same(one, other) == 0.0


def test_a_broader_word_is_said_by_a_narrower_one_but_not_the_other_way_round() -> None:
    assert same("animal", "dog") > same("dog", "animal")


def test_rare_words_weigh_more() -> None:
    order = [LEXICON.rarity(stem_of(word)) for word in ("the", "company", "invoice", "zxqwv")]
    assert order == sorted(order)
    assert order[-1] == 1.0


def test_the_shipped_list_is_the_one_its_checksum_names() -> None:
    folder = Path(module.__file__).parent
    expected, name = (folder / "CHECKSUMS").read_text().split()
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
