from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from evals.case import Case
from evals.corpora import SAMPLE, load_set
from evals.judging import fit
from evals.judging.__main__ import RELEVANCE, main, not_held

ROWS = (
    ("how long is a lease?", "A lease is twelve months long."),
    ("how long is a lease for a shop?", "Shops are rented for five years at a time."),
    ("who waters the plants?", "The front desk waters all plants on Mondays."),
    ("when is lunch served?", "Lunch is on the table at noon."),
)


@pytest.mark.slow
def test_the_local_judge_is_measured_on_questions_and_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "longform_qa"
    folder.mkdir()
    rows = [{"id": str(n), "input": q, "output": [{"answer": a}]} for n, (q, a) in enumerate(ROWS)]
    text = "\n".join(json.dumps(row) for row in rows)
    (folder / "clapnq_dev_answerable.jsonl").write_text(text, encoding="utf-8")
    code = main(["--datasets", str(tmp_path), "--only", RELEVANCE, "wice_dev"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["skipped"] == ["wice_dev"]
    measured = found["sets"][RELEVANCE]
    assert measured["claims"] == 12
    assert measured["auroc"] > 0.8
    assert measured["right_share_by_kind"].keys() == {
        "its question",
        "nearest question",
        "drawn question",
    }
    assert code == (0 if found["holds"] else 1)


def test_a_judge_that_tells_no_more_than_shared_words_is_named() -> None:
    weak = {"auroc": 0.7, "coverage_auroc": 0.7}
    assert not_held("x", weak) == ["x: auroc is 0.700, shared terms have 0.700"]
    assert not_held("x", {"auroc": 0.71, "coverage_auroc": 0.7}) == []
    assert not_held("x", {"auroc": None, "coverage_auroc": 0.7}) == []


def test_the_fit_pairs_a_text_with_its_question_and_with_two_of_other_documents() -> None:
    loaded = load_set("sample", datasets=SAMPLE, work=SAMPLE, size=None, seed=1)
    assert loaded is not None
    cases: list[Case] = [case for case in loaded.cases if case.answerable][:12]

    async def made() -> list[fit.Sample]:
        embedder = MiniLmEmbedder()
        try:
            return await fit.samples(cases, embedder, seed=3)
        finally:
            await embedder.aclose()

    rows = asyncio.run(made())
    assert len(rows) >= 12
    for right, near, drawn in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert (right.relevant, near.relevant, drawn.relevant) == (True, False, False)
        assert right.text == near.text == drawn.text
        assert right.question not in (near.question, drawn.question)


def test_the_fit_finds_the_feature_that_tells() -> None:
    rng = np.random.default_rng(2)
    labels = rng.random(200) < 0.5
    values = np.c_[labels + rng.normal(0, 0.3, 200), rng.random(200)]
    weights, _ = fit.fit(values, labels)
    assert weights[0] > 2 * abs(weights[1])
    held_out = fit.held_out(values, labels, np.arange(200))
    assert ((held_out > 0.5) == labels).mean() > 0.85
