"""What tokens cost, by the settings or by the list that genai-prices ships; nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.price_setting import TokenPrice

OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for one call. known: false where no price is listed, and then cost_usd is 0."""

    cost_usd: float
    known: bool


def provider_of(base_url: str | None) -> str:
    """Whom a server belongs to: `openai`, or its host and port; never a user or password."""
    if base_url is None:
        return OPENAI
    parts = urlsplit(base_url)
    host = parts.hostname or "model server"
    if host == "api.openai.com":
        return OPENAI
    return f"{host}:{parts.port}" if parts.port else host


def price(
    base_url: str | None,
    model: str,
    *,
    prompt: int,
    completion: int,
    ours: Mapping[str, TokenPrice],
) -> Price:
    """The price of so many tokens of a model at a server. ours: of the settings, which go first.

    Loads the list at first use (40 ms).
    """
    set_price = ours.get(model)
    if set_price is not None:
        return Price(cost_usd=set_price.cost_usd(prompt=prompt, completion=completion), known=True)
    from genai_prices import Usage, calc_price

    tokens = Usage(input_tokens=prompt, output_tokens=completion)
    try:
        if provider_of(base_url) == OPENAI:
            found = calc_price(tokens, model, provider_id=OPENAI)
        else:
            found = calc_price(tokens, model, provider_api_url=str(base_url))
    except (LookupError, ValueError):
        return Price(cost_usd=0.0, known=False)
    return Price(cost_usd=float(found.total_price), known=True)


def price_is_known(base_url: str | None, model: str, ours: Mapping[str, TokenPrice]) -> bool:
    """Whether what a model costs is known, so that a budget can hold it back."""
    return price(base_url, model, prompt=1, completion=1, ours=ours).known


def charges(base_url: str | None) -> bool:
    """Whether a server is one of those whose prices are listed, so that none of its models is free.

    Loads the list at first use.
    """
    from genai_prices.data_snapshot import get_snapshot

    if provider_of(base_url) == OPENAI:
        return True
    try:
        get_snapshot().find_provider(None, None, str(base_url))
    except LookupError:
        return False
    return True
