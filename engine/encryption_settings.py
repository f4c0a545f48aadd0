"""Settings of what is kept encrypted."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class EncryptionSettings(BaseModel):
    """What secrets that are kept are encrypted with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: SecretStr | None = Field(
        default=None,
        description="keys of the tokens of workspaces that install the app, with commas between, "
        "the newest first",
    )
