"""Settings of the services that traces and evaluations are mirrored to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from engine.address_setting import Address

CONVENTIONAL_MIRROR_NAMES = {
    "LANGSMITH_API_KEY": "DESKHAND_LANGSMITH__API_KEY",
    "LANGSMITH_ENDPOINT": "DESKHAND_LANGSMITH__ENDPOINT",
    "LANGSMITH_PROJECT": "DESKHAND_LANGSMITH__PROJECT",
    "LANGFUSE_PUBLIC_KEY": "DESKHAND_LANGFUSE__PUBLIC_KEY",
    "LANGFUSE_SECRET_KEY": "DESKHAND_LANGFUSE__SECRET_KEY",
    "LANGFUSE_HOST": "DESKHAND_LANGFUSE__HOST",
}
"""Names that the services' own tools use, and the setting each stands for."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LangSmithSettings(_Group):
    """LangSmith; used once it has a key."""

    api_key: SecretStr | None = Field(
        default=None, description="key; unset means that nothing is sent to LangSmith"
    )
    endpoint: Address = Field(
        default="https://api.smith.langchain.com", description="address of LangSmith's API"
    )
    project: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        default="deskhand", description="project that the bot's answers are traced to"
    )


class LangfuseSettings(_Group):
    """Langfuse; used once it has both keys."""

    public_key: SecretStr | None = Field(
        default=None, description="public key; unset means that nothing is sent to Langfuse"
    )
    secret_key: SecretStr | None = Field(default=None, description="secret key")
    host: Address = Field(
        default="https://cloud.langfuse.com", description="address of Langfuse, cloud or one's own"
    )


class MirrorSettings(_Group):
    """What is sent to whichever service is set, and how long that may take."""

    sample_rate: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of the bot's answers that are traced; 0 traces none, evaluations are "
        "mirrored all the same",
    )
    phone_region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None,
        description="country, such as DE, whose phone numbers are removed without a prefix too",
    )
    timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="longest wait for one request, in seconds"
    )
    most_waiting: int = Field(
        default=200, ge=1, le=10_000, description="traces that wait; more are dropped, and counted"
    )
    stop_s: float = Field(
        default=2.0, ge=0, le=60, description="time to send what waits when stopping, in seconds"
    )
    upload_s: float = Field(
        default=120.0, gt=0, le=3600, description="time to mirror one evaluation, in seconds"
    )
