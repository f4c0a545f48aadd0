"""All workspaces that installed the app, served by one process.

Every replica looks at the table of installations every few seconds; whatever changed there, by
this replica or another, is begun, begun anew or ended here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.installations.installed import Installed, OpenBot
from bot.installations.tokens import Tokens
from bot.running import Bot
from bot.slack_app import Served
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.fault_place import place
from engine.storage.installations import Installation, InstallationStore
from engine.telemetry.instruments import forget

log = logging.getLogger(__name__)

LOOK_S = 3.0
_TRY_AGAIN_S = 30.0
_AT_ONCE = 4
"""Workspaces that are begun at the same time: each reads models and rows."""


@dataclass(slots=True, kw_only=True)
class Workspaces:
    """Opens a bot for each installation, hands it what concerns it, and closes it.

    tokens: sees to those that Slack took back or that end soon.
    """

    store: InstallationStore
    tokens: Tokens
    open_bot: OpenBot
    clock: Clock
    _open: dict[str, Installed] = field(default_factory=dict)
    _later: dict[str, float] = field(default_factory=dict)
    _beginning: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _first: tuple[asyncio.Task[None], ...] | None = None
    _ending: set[asyncio.Task[None]] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _failing: bool = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serves them while inside; those that have the app now begin beside that.

        Raises: StorageUnavailable.
        """
        await self.look()
        looking = asyncio.create_task(self._look_on(), name="deskhand-workspaces")
        try:
            yield
        finally:
            stopped = (looking, *self._beginning.values())
            for task in stopped:
                task.cancel()
            await asyncio.gather(*stopped, return_exceptions=True)
            await asyncio.gather(*(one.stop() for one in self._open.values()), *self._ending)

    async def begun(self) -> None:
        """Returns once each of those that had the app at first runs, or could not begin."""
        if self._first:
            await asyncio.wait(self._first)

    def why_not(self) -> str:
        """Which of those have not begun yet, so that this process is no help to them; empty after
        that. Those that could not begin are tried again, and keep nobody from the others."""
        if self._first is None:
            return "the workspaces have not begun yet"
        left = sum(not task.done() for task in self._first)
        return f"{left} of {len(self._first)} workspaces have not begun yet" if left else ""

    @property
    def served_now(self) -> tuple[str, ...]:
        """The team ids of those whose bot runs."""
        return tuple(sorted(t for t, one in self._open.items() if one.bot is not None))

    @property
    def bots(self) -> tuple[Bot, ...]:
        """Those that run."""
        return tuple(one.bot for one in self._open.values() if one.bot is not None)

    def changed(self, _: str = "") -> None:
        """An installation was changed here: looks at once."""
        self._later = dict.fromkeys(self._later, 0.0)
        self._wake.set()

    def served(self, body: Mapping[str, Any]) -> Served | None:
        """See `Route`. The team is where the app is, not whose member acts: in a channel that two
        workspaces share, these differ."""
        bot_id = _map(body.get("message")).get("bot_id")
        if bot_id:
            for one in self._open.values():
                if one.bot is not None and one.bot.identity.bot_id == bot_id:
                    return one.served
        found = self._open.get(team_of(body))
        return None if found is None else found.served

    async def unknown(self, body: Mapping[str, Any]) -> bool:
        """See `Route`: one that has the app is begun here in a moment."""
        found = await self.store.get(team_of(body))
        if found is None or found.ended_at is not None:
            return False
        self._wake.set()
        return True

    async def look(self) -> None:
        """Ends what is gone, and lets begin and change what is to be, without waiting for it.

        Raises: StorageUnavailable.
        """
        wanted = await self.store.revisions()
        for team, one in list(self._open.items()):
            if team not in wanted:
                log.info("the workspace %s has removed the app", team)
                self._end(self._open.pop(team))
            elif one.has_failed:
                del self._open[team]
                self._try_later(team)
        for team in self._later.keys() - wanted.keys():  # it fell before it was removed
            del self._later[team]
            forget(team)
        for team, revision in wanted.items():
            found = self._open.get(team)
            is_right = found is not None and found.installation.revision == revision
            if not is_right and team not in self._beginning and self._is_due(team):
                self._beginning[team] = asyncio.create_task(
                    self._put_right(team), name=f"workspace-{team}-begins"
                )
        if self._first is None:
            self._first = tuple(self._beginning.values())

    async def _put_right(self, team: str) -> None:
        try:
            async with self._at_once:
                old = self._open.get(team)
                if old is None:
                    await self._begin(team)
                else:
                    await self._change(old)
        except DeskhandError as error:
            log.warning("the workspace %s was not begun: %s", team, error)
            self._try_later(team)
        except Exception as error:  # the next try may go well
            log.error("the workspace %s: %s at %s", team, type(error).__name__, place(error))
            self._try_later(team)
        finally:
            del self._beginning[team]

    async def _change(self, old: Installed) -> None:
        """A new token is only put in place; for other settings another bot is begun before the
        old one ends, as two replicas stand beside each other."""
        now = await self.store.get(old.tenant)
        if now is None or now.ended_at is not None:
            return
        if old.bot is not None and now.token and _differs_in_token_alone(old.installation, now):
            old.bot.api.use(now.token)
            old.installation = now
            return
        log.info("the workspace %s was changed", old.tenant)
        if await self._begin(old.tenant):
            self._end(old)

    def _end(self, one: Installed) -> None:
        task = asyncio.create_task(self._ended(one), name=f"workspace-{one.tenant}-ends")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _ended(self, one: Installed) -> None:
        """Its gauges go with it, or alerts on them would stay for ever; those of the bot that took
        its place are set anew."""
        bot = one.bot
        await one.stop()
        if bot is None:
            forget(one.tenant)
        else:
            await bot.gauges.drop()
        now = self._open.get(one.tenant)
        if now is not None and now.bot is not None:
            await now.bot.gauges.set_anew()

    def _is_due(self, team: str) -> bool:
        return self._later.get(team, 0.0) <= self.clock().timestamp()

    def _try_later(self, team: str) -> None:
        self._later[team] = self.clock().timestamp() + _TRY_AGAIN_S

    async def _begin(self, team: str) -> bool:
        installation = await self.store.get(team)
        if installation is None or installation.ended_at is not None:
            return False
        if installation.problem:
            log.error("the workspace %s is not served: %s", team, installation.problem)
        elif await self.tokens.is_good(installation):
            one = Installed(installation=await self.store.get(team) or installation)
            if await one.start(self.open_bot):
                self._open[team] = one
                self._later.pop(team, None)
                return True
        self._try_later(team)
        return False

    async def _look_on(self) -> None:
        while True:
            waiting = asyncio.ensure_future(self._wake.wait())
            await asyncio.wait({waiting}, timeout=LOOK_S)
            waiting.cancel()
            self._wake.clear()
            try:
                for one in list(self._open.values()):
                    await self._keep(one)
                await self.look()
                self._failing = False
            except DeskhandError as error:
                if not self._failing:
                    log.warning("the workspaces were not looked after: %s", error)
                self._failing = True
            except Exception as error:  # the next look may go well
                log.error("workspaces: %s at %s", type(error).__name__, place(error))

    async def _keep(self, one: Installed) -> None:
        bot = one.bot
        if bot is not None and bot.readiness.revoked and not await self._is_still(one):
            log.warning(
                "the workspace %s has removed the app; its tokens are forgotten", one.tenant
            )
        elif bot is not None:
            await self.tokens.renew(one.installation)

    async def _is_still(self, one: Installed) -> bool:
        """After Slack said that the app was removed; it may say so late, or of an earlier token."""
        still = await self.tokens.is_good(one.installation)
        if still and one.bot is not None:
            one.bot.readiness.revoked = False
        return still


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace that a request is for; empty where it names none.

    As Bolt reads it (`slack_bolt.request.internals.extract_team_id`): a form of a shared channel
    names where the app is installed, an event whose installation it is for.
    """
    view, team, granted = _map(body.get("view")), body.get("team"), body.get("authorizations")
    first = _map(granted[0]) if isinstance(granted, list) and granted else {}
    named = (
        view.get("app_installed_team_id"),
        team if isinstance(team, str) else _map(team).get("id"),
        first.get("team_id"),
        body.get("team_id"),
    )
    return next((str(name) for name in named if name), "")


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _differs_in_token_alone(old: Installation, new: Installation) -> bool:
    return new == replace(
        old,
        token=new.token,
        refresh_token=new.refresh_token,
        expires_at=new.expires_at,
        revision=new.revision,
    )
