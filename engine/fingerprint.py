"""One hash of everything that can change an answer, stamped on each."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from pathlib import Path

from engine.retrieval.index import IndexRecord
from engine.settings import Settings

_NO_EFFECT = (
    *("storage/migrations", "storage/evaluation", "evaluation_settings"),
    *("adapters/index_", "adapters/shared_index", "knowledge/source"),
    "telemetry/",
    "adapters/telemetry/",
    *("mirroring/", "mirror_settings", "adapters/langfuse_", "adapters/langsmith_"),
)


@lru_cache(maxsize=1)
def code_fingerprint() -> str:
    """Sha256 over the engine's own source, so that no change of behaviour can be forgotten."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(_NO_EFFECT):
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Fingerprint:
    """Code, settings, models and, by revision, the knowledge itself."""

    def __init__(
        self,
        settings: Settings,
        record: IndexRecord,
        knowledge: Callable[[str, int], Awaitable[str]],
        *,
        models: Sequence[str] = (),
    ) -> None:
        """models: names of what writes and checks, with the versions of their prompts."""
        answer = settings.model_dump_json(
            include={"embedder", "verifier", "retrieval", "answer"},
            exclude={"answer": {"cache_s"}},
        )
        base = f"{answer}\0{record}\0{settings.openai.model}\0{settings.openai.base_url}"
        base += f"\0{settings.openai.max_output_tokens}\0{chr(0).join(models)}"
        self._base = base.encode()
        self._knowledge = knowledge
        self._made: dict[str, tuple[tuple[int, str], str]] = {}

    async def of(self, tenant: str, revision: int, models: str) -> str:
        """Sha256 (hex) for a tenant's knowledge at a revision, judged by these models.

        models: versions of the fitted models in use for the tenant.
        """
        made = self._made.get(tenant)
        if made is None or made[0] != (revision, models):
            digest = hashlib.sha256(self._base)
            digest.update(code_fingerprint().encode())
            digest.update((await self._knowledge(tenant, revision)).encode())
            digest.update(b"\0" + models.encode())
            made = ((revision, models), digest.hexdigest())
            self._made[tenant] = made
        return made[1]
