from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.verification.grading import Criterion, GradeRequest
from evals.judging.labels import Label, labels_hash, parse_label, read_labels

ROW: dict[str, Any] = {
    "criterion": "faithfulness",
    "answer": "It is 21 days.",
    "evidence": ["Payment is due within 21 days."],
    "label": True,
}


def test_a_label_is_read_as_what_a_model_is_asked() -> None:
    assert parse_label(ROW) == Label(
        request=GradeRequest(
            criterion=Criterion.FAITHFULNESS,
            question="",
            text="It is 21 days.",
            evidence=("Payment is due within 21 days.",),
        ),
        label=True,
    )
    asked = {"criterion": "relevance", "question": "When?", "answer": "At four.", "label": 0}
    assert parse_label(asked).label is False
    assert parse_label({**ROW, "evidence": "one text"}).request.evidence == ("one text",)


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"criterion": "beauty"}, "needs a criterion: one of faithfulness, relevance"),
        ({"label": None}, "needs a label that is true or false"),
        ({"label": "yes"}, "needs a label"),
        ({"answer": " "}, "needs an answer"),
        ({"evidence": [1]}, "has an evidence that is no list of texts"),
        ({"evidence": []}, "needs evidence"),
        ({"criterion": "relevance"}, "needs a question"),
        ({"question": 3}, "has a question that is no text"),
    ],
)
def test_what_is_wrong_with_a_label_is_told(changed: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        parse_label({**ROW, **changed})


def test_a_broken_line_is_named_by_its_number_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    good = json.dumps(ROW).encode()
    path.write_bytes(b"\n".join([good, b"", b"{", b"[]", b"\xff", good]))
    found = read_labels(path)
    assert len(found.labels) == 2
    assert found.problems == (
        "line 3 is not JSON",
        "line 4 is not a JSON object",
        "line 5 is not UTF-8",
    )


def test_the_hash_is_of_the_labels_whatever_their_order() -> None:
    one, other = parse_label(ROW), parse_label({**ROW, "label": False})
    assert labels_hash([one, other]) == labels_hash([other, one])
    assert labels_hash([one]) != labels_hash([other])
