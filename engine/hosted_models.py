"""The hosted models that the settings name, over one connection."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from engine.errors import SettingsInvalid
from engine.generation.writer import Writer
from engine.ledger import Ledger
from engine.proposed_steps import STEPS_SLOT_S, STEPS_TOTAL_S, StepWriter
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.verification.claim import LocalVerifier, Verifier
from engine.verification.grading import Grader

if TYPE_CHECKING:
    from engine.adapters.openai_chat import Chat
    from engine.adapters.openai_client import ServerConnection
    from engine.adapters.openai_lane import OpenAiLane

log = logging.getLogger(__name__)

_INGEST_TOTAL_S = 600.0
_INGEST_ATTEMPTS = 8
"""An ingestion may wait out a rate limit that a question must not."""


class HostedModels:
    """Builds what is asked for; imports and connects nothing before."""

    def __init__(self, settings: Settings, ledger: Ledger, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._ledger = ledger
        self._stack = stack
        self._connection: ServerConnection | None = None

    def writer(self) -> Writer | None:
        """The chat model; None where neither a key nor a server is named."""
        if not self._has_server():
            return None
        from engine.adapters.openai_writer import OpenAiWriter

        openai = self._settings.openai
        lane = self._lane(openai.model, "answer", "OPENAI_MODEL")
        return OpenAiWriter(self._chat(lane), max_output_tokens=openai.max_output_tokens)

    def small_writer(self) -> Writer | None:
        """The smaller chat model; None where none is named, or no server."""
        openai = self._settings.openai
        if not self._has_server() or not openai.small_model:
            return None
        from engine.adapters.openai_writer import OpenAiWriter

        lane = self._lane(openai.small_model, "answer", "DESKHAND_OPENAI__SMALL_MODEL")
        return OpenAiWriter(self._chat(lane), max_output_tokens=openai.max_output_tokens)

    def step_writer(self) -> StepWriter | None:
        """The same chat model, for next steps; None where neither a key nor a server is named."""
        if not self._has_server():
            return None
        from engine.adapters.openai_steps import OpenAiStepWriter

        openai = self._settings.openai
        lane = self._lane(openai.model, "steps", "OPENAI_MODEL")
        return OpenAiStepWriter(self._chat(lane), max_output_tokens=openai.max_output_tokens)

    def verifier(self, local: LocalVerifier) -> Verifier:
        """The model that `DESKHAND_VERIFIER` names, else the local one.

        Raises: SettingsInvalid where it needs a server and none is named.
        """
        named = self._settings.verifier
        if named == "local":
            return local
        self._need_server("DESKHAND_VERIFIER")
        from engine.adapters.openai_verifier import OpenAiVerifier

        lane = self._lane(named.partition(":")[2], "verify", "DESKHAND_VERIFIER")
        bound = self._settings.openai.max_output_tokens
        return OpenAiVerifier(self._chat(lane), max_output_tokens=bound)

    def grader(self, model: str) -> Grader:
        """A chat model as a judge of texts, such as for evaluations.

        Raises: SettingsInvalid where no server is named.
        """
        self._need_server(f"The judge openai:{model}")
        from engine.adapters.openai_grader import OpenAiGrader

        lane = self._lane(model, "judge", "--judge")
        bound = self._settings.openai.max_output_tokens
        return OpenAiGrader(self._chat(lane), max_output_tokens=bound)

    def _chat(self, lane: OpenAiLane) -> Chat:
        from engine.adapters.openai_chat import ChatModel

        if not self._settings.openai.conceal_personal_data:
            return ChatModel(lane)
        from engine.adapters.concealing_chat import ConcealingChat
        from engine.adapters.personal_data import PersonalData

        return ConcealingChat(ChatModel(lane), PersonalData(self._settings.mirror.phone_region))

    def embedder(self) -> Embedder:
        """The model that `DESKHAND_EMBEDDER` names; not for `local`.

        Raises: SettingsInvalid where no server is named, or the vectors' length is not known.
        """
        self._need_server("DESKHAND_EMBEDDER")
        from engine.adapters.openai_embedder import OpenAiEmbedder, parse_embedder

        model, dimension = parse_embedder(self._settings.embedder)
        query = self._lane(model, "query", "DESKHAND_EMBEDDER")
        ingest = self._lane(model, "ingest", "DESKHAND_EMBEDDER")
        return OpenAiEmbedder(query, ingest, dimension=dimension)

    def _lane(self, model: str, purpose: str, setting: str) -> OpenAiLane:
        from engine.adapters.openai_client import ServerConnection
        from engine.adapters.openai_lane import OpenAiLane
        from engine.backoff import Backoff

        if self._connection is None:
            self._connection = ServerConnection(self._settings.openai)
            self._stack.push_async_callback(self._connection.aclose)
        _need_price(self._connection, model, setting)
        self._ledger.begin(purpose, model)
        total_s = self._settings.openai.total_s
        slot_s: float | None = total_s
        try_s, backoff = total_s, None
        if purpose == "ingest":
            total_s, slot_s = _INGEST_TOTAL_S, None
            backoff = Backoff(attempts=_INGEST_ATTEMPTS, most_s=30.0)
        elif purpose == "steps":
            total_s = try_s = min(total_s, STEPS_TOTAL_S)
            slot_s, backoff = STEPS_SLOT_S, Backoff(attempts=1)
        return OpenAiLane(
            self._connection,
            self._ledger,
            model=model,
            purpose=purpose,
            setting=setting,
            total_s=total_s,
            try_s=try_s,
            slot_s=slot_s,
            backoff=backoff,
        )

    def _need_server(self, setting: str) -> None:
        if not self._has_server():
            raise SettingsInvalid(
                f"{setting} names a hosted model; set OPENAI_API_KEY, or OPENAI_BASE_URL for a "
                "server without keys"
            )

    def _has_server(self) -> bool:
        openai = self._settings.openai
        return openai.api_key is not None or openai.base_url is not None


def _need_price(connection: ServerConnection, model: str, setting: str) -> None:
    """Raises: SettingsInvalid for a model of a server that charges, whose price nobody knows."""
    from engine.adapters.model_prices import charges, price

    prices = connection.settings.prices
    if price(connection.base_url, model, prompt=1, completion=1, ours=prices).known:
        return
    if charges(connection.base_url):
        raise SettingsInvalid(
            f"{setting} names {model}, whose price at {connection.provider} is not known, so that "
            "no budget could hold; mend the name, or set "
            f"DESKHAND_OPENAI__PRICES={model}=INPUT/OUTPUT in dollars per million tokens"
        )
    log.info("%s of %s counts as free: no price is set", model, connection.provider)
