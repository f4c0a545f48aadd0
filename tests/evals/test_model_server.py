from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import aiohttp
import pytest

from evals.benchmarks.releasing import measure_release
from evals.model_server.reply import Fault, Reply
from evals.model_server.server import ModelServer

ROOT = Path(__file__).parents[2]


async def test_it_speaks_the_api_without_any_client_library() -> None:
    server = ModelServer()
    server.queue.extend([Reply(text="Hello."), Reply(fault=Fault.RATE_LIMITED, retry_after="7")])
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    async with server.serving() as url, aiohttp.ClientSession() as client:
        async with client.get(f"{url}/models") as response:
            assert (await response.json())["data"][0]["id"] == "test-model"
        async with client.post(f"{url}/chat/completions", json=body) as response:
            answer = await response.json()
        assert answer["choices"][0]["message"]["content"] == "Hello."
        assert answer["usage"]["total_tokens"] > 0
        async with client.post(f"{url}/chat/completions", json=body) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "7")
    assert [request.body for request in server.requests] == [body, body]


@pytest.mark.slow
async def test_it_runs_as_a_program() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.model_server",
        "--fault",
        "404",
        "--every",
        "2",
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        assert process.stderr is not None
        line = (await asyncio.wait_for(process.stderr.readline(), 60)).decode()
        found = re.fullmatch(r"OPENAI_BASE_URL=(http://127\.0\.0\.1:\d+/v1)\n", line)
        assert found is not None, line
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
        async with aiohttp.ClientSession() as client:
            statuses = []
            for _ in range(3):
                async with client.post(f"{found[1]}/chat/completions", json=body) as response:
                    statuses.append(response.status)
        assert statuses == [200, 404, 200]
    finally:
        process.kill()
        await process.wait()


@pytest.mark.slow
async def test_the_release_of_a_first_sentence_is_measured(tmp_path: Path) -> None:
    found = await measure_release(tmp_path / "home", rounds=1)
    assert found["release_sentences"] > 20
    assert 0 < found["release_quoted_p50_ms"] < found["release_p95_ms"] * 10
