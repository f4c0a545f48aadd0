"""A web server on a thread and event loop of its own: a test may block or start commands."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web


@contextmanager
def serving(make_app: Callable[[], web.Application], port: int = 0) -> Iterator[int]:
    """Serves on 127.0.0.1 until left; gives the port, chosen by the system for 0."""
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()
    ports: list[int] = []
    failures: list[BaseException] = []

    async def serve() -> None:
        runner = web.AppRunner(make_app(), access_log=None, shutdown_timeout=0.2)
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port, reuse_address=True).start()
            ports.append(runner.addresses[0][1])
            started.set()
            await stop.wait()
        except BaseException as error:
            failures.append(error)
            started.set()
        finally:
            await runner.cleanup()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serve())  # ends what hangs, too

    thread = threading.Thread(target=run, name="test-server", daemon=True)
    thread.start()
    started.wait(20)
    if failures:
        raise failures[0]
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()
