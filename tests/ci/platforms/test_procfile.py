"""The Procfile run for real: honcho starts its processes, on PostgreSQL and signed HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.manifest import app_manifest
from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import PUBLISHED
from evals.postgres import PostgresCluster
from tests.ci.platforms.reading import ROOT, tool

pytestmark = pytest.mark.slow

HOW_LONG = "How many weeks is parental leave?"


def free_ports() -> tuple[int, int]:
    """A port for the first process, such that the hundredth after it is free too, as honcho deals
    them out."""
    for base in range(21_000, 29_000, 7):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", base))
                second.bind(("127.0.0.1", base + 100))
            except OSError:
                continue
            return base, base + 100
    raise AssertionError("no two ports are free")


@pytest.fixture
def environment(postgres: PostgresCluster, tmp_path: Path) -> Iterator[dict[str, str]]:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")
    postgres.sql("CREATE DATABASE of_the_procfile")
    yield {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DESKHAND_HOME": str(tmp_path / "home"),
        "DATABASE_URL": postgres.address("of_the_procfile"),
        "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
        "DESKHAND_SLACK__TRANSPORT": "http",
        "DESKHAND_SLACK__HOST": "127.0.0.1",
    }
    postgres.sql("DROP DATABASE of_the_procfile WITH (FORCE)")


@asynccontextmanager
async def honcho(
    folder: Path, environment: dict[str, str], *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(tool("honcho"), "--app-root", str(folder), "--procfile", str(ROOT / "Procfile")),
        *arguments,
        env=environment,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            await process.wait()


async def ready(port: int, process: asyncio.subprocess.Process) -> None:
    """Returns once the process on that port is ready; honcho ends all where one of them ends."""
    async with asyncio.timeout(90), aiohttp.ClientSession() as session:
        while True:
            assert process.returncode is None, await process.stdout.read()  # type: ignore[union-attr]
            try:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


async def test_release_web_and_worker_come_up_answer_and_end(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "leave.md").write_text(
        "# Parental leave\n\nParental leave is 16 weeks for every parent.\n", encoding="utf-8"
    )
    web, worker = free_ports()
    async with LocalWorkspace(seed=7, manifest=app_manifest("http")) as workspace:
        environment |= {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_SIGNING_SECRET": workspace.signing_secret,
            "DESKHAND_SLACK__API_URL": workspace.api_url,
        }
        async with honcho(tmp_path, environment, "start", "release") as release:
            out, _ = await release.communicate()
            assert release.returncode == 0, out
        async with honcho(tmp_path, environment, "run", "deskhand", "ingest", "docs") as ingest:
            out, _ = await ingest.communicate()
            assert ingest.returncode == 0, out
        started = honcho(tmp_path, environment, "start", "--port", str(web), "web", "worker")
        async with started as processes:
            await asyncio.gather(ready(web, processes), ready(worker, processes))
            await workspace.deliver_to(f"http://127.0.0.1:{web}/slack/events")
            ann = workspace.join("ann")
            asked = ann.say(ann.dm, HOW_LONG)

            def answered() -> bool:  # which takes a while where it is streamed
                replies = workspace.replies_by_app(asked.channel, asked.ts)
                return any("16 weeks" in reply.text for reply in replies)

            await workspace.until(answered, 60)
        out = await processes.stdout.read() if processes.stdout else b""
        assert processes.returncode in (0, 143, -signal.SIGTERM), out


def test_the_release_phase_comes_first_and_each_role_has_a_line() -> None:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == ["release", "web", "worker"]
    assert lines[0] == "release: deskhand migrate"
