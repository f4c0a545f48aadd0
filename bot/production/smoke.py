"""Sample questions asked of what was deployed, each with the answer it should have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.diagnosis import Check, Finding, fail, ok
from engine.compose import Engine
from engine.contract import render_trace
from engine.question import Budget
from engine.settings import Settings
from engine.trace import Outcome
from evals.case import Case
from evals.running.opening import open_target
from evals.running.targets import SAMPLE_TARGET, load_target, target_name
from evals.suites.metric import Suite

SHIPPED = frozenset({"s001", "s006", "s007", "s008"})
"""Ids of the sample's cases that are asked without a file."""
_LIMIT_S = 60.0
_MOST_COST_USD = 0.10
"""For one question; the budgets of the settings hold as well."""
_MEND = "look at it with `deskhand ask`; is every document ingested, and the index whole?"


@asynccontextmanager
async def smoke_checks(settings: Settings, file: Path | None) -> AsyncIterator[list[Check]]:
    """A check for each question, to be made while inside; reads the documents first.

    file: cases, which are asked of the live knowledge; None means the shipped ones, which the
    models and the embedder of the settings answer from the shipped documents, in an index of
    their own.

    Raises: WrongUse for a file that holds no question or a wrong one; what opening raises.
    """
    name = SAMPLE_TARGET if file is None else target_name(str(file))
    target = await asyncio.to_thread(load_target, name, settings.home, (Suite.ANSWERS,))
    cases = target.dataset.cases
    if file is None:
        # A model says it in words of its own: that it is found and answered is enough.
        cases = tuple(
            replace(case, must_contain=()) for case in cases if case.question.id in SHIPPED
        )
    async with open_target(target, settings, _unwatched, models=True) as engine:
        yield [
            Check(
                name=f"question {case.question.id}",
                look=partial(_ask, engine, case),
                limit_s=_LIMIT_S,
            )
            for case in cases
        ]


async def _ask(engine: Engine, case: Case) -> Finding:
    trace = await engine.pipeline.run(
        case.question,
        tenant=engine.settings.tenant,
        audience=case.audience,
        budget=Budget(max_cost_usd=_MOST_COST_USD),
    )
    told = render_trace(trace)
    found = {row["document_name"] for row in told["retrieved"]}
    missing = _missing(case, told["reply"])
    if case.expected_outcome is not None and trace.outcome is not case.expected_outcome:
        return fail(f"{trace.outcome.value}, not {case.expected_outcome.value}", _MEND)
    if trace.outcome is Outcome.FAILED:
        return fail("no answer could be made", _MEND)
    if case.gains and not found & set(case.gains):
        return fail(f"{', '.join(sorted(case.gains))} is not found", _MEND)
    if missing:
        return fail(f"the answer does not say {missing[0][:80]!r}", _MEND)
    total_ms = told["timings_ms"]["total"]
    return ok(f"{trace.outcome.value}, {len(told['citations'])} sources, {total_ms:,.0f} ms")


def _missing(case: Case, reply: str) -> list[str]:
    said = " ".join(reply.split()).casefold()
    return [text for text in case.must_contain if " ".join(text.split()).casefold() not in said]


def _unwatched(_: object) -> None:
    return None
