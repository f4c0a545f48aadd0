"""Settings of how long is kept what is written down."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_Days = Annotated[int, Field(ge=0, le=36_500)]


class RetentionSettings(BaseModel):
    """Days after which rows go, each night; 0 keeps them. Entries have an end of their own
    (`DESKHAND_REVIEW__ENTRY_DAYS`), and so have runs of evaluations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    traces_days: _Days = Field(
        default=180, description="days that answers are kept with all that led to them; 0 for ever"
    )
    texts_days: _Days = Field(
        default=365,
        description="days that the words of questions, replies and ended cases are kept, and labels"
        "; counts stay; 0 for ever",
    )
    usage_days: _Days = Field(
        default=400, description="days that single calls of models are kept; 0 for ever"
    )
    spend_days: _Days = Field(
        default=800, description="days that sums of spend are kept, by whole months; 0 for ever"
    )
    webhook_days: _Days = Field(
        default=30, description="days that calls of webhooks which are over are kept; 0 for ever"
    )
    audit_days: _Days = Field(default=0, description="days that the audit log is kept; 0 for ever")
