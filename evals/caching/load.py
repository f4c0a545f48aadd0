"""The sample company's questions asked again and again, with and without answers given again."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.adapters.model_prices import price
from engine.audience import FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.question import Budget, Question
from engine.settings import OpenAiSettings
from engine.trace import Trace
from evals.benchmarks.timing import quantile
from evals.case import Case
from evals.cases.case_file import read_cases
from evals.corpora import SAMPLE
from evals.home import evaluation_settings
from evals.metrics import wilson
from evals.model_server.models import quoting
from evals.model_server.server import ModelServer
from evals.terminal import Ticker

_AROUND = (
    *("{}", "{}", "{}", "{}", "hi, {}", "Hello! {} Thanks!", "{} please", "hey, {}"),
    *("Can you tell me {}", "does anyone know {}"),
)
"""What people put around a question; as often as not nothing."""
_CHANGE_EVERY = 250
_MODEL = "gpt-4.1-mini"
_ENOUGH = Budget(max_cost_usd=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question of the load. again_*: of the pipeline's own answer at the
    same moment, where the one that was given is a repetition; else of the answer itself."""

    text: str
    repeated: bool
    usd: float
    ms: float
    again_usd: float
    again_ms: float
    differs: bool
    right: bool
    again_right: bool


async def repeated_load(home: Path, *, size: int, seed: int, model: bool) -> dict[str, Any]:
    """Figures of `size` questions, drawn by Zipf's law (exponent 1) from the sample's answerable
    ones; a document changes after every 250.

    model: a model server in this process writes, at gpt-4.1-mini's prices; else the documents' own
    sentences are quoted, which alone can be right (the server knows nothing).
    differs: answers given again that are not, letter by letter, what the pipeline says at the same
    moment (the words around a question, which do not count here, change what it chooses).
    right: holds every fact that its case expects.

    Raises: DeskhandError.
    """
    drawn = random.Random(seed)
    cases = [
        case
        for case in read_cases(SAMPLE / "cases.jsonl").cases
        if not case.question.history and case.answerable and case.must_contain
    ]
    drawn.shuffle(cases)
    weights = [1 / rank for rank in range(1, len(cases) + 1)]
    asked = [
        (case, _varied(case.question.text, drawn)) for case in drawn.choices(cases, weights, k=size)
    ]
    async with ModelServer(quoting).serving() as url:
        settings = evaluation_settings(home)
        if model:
            openai = OpenAiSettings.model_validate({"base_url": url, "model": _MODEL})
            settings = settings.model_copy(update={"openai": openai})
        async with open_engine(settings) as engine:
            await engine.ingestion.run(str(SAMPLE / "knowledge"), (), lambda _: None)
            rows = await _ask_all(engine, asked, home)
    repeats = [row for row in rows if row.repeated]
    differing = sum(row.differs for row in repeats)
    low, high = wilson(differing, len(repeats))
    spent, without = sum(row.usd for row in rows), sum(row.again_usd for row in rows)
    figures = {
        "asked": size,
        "distinct": len({text for _, text in asked}),
        "hit_rate": len(repeats) / size,
        "differs_rate": differing / max(1, len(repeats)),
        "differs_rate_low": low,
        "differs_rate_high": high,
        "hit_p50_ms": quantile([row.ms for row in repeats], 50),
        "hit_p50_ms_without": quantile([row.again_ms for row in repeats], 50),
    }
    if model:
        ratio = spent / without if without else None
        return figures | {"usd": spent, "usd_without": without, "usd_ratio": ratio}
    return figures | {
        "right_rate": _share([row.right for row in repeats]),
        "right_rate_without": _share([row.again_right for row in repeats]),
    }


def _varied(text: str, drawn: random.Random) -> str:
    around = drawn.choice(_AROUND)
    said = text if around.startswith("{") else text[:1].lower() + text[1:]
    said = around.format(said)
    return said.lower().rstrip("?") if drawn.random() < 0.2 else said


async def _ask_all(engine: Engine, asked: list[tuple[Case, str]], home: Path) -> list[_Asked]:
    rows, ticker = [], Ticker("repeated load")
    changing = home / "changing.md"
    for number, (case, text) in enumerate(asked):
        if number and number % _CHANGE_EVERY == 0:
            said = f"# Notice\n\nThis is notice number {number}.\n"
            await asyncio.to_thread(changing.write_text, said, encoding="utf-8")
            await engine.ingestion.run(str(changing), (), lambda _: None)
        question, tenant = Question(id=str(number), text=text), engine.settings.tenant
        began = time.perf_counter()
        given = await engine.answer_cache.run(
            question, tenant=tenant, audience=FULL_MEMBER, budget=_ENOUGH
        )
        ms = again_ms = (time.perf_counter() - began) * 1000
        await engine.traces.save(given.trace, repeatable_as=given.key)
        fresh = given.trace
        if given.trace.repeats:
            began = time.perf_counter()
            fresh = await engine.pipeline.run(
                question, tenant=tenant, audience=FULL_MEMBER, budget=_ENOUGH
            )
            again_ms = (time.perf_counter() - began) * 1000
        rows.append(
            _Asked(
                text=text,
                repeated=bool(given.trace.repeats),
                usd=_usd(given.trace),
                ms=ms,
                again_usd=_usd(fresh),
                again_ms=again_ms,
                differs=fresh.reply != given.trace.reply,
                right=_is_right(given.trace, case),
                again_right=_is_right(fresh, case),
            )
        )
        ticker.tick(f"{number + 1:,} of {len(asked):,}")
    return rows


def _is_right(trace: Trace, case: Case) -> bool:
    said = " ".join(trace.reply.split()).casefold()
    return all(" ".join(fact.split()).casefold() in said for fact in case.must_contain)


def _share(flags: list[bool]) -> float:
    return sum(flags) / max(1, len(flags))


def _usd(trace: Trace) -> float:
    usage = trace.usage
    read, written = usage.prompt_tokens, usage.completion_tokens
    return price(None, _MODEL, prompt=read, completion=written, ours={}).cost_usd
