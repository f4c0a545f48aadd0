"""Settings of the models behind OpenAI's API, or any server that speaks it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from engine.address_setting import Address
from engine.price_setting import Prices


class OpenAiSettings(BaseModel):
    """The hosted or self-hosted chat model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = Field(default=None, description="key of the model server")
    base_url: Address | None = Field(default=None, description="any OpenAI-compatible server")
    model: str = Field(default="gpt-4.1-mini", description="chat model that writes answers")
    small_model: str | None = Field(
        default=None,
        description="smaller chat model of the same server that writes answers to easy questions, "
        "once `deskhand eval small-model` has found that it loses little",
    )
    small_model_loss: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="share of easy questions that may be answered wrongly for its sake; the upper "
        "end of the 95% interval must be below",
    )
    max_output_tokens: int = Field(
        default=1024, ge=16, le=100_000, description="longest answer of a model, thinking included"
    )
    connect_s: float = Field(default=5.0, gt=0, description="longest wait for a connection")
    first_token_s: float = Field(default=20.0, gt=0, description="longest wait for a first word")
    total_s: float = Field(default=60.0, gt=0, description="longest wait for a model in all")
    attempts: int = Field(default=3, ge=1, le=10, description="tries of a call before it failed")
    max_concurrency: int = Field(
        default=8, ge=1, le=1000, description="calls of one model at the same time"
    )
    breaker_failures: int = Field(
        default=5, ge=1, description="failures in a row after which a model is left alone"
    )
    breaker_s: float = Field(default=30.0, gt=0, description="how long it is left alone")
    conceal_personal_data: bool = Field(
        default=False,
        description="whether e-mail addresses, phone, account and card numbers, network addresses "
        "and keys are sent to a chat model as placeholders, and put back in what it writes",
    )
    prices: Prices = Field(
        default={},
        description="MODEL=INPUT/OUTPUT, commas between: dollars per million tokens of models that "
        "no price list has, or that cost something else here",
    )
