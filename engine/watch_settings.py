"""Settings of what is seen of a running bot: its log, and where faults are reported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator

LEVELS = ("debug", "info", "warning", "error", "critical")


def parse_levels(given: str) -> dict[str, str]:
    """Levels by module, "" for all: "info, bot.delivery=debug".

    Raises: ValueError that says what is wrong.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in given.replace("\n", ",").split(","))):
        module, has_module, level = part.rpartition("=")
        level = level.strip().lower()
        if level not in LEVELS:
            raise ValueError(f"a level is one of {', '.join(LEVELS)}")
        module = module.strip() if has_module else ""
        if has_module and not all(name.isidentifier() for name in module.split(".")):
            raise ValueError("a module is named as in a line of the log, such as bot.delivery")
        found[module] = level
    return found


class LogSettings(BaseModel):
    """How a running bot logs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["auto", "json", "text"] = Field(
        default="auto",
        description="lines of json or text; auto means text on a terminal and json elsewhere",
    )
    levels: str = Field(
        default="info",
        description="least level that is logged, with commas between those of single modules, "
        "such as info,bot.delivery=debug",
    )
    levels_file: Path | None = Field(
        default=None,
        description="file with the same, read at the start and whenever the bot gets SIGHUP",
    )

    @field_validator("levels")
    @classmethod
    def _parsed(cls, given: str) -> str:
        parse_levels(given)
        return given


class SentrySettings(BaseModel):
    """Where faults are reported, without a word of anybody's; needs `deskhand[sentry]`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dsn: SecretStr | None = Field(
        default=None, description="address that Sentry gives a project; unset reports nowhere"
    )
    environment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = Field(
        default="production", description="what Sentry calls this installation"
    )
