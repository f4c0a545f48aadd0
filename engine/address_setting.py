"""The types of settings that hold the address of a server, or names of hosts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from engine.server_address import NO_ADDRESS, is_address

SAID_WHOLE = "said_whole"
"""Type of a problem whose message needs nothing but the setting's name before it."""


def _require_address(value: str) -> str:
    if not is_address(value):
        raise PydanticCustomError(SAID_WHOLE, NO_ADDRESS)
    return value


Address = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_require_address)]


def split_names(value: Any) -> Any:
    """`one, two` or the names one by one."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


_Host = Annotated[
    str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9_:-][A-Za-z0-9_.:-]*$")
]
Hosts = Annotated[tuple[_Host, ...], NoDecode, BeforeValidator(split_names)]
"""Names or numbers of hosts, with commas between: no scheme, no port, no wildcard."""
