"""Settings of evaluations; the engine only reads them along with its own, and uses none."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EvaluationSettings(BaseModel):
    """What a run may cost, and what is kept of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_cost_usd: float = Field(
        default=5.0, ge=0, description="most that one run may spend, in US dollars"
    )
    concurrency: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="cases asked at the same time; unset means one for each processor",
    )
    keep_reports: int = Field(
        default=30, ge=1, le=10_000, description="runs kept of each target, and reports in all"
    )
