"""The same questions asked of two Deskhands that must know the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.audience import FULL_MEMBER
from engine.compose import Engine
from engine.question import Budget, Question
from engine.retrieval.query import query_texts
from engine.settings import OpenAiSettings, Settings
from engine.storage.copying.sampled import sampled_questions

QUESTIONS = 12
_PASSAGES = 10
"""Compared of those found: further down the embedded index, which holds eight bits of a dimension,
may put two that are nearly alike the other way round than a server does."""
_FREE = Budget(max_cost_usd=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What a question got: the first passages found, best first, and what was said of them."""

    question: str
    passages: tuple[str, ...]
    outcome: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Of so many questions, how many got the very same."""

    questions: int
    same: int


def repeatable(settings: Settings) -> Settings:
    """Settings under which the same question gets the same answer: documents are quoted, nobody
    writes, and a Qdrant server compares every vector.
    """
    changed: dict[str, object] = {"qdrant": settings.qdrant.model_copy(update={"exact": True})}
    if settings.embedder == "local":
        changed |= {"openai": OpenAiSettings(), "verifier": "local"}
    return settings.model_copy(update=changed)


async def questions_of(engine: Engine) -> tuple[str, ...]:
    """What to ask; empty where nothing was read and nothing asked."""
    return await sampled_questions(engine.database, engine.settings.tenant, most=QUESTIONS)


async def ask_all(engine: Engine, questions: Sequence[str]) -> list[Sampled]:
    """Asks an engine that was opened with `repeatable` settings; nothing of it is kept.

    Where vectors are hosted the passages found are all that is compared: the model that writes
    would cost, and answer otherwise each time.
    """
    return [await _ask(engine, text) for text in questions]


async def _ask(engine: Engine, text: str) -> Sampled:
    tenant, question = engine.settings.tenant, Question(id="sample", text=text)
    if engine.settings.embedder != "local":
        found = await engine.retriever.retrieve(
            query_texts(question),
            tenant=tenant,
            audience=FULL_MEMBER,
            revision=await engine.documents.revision(tenant),
        )
        passages = tuple(passage.chunk_id for passage in found.retrieved[:_PASSAGES])
        return Sampled(question=text, passages=passages, outcome="", reply="")
    trace = await engine.pipeline.run(question, tenant=tenant, audience=FULL_MEMBER, budget=_FREE)
    return Sampled(
        question=text,
        passages=tuple(passage.chunk_id for passage in trace.retrieved[:_PASSAGES]),
        outcome=trace.outcome.value,
        reply=trace.reply,
    )


def compare(before: Sequence[Sampled], after: Sequence[Sampled]) -> Compared:
    """How many are equal, in order."""
    same = sum(one == other for one, other in zip(before, after, strict=True))
    return Compared(questions=len(before), same=same)
