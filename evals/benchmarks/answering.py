"""Question -> answer: its time by stage over the floor, and how it grows with the corpus."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import numpy as np

from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides
from engine.question import Question
from engine.retrieval.index import IndexQuery, SparseVector
from engine.retrieval.lexical import terms
from engine.trace import Stage, Trace
from evals.benchmarks.mixed_corpus import fill_home
from evals.benchmarks.real_documents import RealDocuments
from evals.benchmarks.synthetic import SyntheticEmbedder, SyntheticWorld, top_up
from evals.benchmarks.timing import ask, hit_rates, quantile, ratio, timed
from evals.corpora import SAMPLE
from evals.home import open_home
from evals.terminal import Ticker, say

_WARM_UP = 8
_GROWTH_QUESTIONS = 60

SMALL, LARGE = 5_000, 100_000
"""Passages of the two corpora whose answers are compared."""


async def measure_answers(
    home: Path, real: RealDocuments, *, size: int, seed: int
) -> dict[str, Any]:
    """Answers to distinct real questions among `size` passages, against the floor.

    The floor is what no hybrid search can do without: one embedded query and one query of the
    index, each with a dense and a sparse vector. The two take turns in going first.

    Raises: DeskhandError.
    """
    async with open_home(home) as engine:
        filled = await fill_home(engine, real, size=size, seed=seed)
        tenant = engine.settings.tenant
        for question in real.questions[:_WARM_UP]:
            await ask(engine, question)
            await _floor(engine, question)
        before = engine.retriever.caches()
        answers, floors, traces = await _interleaved(engine, real.questions[_WARM_UP:])
        return {
            "answer_passages": await engine.index.count(tenant),
            "answer_real_passages": filled.real_passages,
            "answer_documents_failed": filled.documents_failed,
            "answer_questions": len(answers),
            "answer_p50_ms": quantile(answers, 50),
            "answer_p95_ms": quantile(answers, 95),
            "floor_p50_ms": quantile(floors, 50),
            "floor_p95_ms": quantile(floors, 95),
            "answer_over_floor_ratio": ratio(quantile(answers, 50), quantile(floors, 50)),
            **_stages(traces),
            **hit_rates(before, engine.retriever.caches()),
            "answer_answered_share": _answered(traces),
        }


async def _interleaved(
    engine: Engine, questions: Sequence[Question]
) -> tuple[list[float], list[float], list[Trace]]:
    answers, floors, traces, ticker = [], [], [], Ticker("asking")
    for number, question in enumerate(questions):
        if number % 2:
            floors.append(await _floor(engine, question))
        took, trace = await ask(engine, question)
        if not number % 2:
            floors.append(await _floor(engine, question))
        answers.append(took)
        traces.append(trace)
        ticker.tick(f"{number + 1:,} of {len(questions):,} questions")
    return answers, floors, traces


async def _floor(engine: Engine, question: Question) -> float:
    """Milliseconds for one embedded query and one query of the index."""
    ids = np.unique(terms(question.text))
    sparse = SparseVector(indices=ids, values=np.ones(len(ids), np.float32))

    async def search() -> None:
        vector = await engine.embedder.embed_query(question.text)
        await engine.index.search(
            IndexQuery(
                tenant=engine.settings.tenant,
                audience=FULL_MEMBER.tags,
                dense=(vector,),
                sparse=(sparse,),
                limit=engine.settings.retrieval.candidates,
            )
        )

    return (await timed(search))[0]


def _stages(traces: Sequence[Trace]) -> dict[str, float]:
    found = {}
    for stage in Stage:
        times = [t.timings_ms.get(stage, 0.0) for t in traces]
        found[f"stage_{stage.value}_p50_ms"] = quantile(times, 50)
        found[f"stage_{stage.value}_p95_ms"] = quantile(times, 95)
    return found


def _answered(traces: Sequence[Trace]) -> float:
    return ratio(sum(t.outcome.value == "answered" for t in traces), len(traces))


async def measure_growth(
    root: Path, *, seed: int, small: int = SMALL, large: int = LARGE
) -> dict[str, Any]:
    """Whole answers at `small` and at `large` passages, made up, question by question in turn.

    Raises: DeskhandError.
    """
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_home(root / "model"))
        embedder = SyntheticEmbedder(first.embedder, seed)
        engines, questions = [], []
        for size in (small, large):
            say(f"  a corpus of {size:,} passages")
            engine = await stack.enter_async_context(
                open_home(root / f"passages-{size}", Overrides(embedder=embedder))
            )
            world = SyntheticWorld(SAMPLE / "knowledge", seed)
            await top_up(engine, embedder, world, size)
            await engine.make_ready()
            engines.append(engine)
            questions = world.questions(_GROWTH_QUESTIONS + _WARM_UP)
        times: dict[int, list[float]] = {small: [], large: []}
        for number, text in enumerate(questions):
            order = (0, 1) if number % 2 else (1, 0)
            for each in order:
                took, _ = await ask(engines[each], Question(id=str(number), text=text))
                if number >= _WARM_UP:
                    times[(small, large)[each]].append(took)
        return {
            "growth_small_passages": small,
            "growth_large_passages": large,
            "growth_small_p50_ms": quantile(times[small], 50),
            "growth_large_p50_ms": quantile(times[large], 50),
            "growth_small_p95_ms": quantile(times[small], 95),
            "growth_large_p95_ms": quantile(times[large], 95),
            "growth_ratio": ratio(quantile(times[large], 50), quantile(times[small], 50)),
        }
