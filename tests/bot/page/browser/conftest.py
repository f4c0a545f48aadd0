"""A real Chromium on a real demo: workspace, bot process, page. Both are started once."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.page.demo import Demo, open_demo
from bot.workspace.channels import Channel
from engine.settings import load_settings

HERE = Path(__file__).parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 30_000
"""Far beyond what anything needs, for machines that others keep busy."""
expect.set_options(timeout=PATIENCE_MS)
DOCUMENTS = {
    "leave.md": "# Parental leave\n\nParental leave is 16 weeks for every parent.\n\n"
    "## How to apply\n\n1. Tell HR three months before.\n2. Fill in the form L-12.\n"
    "3. Wait for the confirmation by mail.\n",
    "wifi.md": "# Guest wifi\n\nThe guest wifi is called DeskNet. "
    "Its password changes on Mondays.\n",
    "bicycle.md": "# Bicycle lease\n\nThe bicycle lease costs 20 euros a month.\n",
}
HOW_LONG = "How many weeks is parental leave?"
SIXTEEN = "Parental leave is 16 weeks for every parent."


@dataclass
class Tab:
    """A tab of the browser, in which somebody acts."""

    page: Page
    problems: list[str]
    """What the browser's console calls an error."""

    @property
    def box(self) -> Locator:
        return self.page.locator("#message-box")

    @property
    def panel(self) -> Locator:
        return self.page.locator(".side-panel")

    async def ask(self, text: str) -> None:
        """Asks the bot in the open channel; the thread with the answer opens."""
        await self.box.fill(f"@Deskhand {text}")
        await self.box.press("Enter")
        await self.panel.get_by_role("log").wait_for()

    async def answered(self, words: str = SIXTEEN) -> Locator:
        """The bot's answer in the open thread, once it is whole."""
        answer = self.panel.locator("article", has_text=words).filter(
            has=self.page.get_by_role("button", name="What happened")
        )
        await answer.first.wait_for()
        return answer.first

    async def violations(self) -> list[str]:
        """Serious and critical violations that axe-core finds in what is shown now."""
        source = HERE / "node_modules" / "axe-core" / "axe.min.js"
        if not source.is_file():
            pytest.skip("axe-core is not installed; .ci/install_services.sh does it")
        await self.page.evaluate(source.read_text(encoding="utf-8"))
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']} at {node['target']}: {node['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]


Open = Callable[..., Awaitable[Tab]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless, from Debian's packages; the tests are skipped where there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("Chromium is not installed; .ci/install_services.sh does it on Debian")
    # Chromium's sandbox refuses root, as which containers run.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        await opened.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """Answers from `DOCUMENTS`. Tests share it, so each takes a channel of its own."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    settings = load_settings({"DESKHAND_HOME": str(folder / "home")}, working_directory=folder)
    async with open_demo(settings, folder=folder / "docs", port=0) as opened:
        yield opened


@pytest.fixture
def channel(demo: Demo) -> Channel:
    """A new channel with all full members in it."""
    people = [demo.cast.people[name] for name in ("maya", "tom", "rita", "adam")]
    number = len(demo.workspace.world.channels)
    return demo.workspace.public(f"room-{number}", *people)


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(browser: Browser, demo: Demo) -> AsyncIterator[Open]:
    """`await open_tab("maya", channel, width=..., dark=...)`; nothing may go wrong in a tab."""
    tabs: list[Tab] = []

    async def opened(
        who: str,
        channel: Channel | None = None,
        *,
        width: int = 1400,
        height: int = 900,
        **options: Any,
    ) -> Tab:
        size = {"width": width, "height": height}
        context = await browser.new_context(viewport=size, **options)
        context.set_default_timeout(PATIENCE_MS)
        tab = Tab(await context.new_page(), [])
        tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.page.on(
            "console",
            lambda said: tab.problems.append(said.text) if said.type == "error" else None,
        )
        tabs.append(tab)
        place = f"&in={channel.id}" if channel else ""
        await tab.page.goto(f"{demo.address}#as={demo.cast.people[who].id}{place}")
        await tab.box.or_(tab.page.get_by_role("tabpanel")).first.wait_for()
        return tab

    yield opened
    problems = [problem for tab in tabs for problem in tab.problems]
    for tab in tabs:
        await tab.page.context.close()
    assert not problems
