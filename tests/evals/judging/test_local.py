from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.retrieval.known_vectors import stored_vector
from evals.judging.judge import Claim, Criterion
from evals.judging.local import LocalJudge
from evals.judging.relevance import (
    RelevanceModel,
    Vectors,
    features_of,
    load_relevance,
    sentences_of,
)


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


class Unused(MiniLmEmbedder):
    async def embed_many(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"embedded again: {texts}")


async def test_what_was_embedded_before_is_not_again_and_the_word_is_the_same(
    judge: LocalJudge,
) -> None:
    question = "how do I get a new badge?"
    answer = "- Ask the front desk.\n- They   print one in a minute."
    said = ["Ask the front desk.", "They print one in a minute."]
    assert sentences_of(answer) == said
    seen = []

    async def known(texts: Sequence[str], passages: Sequence[str]) -> dict[str, Vectors]:
        seen.append((list(texts), list(passages)))
        rows = await embedder.embed_many(texts)
        return {texts[0]: rows[0]} | dict(zip(texts[1:], stored_vector(rows[1:]), strict=True))

    embedder, unused = MiniLmEmbedder(), Unused()
    try:
        knowing = LocalJudge(unused, known=known)
        found = await knowing.relevance(question, answer, cited=["p1"])
    finally:
        await embedder.aclose()
        await unused.aclose()
    assert seen == [([question, *said], ["p1"])]
    assert found == pytest.approx(await judge.relevance(question, answer), abs=1e-6)


def test_the_features_and_the_mix_by_hand() -> None:
    asked = np.array([1.0, 0.0], np.float32)
    said = np.array([[0.6, 0.8], [1.0, 0.0]], np.float32)
    found = features_of("office badge", "A badge is grey.", asked=asked, said=said[:1])
    assert found == (pytest.approx(0.6, abs=0.005), 0.5)  # one of two terms
    both = features_of("office badge", "A badge is grey.", asked=asked, said=said)
    assert both[0] == pytest.approx(1.6 / (1.6**2 + 0.8**2) ** 0.5, abs=0.005)
    assert features_of("the", "badge", asked=asked, said=said)[1] == 0.0
    model = RelevanceModel(version="1", weights=(2.0, 1.0), bias=-1.7)
    assert model.probability((0.6, 0.5)) == pytest.approx(0.5)  # 1.2 + .5 - 1.7 = 0
    assert model.probability((1e9, 0.0)) == pytest.approx(1.0)


def test_an_answers_first_sentences_are_looked_at() -> None:
    assert sentences_of("1. One. Two.\n\n---\n\n* Three is\tlonger. Four.") == [
        "One.",
        "Two.",
        "Three is longer.",
    ]
    assert sentences_of("…") == []
