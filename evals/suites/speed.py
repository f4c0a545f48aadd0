"""Columns of the speed suite: time by stage, tokens and money of one answer."""

from __future__ import annotations

from evals.suites.answer_text import Answer

TOKEN_COLUMNS = ("prompt_tokens", "completion_tokens", "embedding_tokens")


def speed_columns(answer: Answer) -> dict[str, float]:
    """`STAGE_ms` of each stage the answer has a time of, its tokens, and `cost_usd`.

    An answer from an earlier run has the times of that run.
    """
    usage = answer.get("usage") or {}
    found = {f"{stage}_ms": float(ms) for stage, ms in (answer.get("timings_ms") or {}).items()}
    found |= {name: float(usage[name]) for name in TOKEN_COLUMNS if name in usage}
    if "cost_usd" in usage:
        found["cost_usd"] = float(usage["cost_usd"])
    return found
