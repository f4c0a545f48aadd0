"""The type of the setting that says what tokens cost where no list does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from engine.address_setting import SAID_WHOLE

_HOW = "is not prices; write MODEL=INPUT/OUTPUT in dollars per million tokens, commas between"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrice:
    """Dollars for a million tokens that a model reads, and that it writes."""

    input_usd: float
    output_usd: float

    def cost_usd(self, *, prompt: int, completion: int) -> float:
        """What so many tokens cost."""
        return (prompt * self.input_usd + completion * self.output_usd) / 1e6


def parse_prices(value: Any) -> Any:
    """`gpt-x=0.4/1.6, my-embedder=0.02` -> prices by model; one number is the input's.

    Raises: PydanticCustomError.
    """
    if not isinstance(value, str):
        return value
    prices = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        model, sign, numbers = part.rpartition("=")
        given, _, written = numbers.partition("/")
        price = TokenPrice(input_usd=_dollars(given), output_usd=_dollars(written or "0"))
        if not sign or not model.strip():
            raise PydanticCustomError(SAID_WHOLE, _HOW)
        prices[model.strip()] = price
    return prices


def _dollars(number: str) -> float:
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e6:
        raise PydanticCustomError(SAID_WHOLE, _HOW)
    return value


Prices = Annotated[dict[str, TokenPrice], NoDecode, BeforeValidator(parse_prices)]
"""By the name of the model."""
