"""The type of a setting that holds the address of a server."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from engine.server_address import NO_ADDRESS, is_address

SAID_WHOLE = "said_whole"
"""Type of a problem whose message needs nothing but the setting's name before it."""


def _require_address(value: str) -> str:
    if not is_address(value):
        raise PydanticCustomError(SAID_WHOLE, NO_ADDRESS)
    return value


Address = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_require_address)]
