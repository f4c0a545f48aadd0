from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from engine.audience import CLOSED, FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.question import Question
from engine.retrieval.known_vectors import stored_vector
from engine.retrieval.query import query_texts
from engine.settings import Settings

QUESTION = "How long is leave?"
SENTENCE = "Leave is 25 days a year."


@pytest.fixture
async def engine(home_with_tables: Settings, tmp_path: Path) -> AsyncIterator[Engine]:
    path = tmp_path / "corpus.jsonl"
    row = {"_id": "leave", "title": "Leave", "text": f"{SENTENCE} Ask your lead first."}
    path.write_text(json.dumps(row), encoding="utf-8")
    async with open_engine(home_with_tables) as made:
        await made.ingestion.run(str(path), (), lambda _: None)
        yield made


async def test_questions_of_late_and_stored_sentences_need_no_embedding(engine: Engine) -> None:
    tenant = engine.settings.tenant
    revision = await engine.documents.revision(tenant)
    found = await engine.retriever.retrieve(
        query_texts(Question(id="1", text=QUESTION)),
        tenant=tenant,
        audience=FULL_MEMBER,
        revision=revision,
    )
    passages = [hit.passage.id for hit in found.hits]
    spaced = SENTENCE.replace(" ", "  ")
    texts = [QUESTION, spaced, "Nobody wrote this."]
    known = await engine.retriever.known_vectors.of(
        texts, passages=passages, tenant=tenant, revision=revision
    )
    assert known.keys() == {QUESTION, spaced}
    exact = await engine.embedder.embed_many([QUESTION, SENTENCE])
    np.testing.assert_allclose(known[QUESTION], exact[0], atol=1e-5)
    np.testing.assert_allclose(known[spaced], stored_vector(exact[1]), atol=1e-6)
    elsewhere = await engine.retriever.known_vectors.of(
        texts, passages=["gone"], tenant=tenant, revision=revision
    )
    assert elsewhere.keys() == {QUESTION}


async def test_passages_are_given_to_those_who_may_read_them(engine: Engine) -> None:
    tenant = engine.settings.tenant
    revision = await engine.documents.revision(tenant)
    found = await engine.retriever.retrieve(
        query_texts(Question(id="1", text=QUESTION)),
        tenant=tenant,
        audience=FULL_MEMBER,
        revision=revision,
    )
    ids = [hit.passage.id for hit in found.hits]
    given = await engine.retriever.passages(
        [*ids, "gone"], tenant=tenant, audience=FULL_MEMBER, revision=revision
    )
    assert list(given) == ids
    assert not await engine.retriever.passages(
        ids, tenant=tenant, audience=CLOSED, revision=revision
    )
