"""One installed workspace that is served: its bot runs in a task of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from bot.running import Bot
from bot.slack_app import Served
from engine.errors import DeskhandError
from engine.fault_place import place
from engine.storage.installations import Installation

log = logging.getLogger(__name__)

OpenBot = Callable[[Installation], AbstractAsyncContextManager[Bot]]
"""A bot for a workspace, closed when left.  Raises: DeskhandError."""


@dataclass(slots=True, kw_only=True)
class Installed:
    """A workspace. installation: as it was when the bot was opened."""

    installation: Installation
    bot: Bot | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    @property
    def tenant(self) -> str:
        """The team id."""
        return self.installation.tenant

    @property
    def served(self) -> Served | None:
        """Who the app is there, and what is called for it; None before it runs."""
        bot = self.bot
        if bot is None:
            return None
        return Served(identity=bot.identity, surfaces=bot.surfaces)

    @property
    def has_failed(self) -> bool:
        """Whether its bot could not be opened, or fell."""
        return self._task is not None and self._task.done() and not self._stop.is_set()

    async def start(self, open_bot: OpenBot) -> bool:
        """Whether its bot runs; waits until it does or cannot."""
        self._task = asyncio.create_task(self._run(open_bot), name=f"workspace-{self.tenant}")
        ready = asyncio.ensure_future(self._ready.wait())
        try:
            await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # nobody waits for it any more
            self._task.cancel()
            await asyncio.wait({self._task})
            raise
        finally:
            ready.cancel()
        return self.bot is not None

    async def stop(self) -> None:
        """Finishes what is under way within its bound, and closes it. Idempotent."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _run(self, open_bot: OpenBot) -> None:
        try:
            async with open_bot(self.installation) as bot, bot.running():
                self.bot = bot
                self._ready.set()
                await self._stop.wait()
        except DeskhandError as error:
            log.error("the workspace %s is not served: %s", self.tenant, error)
        except Exception as error:  # the other workspaces are served all the same
            log.error(
                "the workspace %s is not served: %s at %s",
                self.tenant,
                type(error).__name__,
                place(error),
            )
        finally:
            self.bot = None
