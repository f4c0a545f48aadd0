"""The HTTP client of an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from engine.adapters.model_prices import OPENAI, provider_of
from engine.settings import OpenAiSettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_NO_KEY = "none"
"""What servers without keys are sent; they ignore it."""


class ServerConnection:
    """One server for every model of the engine; connects at the first call.

    Importing the client takes a second, so it happens then too.
    """

    def __init__(self, settings: OpenAiSettings) -> None:
        self.settings = settings
        self.base_url = settings.base_url
        self.provider = provider_of(settings.base_url)
        self._client: AsyncOpenAI | None = None

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI's own API."""
        return self.provider == OPENAI

    async def ready(self) -> None:
        """Imports the client in a thread, so that the first call neither blocks nor pays for it."""
        if self._client is None:
            await asyncio.to_thread(import_module, "openai.resources.chat.completions")

    def client(self) -> AsyncOpenAI:
        """The client; it never retries by itself."""
        if self._client is None:
            from openai import AsyncOpenAI, Timeout

            key = self.settings.api_key
            self._client = AsyncOpenAI(
                api_key=key.get_secret_value() if key else _NO_KEY,
                base_url=self.base_url or "https://api.openai.com/v1",
                max_retries=0,
                timeout=Timeout(self.settings.total_s, connect=self.settings.connect_s),
            )
        return self._client

    async def aclose(self) -> None:
        """Closes its connections; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
