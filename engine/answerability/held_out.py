"""Examples for the fit: made questions, asked with their passage there and with it held out."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from engine.answerability.fit import Example
from engine.answerability.made_questions import made_question
from engine.audience import Audience
from engine.retrieval.retriever import Retriever
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore

QUESTIONS = 240
"""The most that are made, spread over the documents; about 5 s on 2 cores."""
_OF_A_PASSAGE = 8
"""More repeat its few sentences."""
_LEAST = 80
"""Made all the same, so that a handful of documents is enough to learn from."""

_TRIES = 4


def questions_for(passages: int) -> int:
    """How many questions are made of a knowledge base of so many passages."""
    return min(QUESTIONS, max(_LEAST, passages * _OF_A_PASSAGE))


async def held_out_examples(
    retriever: Retriever,
    documents: DocumentStore,
    passages: PassageStore,
    *,
    versions: Sequence[str],
    tenant: str,
    audience: Audience,
    rest: float = 0.0,
    seed: int = 7,
) -> list[Example]:
    """For each made question up to three examples: answerable, without its passage, and without
    its document. The same for the same knowledge and seed.

    versions: live ones that the audience may read; questions are made of their passages. rest: how
    long to pause after each question, in times of what it took.

    Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
    """
    rng = random.Random(seed)  # noqa: S311  # draws a sample; guards nothing
    versions = sorted(versions)
    revision = await documents.revision(tenant)
    examples: list[Example] = []
    asked = 0
    wanted = questions_for(await documents.count_passages(tenant))
    for _ in range(wanted * _TRIES):
        if asked >= wanted or not versions:
            break
        rows = await passages.ids_of_version(tenant, rng.choice(versions))
        readable = [row for row in rows if audience.may_read(row[2])]
        if not readable:
            continue
        passage_id, document_id, _ = rng.choice(readable)
        live = (await passages.live(tenant, [passage_id])).get(passage_id)
        question = made_question(live, rng) if live is not None else None
        if question is None:
            continue
        begun = time.monotonic()
        whole, without_passage, without_document = await retriever.features_held_out(
            question,
            (passage_id, document_id),
            tenant=tenant,
            audience=audience,
            revision=revision,
        )
        for features, answerable in (
            (whole, True),
            (without_passage, False),
            (without_document, False),
        ):
            if features:
                examples.append(Example(features=features, answerable=answerable, group=asked))
        asked += 1
        if rest:
            await asyncio.sleep(rest * (time.monotonic() - begun))
    return examples
