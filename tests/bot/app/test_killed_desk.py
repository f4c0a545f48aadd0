"""A bot that is killed while cases are in every state: the next one goes on with each of them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chaos.bot_process import BotProcess
from bot.rendering.notices import PERSON_HAS_IT
from bot.workspace import Fault
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown
from tests.bot.app.test_desk import more, value_of

pytestmark = pytest.mark.slow

LIMIT_S = 60.0
STATES = ("open", "claimed", "editing", "snoozed", "expiring", "delivered", "decided")
LONG_AGO = timedelta(days=60)


class Desk:
    """One case for each state, by its name."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.workspace, self.rita = scene, scene.workspace, scene.reviewer
        self.asked: dict[str, Any] = {}
        self.card: dict[str, Any] = {}
        self.id: dict[str, str] = {}

    async def until(self, true: Callable[[], object]) -> None:
        await self.workspace.until(true, LIMIT_S)

    async def ask(self, name: str) -> None:
        """Somebody asks and wants a person."""
        asker = self.workspace.join(name)
        asked = self.asked[name] = asker.say(asker.dm, HOW_LONG)
        await self.until(lambda: "16 weeks" in self.said(name))
        (answer,) = self.scene.replies(asked)
        await self.until(lambda: "Get a human" in shown(answer))
        assert (await asker.click(answer, "human")).acked
        await self.until(lambda: PERSON_HAS_IT in self.said(name))
        self.card[name] = self.cards()[-1]
        self.id[name] = value_of(self.card[name], "case:claim")

    def cards(self) -> list[Any]:
        """Those of cases; a line that is shown in the channel too is none."""
        return [m for m in self.scene.said(self.scene.escalations) if not m.is_reply]

    def said(self, name: str) -> str:
        return "\n".join(shown(reply) for reply in self.scene.replies(self.asked[name]))

    async def shows(self, name: str, words: str) -> None:
        await self.until(lambda: words in shown(self.card[name]))


def set_back(home: Path, expiring: str, snoozed: str) -> None:
    """As if the bot had been away: one case is long due to be closed, another's rest is over."""
    ago = f"-{LONG_AGO.days} days"
    with closing(sqlite3.connect(home / "deskhand.db", timeout=30)) as db, db:
        for table, column, key in (("cases", "opened_at", "id"), ("case_events", "at", "case_id")):
            db.execute(
                f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, ?) "
                f"WHERE {key} = ?",
                (ago, expiring),
            )
        over = datetime.now(UTC) - timedelta(minutes=1)
        db.execute(
            "UPDATE cases SET snoozed_until = ? WHERE id = ?",
            (over.strftime("%Y-%m-%d %H:%M:%S.%f"), snoozed),
        )


async def test_nothing_is_lost_or_posted_twice_and_buttons_work_after_a_kill_in_each_state(
    stage: Stage, tmp_path: Path
) -> None:
    async with stage(started=False, slack__lease_s="2", slack__request_timeout_s="5") as scene:
        workspace, rita, desk = scene.workspace, scene.reviewer, Desk(scene)
        process = BotProcess(scene.environment, log=tmp_path / "bot.log")
        await process.start()
        try:
            await desk.until(lambda: workspace.calls("users.conversations"))
            for name in STATES:
                await desk.ask(name)
            await rita.click(desk.card["claimed"], "case:claim")
            await desk.shows("claimed", "rita has this case")
            snoozing = more("snooze", desk.card["snoozed"])
            await rita.click(desk.card["snoozed"], "case:more", chosen=snoozing)
            await desk.until(lambda: workspace.modal(rita))
            assert not (await rita.submit(workspace.modal(rita), {"value": "hour"})).errors
            await desk.shows("snoozed", "Nobody is reminded before")
            await rita.click(desk.card["editing"], "case:edit")
            await desk.until(lambda: workspace.modal(rita))
            editing = workspace.modal(rita)
            limited: dict[str, Any] = {"times": None, "seconds": 1.0}
            workspace.faults.add("chat.getPermalink", Fault.RATE_LIMITED, **limited)
            await rita.click(desk.card["delivered"], "case:approve")
            await desk.until(lambda: "rita checked and sent" in desk.said("delivered"))
            workspace.faults.add("chat.postMessage", Fault.RATE_LIMITED, **limited)
            before = len(workspace.calls("chat.postMessage"))
            await rita.click(desk.card["decided"], "case:approve")
            await desk.until(lambda: len(workspace.calls("chat.postMessage")) > before)
            await process.kill()
            assert "Kept for" not in str([shown(m) for m in scene.said(scene.escalations)])
            assert "rita" not in desk.said("decided")
            workspace.faults.clear()
            await asyncio.to_thread(
                set_back, tmp_path / "home", desk.id["expiring"], desk.id["snoozed"]
            )
            await process.start()
            await desk.until(lambda: "rita checked and sent" in desk.said("decided"))
            await desk.shows("decided", "rita sent the draft as it was")
            await desk.shows("delivered", "rita sent the draft as it was")
            await desk.shows("expiring", "Nobody answered in time")
            await desk.until(lambda: "Sorry, nobody answered" in desk.said("expiring"))
            for name in ("decided", "delivered"):
                await desk.until(
                    lambda n=name: "Kept for" in str([shown(m) for m in lines(desk, n)])
                )
            await desk.until(
                lambda: "put off until now" in str([m.text for m in lines(desk, "snoozed")])
            )
            assert not (await rita.submit(editing, {"text": "Sixteen, says Rita."})).errors
            await rita.click(desk.card["open"], "case:claim")
            await desk.shows("open", "rita has this case")
            assert "rita has this case" in shown(desk.card["claimed"])
            for name in ("open", "claimed", "snoozed"):
                await rita.click(desk.card[name], "case:approve")
                await desk.until(lambda n=name: "rita checked and sent" in desk.said(n))
            await desk.until(lambda: "says Rita" in desk.said("editing"))
            for name in STATES:
                await desk.until(lambda n=name: "on its way" not in shown(desk.card[n]))
                await rita.click(desk.card[name], "passage:1")
            await process.stop()
        finally:
            await process.kill()
        for name in STATES:
            expected = 2 if name == "expiring" else 3
            assert len(scene.replies(desk.asked[name])) == expected, desk.said(name)
        assert len(desk.cards()) == len(STATES)
        back = [m for m in lines(desk, "snoozed") if "put off until now" in m.text]
        assert len(back) == 1
        for name in ("decided", "delivered"):
            assert len(lines(desk, name)) == 1
        log = await asyncio.to_thread((tmp_path / "bot.log").read_text, encoding="utf-8")
        assert "Traceback" not in log
        assert " ERROR " not in log


def lines(desk: Desk, name: str) -> list[Any]:
    """What the bot said under a card."""
    return desk.scene.replies(desk.card[name])
