"""A Prometheus of the test's own, which reads a bot every 200 ms."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml


class Prometheus:
    """Asks it."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = url, session

    async def holds(self, expression: str) -> bool:
        """Whether a condition of an alert holds of something now."""
        async with self._session.get(
            f"{self._url}/api/v1/query", params={"query": expression}
        ) as got:
            said: dict[str, Any] = await got.json()
        assert said["status"] == "success", said
        return bool(said["data"]["result"])

    async def until(self, expression: str) -> None:
        """Returns once it does."""
        async with asyncio.timeout(30):
            while not await self._holds_at_all(expression):  # noqa: ASYNC110 - its series may do so
                await asyncio.sleep(0.1)

    async def _holds_at_all(self, expression: str) -> bool:
        try:
            return await self.holds(expression)
        except aiohttp.ClientError:  # it has not started yet
            return False


@asynccontextmanager
async def watching(port: int, folder: Path) -> AsyncIterator[Prometheus]:
    """One that has read the bot on a port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    settings = {
        "global": {"scrape_interval": "200ms"},
        "scrape_configs": [
            {"job_name": "deskhand", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address=127.0.0.1:{own}",
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            server = Prometheus(f"http://127.0.0.1:{own}", session)
            await server.until('up{job="deskhand"} == 1')
            yield server
    finally:
        process.terminate()
        await process.wait()
