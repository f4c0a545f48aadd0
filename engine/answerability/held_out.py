"""Examples for the fit: made questions, asked with their passage there and with it held out."""

from __future__ import annotations

import random

from engine.answerability.fit import Example
from engine.answerability.made_questions import made_question
from engine.audience import Audience
from engine.retrieval.retriever import Retriever
from engine.storage.documents import DocumentStore
from engine.storage.passages import PassageStore

QUESTIONS = 240
"""Made of as many passages, spread over the documents; about 5 s on 2 cores."""

_TRIES = 4


async def held_out_examples(
    retriever: Retriever,
    documents: DocumentStore,
    passages: PassageStore,
    *,
    tenant: str,
    audience: Audience,
    seed: int = 7,
) -> list[Example]:
    """For each made question up to three examples: answerable, without its passage, and without
    its document. The same for the same knowledge and seed.

    Raises: IndexUnavailable, StorageUnavailable, ModelUnavailable.
    """
    rng = random.Random(seed)  # noqa: S311  # draws a sample; guards nothing
    versions = sorted(await documents.live_sizes(tenant))
    revision = await documents.revision(tenant)
    examples: list[Example] = []
    asked = 0
    for _ in range(QUESTIONS * _TRIES):
        if asked >= QUESTIONS or not versions:
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
    return examples
