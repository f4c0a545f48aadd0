"""Next steps that a model proposes for a case, as far as they may be shown.

A model is asked only where a person has the case, after everything that an asker reads was
decided, within a short time limit and what is left of the question's budget. Whatever fails, the
steps by template stand.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.containment import citable_url, contain, one_line, urls_in
from engine.errors import ModelUnavailable
from engine.fault_place import place
from engine.generation.step_prompt import (
    MOST_STEP_CHARS,
    MOST_STEPS,
    OpenCase,
    repeats_step_instructions,
)
from engine.ledger import Account
from engine.trace import Citation, Outcome, ReasonCode

log = logging.getLogger(__name__)

STEPS_TOTAL_S = 8.0
"""Longest time for the model's call, which is made once; the case waits for it."""

STEPS_SLOT_S = 1.0
"""Longest wait until that call may begin."""

_LIMIT_S = STEPS_TOTAL_S + STEPS_SLOT_S + 1.0
"""For everything."""

_NOT_WORTH_IT = frozenset({ReasonCode.MODEL_DOWN, ReasonCode.NO_DOCUMENTS})
"""The model has just failed, or the one step to take is known."""

_ADDRESS = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w.@/-])(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/[^\s)\]>\"']*",
    re.IGNORECASE,
)
"""A mail address, or a host with a path, that no scheme marks as a link."""


class StepWriter(Protocol):
    """Proposes next steps; nothing in it blocks the event loop.

    name: what the fingerprint calls it, such as "openai:gpt-4.1-mini:steps-1".
    """

    name: str

    async def propose(self, case: OpenCase) -> tuple[str, ...]:
        """Steps as the model wrote them, not to be trusted.  Raises: ModelUnavailable."""
        ...

    def cost_usd(self, case: OpenCase) -> float:
        """The most that `propose` may cost; 0 where it is free or its price unknown."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProposal:
    """Asks the model, where there is one. writer: None where none is configured."""

    writer: StepWriter | None

    def names(self) -> tuple[str, ...]:
        """What proposes, for the fingerprint."""
        return (self.writer.name,) if self.writer is not None else ()

    async def of(
        self,
        case: OpenCase,
        outcome: Outcome,
        citations: Sequence[Citation],
        account: Account,
    ) -> tuple[str, ...]:
        """One to five steps; empty where those by template are to stand.

        citations: of the draft; their addresses alone may stand in a step. Never raises but for
        cancellation.
        """
        if self.writer is None or outcome is not Outcome.ESCALATED:
            return ()
        if _NOT_WORTH_IT & {reason.code for reason in case.reasons}:
            return ()
        try:
            if self.writer.cost_usd(case) > account.left_usd:
                return ()
            async with asyncio.timeout(_LIMIT_S):
                proposed = await self.writer.propose(case)
            return fit_steps(proposed, citations, [hit.passage.document_name for hit in case.hits])
        except (ModelUnavailable, TimeoutError) as error:
            log.warning("next steps are by template: %s", error)
        except Exception as error:
            log.error("next steps failed: %s at %s", type(error).__name__, place(error))
        return ()


def fit_steps(
    proposed: Sequence[str], citations: Sequence[Citation], document_names: Sequence[str] = ()
) -> tuple[str, ...]:
    """The first five that a support person may read, each on one line and once.

    What containment would change, what is too long, tells of the instructions, or names an address
    that is neither a cited document's nor in what it says, is left out whole: it was not
    written to help. An address that a document only mentions stands as code. document_names: may
    look like addresses and stand in a step all the same.
    """
    allowed = {url for citation in citations if (url := citable_url(citation.url))}
    written = {url for citation in citations for url in urls_in(citation.snippet)}
    contents = (c.full_content for c in citations)
    known = "\n".join([*allowed, *written, *document_names, *contents])
    fit: list[str] = []
    for text in proposed:
        said = " ".join(text.split())
        step = one_line(contain(said, allowed, written))
        if (
            any(c.isalnum() for c in said)
            and len(said) <= MOST_STEP_CHARS
            and step.replace("`", "") == said.replace("`", "")
            and all(address in known for address in _ADDRESS.findall(said))
            and not repeats_step_instructions(said)
            and step not in fit
        ):
            fit.append(step)
    return tuple(fit[:MOST_STEPS])
