from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest

from evals.judging.judge import Claim, Criterion
from evals.judging.local import LocalJudge
from evals.judging.relevance import RelevanceModel, features_of, load_relevance, texts_to_embed


@pytest.fixture
async def judge() -> AsyncIterator[LocalJudge]:
    made = LocalJudge()
    yield made
    await made.aclose()


async def test_faithfulness_is_the_checkers_word(judge: LocalJudge) -> None:
    evidence = ("A lease is 12 months long and ends in May.",)
    right, wrong, bare = await judge.faithfulness(
        [
            Claim(sentence="A lease is 12 months long.", evidence=evidence),
            Claim(sentence="A lease is 18 months long.", evidence=evidence),
            Claim(sentence="A lease is 12 months long.", evidence=()),
        ]
    )
    assert right >= 0.5 > wrong
    assert bare == 0.0


async def test_completeness_holds_each_expected_sentence_against_the_reply(
    judge: LocalJudge,
) -> None:
    reply = "A lease is 12 months long. It ends in May."
    found = await judge.completeness(["A lease is 12 months long.", "Pets cost 40 euros."], reply)
    assert [value >= 0.5 for value in found] == [True, False]
    assert await judge.completeness([], reply) == ()
    assert await judge.completeness(["A lease."], "") == (0.0,)


async def test_an_answer_to_another_question_is_not_relevant(judge: LocalJudge) -> None:
    question = "how do I get a new badge for the office?"
    about = await judge.relevance(question, "Ask the front desk for a new office badge.")
    other = await judge.relevance(question, "Invoices are sent on the first of the month.")
    assert about > 0.8
    assert other < 0.2
    assert await judge.relevance(question, "…") == 0.0
    assert await judge.relevance("", "x") == 0.0


async def test_the_report_says_that_no_model_judged(judge: LocalJudge) -> None:
    assert judge.notes == ("Texts were judged by the local checker, not by a model.",)
    assert all(judge.judges(criterion) for criterion in Criterion)
    assert judge.version.endswith(load_relevance().version)


def test_the_features_and_the_mix_by_hand() -> None:
    vectors = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
    found = features_of("office badge", "A badge is grey.", vectors)
    assert found == (pytest.approx(0.6), 0.5)  # one of two terms
    assert features_of("the", "badge", vectors)[1] == 0.0
    model = RelevanceModel(version="1", weights=(2.0, 1.0), bias=-1.7)
    assert model.probability((0.6, 0.5)) == pytest.approx(0.5)  # 1.2 + .5 - 1.7 = 0
    assert model.probability((1e9, 0.0)) == pytest.approx(1.0)
    assert texts_to_embed("q", "w " * 99) == ["q", " ".join("w" * 32)]
