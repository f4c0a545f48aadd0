"""Settings of money, and of how often people may ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Usd = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Questions = Annotated[int, Field(ge=1, le=1_000_000)]


class BudgetSettings(BaseModel):
    """What the models may cost; the periods are those of `DESKHAND_REVIEW__TIMEZONE`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_day_usd: _Usd = Field(
        default=1.0, description="what one person's questions may cost in a day, in dollars"
    )
    day_usd: _Usd = Field(
        default=20.0,
        description="what all calls of models may cost in a day, in dollars; 0 allows only what is "
        "free",
    )
    month_usd: _Usd = Field(
        default=200.0, description="what all calls of models may cost in a month, in dollars"
    )


class LimitSettings(BaseModel):
    """How many questions are taken in any window of time; all replicas count together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_s: float = Field(
        default=600.0, ge=1, le=86_400, description="length of the window, in seconds"
    )
    person: _Questions = Field(default=30, description="questions of one person in a window")
    channel: _Questions = Field(default=100, description="questions in one channel in a window")
    workspace: _Questions = Field(default=500, description="questions of everybody in a window")
