"""Settings of evaluations; the engine only reads them along with its own, and uses none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{1,30}$")]
_UserId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{1,30}$")]


class EvaluationSettings(BaseModel):
    """What a run may cost, what is kept of it, and who hears of it."""

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
    datasets: Path | None = Field(
        default=None,
        description="folder of the data sets that `/deskhand eval run` may name; unset means "
        "evals/datasets in DESKHAND_HOME",
    )
    report_channel: _ChannelId | None = Field(
        default=None, description="id of the channel where runs by the clock are reported"
    )
    report_owner: _UserId | None = Field(
        default=None, description="id of the person who is called when such a run got worse"
    )
    niceness: int = Field(
        default=10,
        ge=0,
        le=19,
        description="how far a run that the bot starts stands back behind answers; 19 is farthest",
    )
    watch_hour: int | None = Field(
        default=None,
        ge=0,
        le=23,
        description="hour at which the answers of the day before are looked at; unset means never",
    )
    watch_timezone: str = Field(default="UTC", description="time zone of that hour")
    keep_watched_days: int = Field(
        default=400,
        ge=28,
        le=10_000,
        description="days of which is kept what was seen of the answers; 28 are compared with",
    )
