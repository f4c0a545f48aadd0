"""From a case and an answer's JSON to a row of the run, with what was scored before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.storage.evaluation_run import CachedAnswer
from evals.case import Case
from evals.judging.judge import Judge
from evals.run_record import CaseResult
from evals.suites.answer_text import cited_documents
from evals.suites.metric import Suite
from evals.suites.problems import problems
from evals.suites.score import plain_columns, score

_CODE = ("suites", "judging", "metrics.py", "case.py")


@lru_cache(maxsize=1)
def scoring_code() -> str:
    """Sha256 over what scores, so that no score outlives the code that made it."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for name in _CODE:
        for path in sorted(p for p in (root / name, *(root / name).rglob("*")) if p.is_file()):
            if path.suffix in (".py", ".json"):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(path.read_bytes())
    return digest.hexdigest()


class Scorer:
    """Scores answers by some suites."""

    def __init__(self, suites: tuple[Suite, ...], judge: Judge) -> None:
        self._suites = frozenset(suites)
        self._judge = judge if Suite.ANSWERS in self._suites else None
        named = f"{scoring_code()}\0{judge.name}\0{judge.version}"
        self.version = hashlib.sha256(named.encode()).hexdigest()

    async def result(
        self, case: Case, answer: CachedAnswer, *, from_cache: bool
    ) -> tuple[CaseResult, CachedAnswer | None]:
        """The row of a case, and the answer as it should be stored now; None where it is so.

        The judge's scores are stored with the answer, so that judging it again costs nothing.
        """
        if self._judge is None:
            columns = await asyncio.to_thread(plain_columns, case, answer.body, self._suites)
            scored = None if from_cache else answer
        elif answer.scored_by == self.version:
            columns, scored = answer.scores, None
        else:
            missing = self._judge.missing
            columns = await score(case, answer.body, self._judge)
            # What a judge could not say now it may say the next time.
            complete = self._judge.missing == missing
            scored = replace(
                answer,
                scored_by=self.version if complete else "",
                scores=columns if complete else {},
            )
        return _row(case, answer, columns, from_cache=from_cache), scored


def _row(
    case: Case, answer: CachedAnswer, columns: Mapping[str, float], *, from_cache: bool
) -> CaseResult:
    body = answer.body
    return CaseResult(
        case_id=case.question.id,
        case_hash=answer.case_hash,
        question=case.question.text or case.question.subject,
        outcome=str(body["outcome"]),
        slices=slices_of(case),
        columns=columns,
        problems=problems(case, body, columns),
        expected_docs=tuple(sorted(name for name, gain in case.gains.items() if gain > 0)),
        cited_docs=tuple(dict.fromkeys(cited_documents(body))),
        trace_id=str(body["trace_id"]),
        from_cache=from_cache,
    )


def slices_of(case: Case) -> dict[str, tuple[str, ...]]:
    """What figures are broken down by.  source: the folder that holds the gold documents."""
    sources = sorted({name.split("/")[0] for name in case.gains if "/" in name})
    found: dict[str, tuple[str, ...]] = {
        "kind": (case.kind,) if case.kind else (),
        "tag": case.tags,
        "category": (case.category,) if case.category else (),
        "source": tuple(sources),
        "channel": (case.question.channel,) if case.question.channel else (),
    }
    return {dimension: values for dimension, values in found.items() if values}


def is_lasting(body: Mapping[str, Any]) -> bool:
    """Whether asking again would give the same, as far as the answer tells.

    A fault, a model that was down or a spent budget may be over the next time.
    """
    codes = {reason["code"] for reason in body["reasons"]}
    return body["outcome"] != "failed" and codes.isdisjoint(
        {"model_down", "over_budget", "internal_error"}
    )


def is_over_budget(body: Mapping[str, Any]) -> bool:
    """Whether the answer would have cost more than the case's share."""
    return any(reason["code"] == "over_budget" for reason in body["reasons"])
