"""Langfuse's public API: requests with its keys, and what goes wrong with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.adapters.http_faults import answered, unreachable
from engine.adapters.patience import patiently
from engine.mirror_settings import LangfuseSettings
from engine.mirroring.mirror import Deadline, MirrorFault
from engine.server_address import server_of

if TYPE_CHECKING:
    import httpx

_PAGE = 100
_PARALLEL = 6
_GONE = (404, 405, 410, 501)
_MOST_PAGES = 1000


class LangfuseApi:
    """Calls of one Langfuse project. Thread-safe; imports the HTTP client at its first call.

    Raises: SettingsInvalid for a host that holds credentials.
    """

    def __init__(self, settings: LangfuseSettings, *, timeout_s: float) -> None:
        self.host = settings.host.rstrip("/")
        self.where = f"Langfuse at {server_of(settings.host, 'LANGFUSE_HOST')}"
        self._settings = settings
        self._timeout_s = timeout_s
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def export(self, body: bytes) -> None:
        """Takes OTLP spans.

        By hand and not by OpenTelemetry's exporter, which would add the headers that the
        environment holds for another collector, and hides why it was refused.

        Raises: MirrorFault.
        """
        headers = {"Content-Type": "application/x-protobuf", "x-langfuse-ingestion-version": "4"}
        self._request("POST", "/api/public/otel/v1/traces", content=body, headers=headers)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object that was made.  Raises: MirrorFault."""
        return self._json(self._request("POST", f"/api/public/{path}", json=dict(body)))

    def post_if_there(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """As `post`; None where this version of Langfuse has no such call (any more)."""
        response = self._request("POST", f"/api/public/{path}", json=dict(body), allowed=_GONE)
        return None if response.status_code in _GONE else self._json(response)

    def find(self, *path: str) -> dict[str, Any] | None:
        """The object at a path; None where there is none.  Raises: MirrorFault."""
        place = "/".join(quote(part, safe="") for part in path)
        response = self._request("GET", f"/api/public/{place}", allowed=(404,))
        return None if response.status_code == 404 else self._json(response)

    def require(self, path: str) -> None:
        """Looks at a list that is always there.  Raises: MirrorFault where it is not."""
        found = self._json(self._request("GET", f"/api/public/{path}"))
        if not isinstance(found.get("data"), list):
            raise self._nonsense()

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every object of a list.  Raises: MirrorFault."""
        for page in range(1, _MOST_PAGES):
            asked = {**query, "page": str(page), "limit": str(_PAGE)}
            found = self._json(self._request("GET", f"/api/public/{path}", params=asked))
            rows = found.get("data")
            if not isinstance(rows, list):
                raise self._nonsense()
            yield from (row for row in rows if isinstance(row, dict))
            if len(rows) < _PAGE:
                return

    def close(self) -> None:
        """Closes the connections; idempotent."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _request(
        self, method: str, path: str, *, allowed: Sequence[int] = (), **more: Any
    ) -> httpx.Response:
        import httpx

        try:
            response = self._opened().request(method, f"{self.host}{path}", **more)
        except (httpx.HTTPError, OSError):
            raise unreachable(self.where) from None
        if response.is_success or response.status_code in allowed:
            return response
        raise answered(
            response.status_code,
            response.headers,
            where=self.where,
            setting="LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
        )

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        try:
            found = response.json()
        except ValueError:
            raise self._nonsense() from None
        if not isinstance(found, dict):
            raise self._nonsense()
        return found

    def _nonsense(self) -> MirrorFault:
        return MirrorFault(f"what answers is not {self.where}; mend LANGFUSE_HOST")

    def _opened(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                public, secret = self._settings.public_key, self._settings.secret_key
                self._client = httpx.Client(
                    auth=(
                        public.get_secret_value() if public else "",
                        secret.get_secret_value() if secret else "",
                    ),
                    timeout=self._timeout_s,
                )
            return self._client


def all_in_time(calls: Sequence[Callable[[], object]], deadline: Deadline) -> int:
    """How many of the calls were made, several at a time, again where they were limited.

    The threads are daemons: one that hangs keeps nobody waiting. Raises: MirrorFault, the first.
    """
    waiting = iter(calls)
    lock, over = threading.Lock(), threading.Semaphore(0)
    done, faults = [0], list[MirrorFault]()

    def work() -> None:
        try:
            while not faults and deadline.left_s > 0:
                with lock:
                    call = next(waiting, None)
                if call is None:
                    return
                patiently(call, deadline)
                with lock:
                    done[0] += 1
        except MirrorFault as fault:
            if fault.retry_after_s is None:  # else it is the time that is missing
                faults.append(fault)
        finally:
            over.release()

    workers = min(_PARALLEL, len(calls))
    for _ in range(workers):
        threading.Thread(target=work, name="deskhand-langfuse-call", daemon=True).start()
    for _ in range(workers):
        over.acquire(timeout=deadline.left_s or 0.01)
    if faults:
        raise faults[0]
    return done[0]
