"""Settings of people's part; the engine only reads them along with its own, and uses none."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from engine.address_setting import Address

_ChannelId = Annotated[str, StringConstraints(pattern=r"^[CG][A-Z0-9]{1,30}$")]
_GroupId = Annotated[str, StringConstraints(pattern=r"^S[A-Z0-9]{1,30}$")]
_Hours = Annotated[str, StringConstraints(pattern=r"^\d{1,2}:\d{2}-\d{1,2}:\d{2}$")]
_Days = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}(-[a-z]{3})?(,[a-z]{3}(-[a-z]{3})?)*$")]


class ReviewSettings(BaseModel):
    """Who takes doubtful cases, by when, and what is learned from them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: Path | None = Field(
        default=None,
        description="TOML file of targets, routes and channel modes, to be kept under version "
        "control",
    )
    reviewers: _GroupId | None = Field(
        default=None,
        description="id of the user group whose members may review; unset means every full member "
        "in the channel of the card",
    )
    admin_channel: _ChannelId | None = Field(
        default=None,
        description="id of the channel that hears of modes, retraining, digests and money, and "
        "takes cards that no other channel takes",
    )
    business_hours: _Hours = Field(
        default="09:00-17:00", description="when people answer; clocks of cases stand still outside"
    )
    business_days: _Days = Field(default="mon-fri", description="days on which they do")
    timezone: str = Field(
        default="UTC", description="time zone of business hours, digests and budgets"
    )
    respond_minutes: int = Field(
        default=240, ge=1, description="business minutes until somebody should have a case"
    )
    resolve_minutes: int = Field(
        default=960, ge=1, description="business minutes until the asker should have their answer"
    )
    expire_days: int = Field(
        default=14, ge=1, le=365, description="age at which a case that nobody answered is closed"
    )
    tickets_url: Address | None = Field(
        default=None, description="address that is told of every change of a case"
    )
    tickets_secret: SecretStr | None = Field(
        default=None, description="key that signs calls of the ticket tracker"
    )
    on_call_url: Address | None = Field(
        default=None, description="address that pages whoever is on call"
    )
    on_call_secret: SecretStr | None = Field(
        default=None, description="key that signs calls of the pager"
    )
    target_precision: float = Field(
        default=0.9,
        gt=0,
        lt=1,
        description="share of answers shown without a person that are to be right",
    )
    compare_after_s: float = Field(
        default=86_400.0,
        ge=1,
        description="age at which a shadow answer is compared with what people said",
    )
    entry_days: int = Field(
        default=180, ge=1, le=3650, description="age at which a learned answer's owner is asked"
    )
    learn_from_threads: bool = Field(
        default=False,
        description="whether answers that reviewers give in threads are offered as knowledge",
    )
