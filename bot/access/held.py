"""An answer for those who read it when it is done, and not when it began."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.access.recheck import may_show
from engine.audience import Audience
from engine.errors import StorageUnavailable
from engine.storage.documents import DocumentStore
from engine.trace import Trace

log = logging.getLogger(__name__)

_MOST_RUNS = 2

Ask = Callable[[Audience, bool], Awaitable[Trace]]
"""Runs the pipeline; True the first time, when sentences may be shown as they come."""


async def held_answer(
    ask: Ask,
    audience_now: Callable[[bool], Awaitable[Audience]],
    documents: DocumentStore,
    *,
    tenant: str,
) -> Trace:
    """The answer for an audience that is still there, from documents that it still may read.

    audience_now: of the conversation; called with True once it was called before.

    Raises: StorageUnavailable where rights keep changing, and what the two callables raise.
    """
    audience = await audience_now(False)
    for run in range(_MOST_RUNS):
        trace = await ask(audience, run == 0)
        now = await audience_now(True)
        if now.tags >= audience.tags and await may_show(
            documents, tenant=tenant, passage_ids=_named(trace), audience=now
        ):
            return trace
        log.warning("question %s: who may read changed meanwhile", trace.question.id)
        audience = now
    raise StorageUnavailable("what may be read keeps changing; the question is tried again")


def _named(trace: Trace) -> set[str]:
    """Every passage of which the trace says something: what is found stands in steps and mirrors,
    though no sentence cites it."""
    return {c.chunk_id for c in trace.citations} | {r.chunk_id for r in trace.retrieved}


def passages_of(trace: Mapping[str, Any]) -> set[str]:
    """The same of the answer contract's object."""
    return {c["chunk_id"] for c in (*trace["citations"], *trace.get("retrieved", ()))}
