from __future__ import annotations

import pytest

from engine.verification.wording import is_negative, strengths, turned_words


def test_strengths_name_the_first_word_of_each_kind() -> None:
    assert strengths("Only managers must sign all forms") == {
        "only": "Only",
        "must": "must",
        "all": "all",
    }
    assert strengths("A plain sentence.") == {}


@pytest.mark.parametrize(
    "text", ["It does not work", "Glass is excluded", "You can't", "free of charge"]
)
def test_words_that_may_stand_for_not_are_known(text: str) -> None:
    assert is_negative(text)


def test_an_opposite_small_word_counts_only_where_the_other_text_lacks_both() -> None:
    assert turned_words("after the restart", "before the restart") == [("after", "before")]
    assert turned_words("after the restart", "before or after the restart") == []
    assert turned_words("before and after", "before") == []
