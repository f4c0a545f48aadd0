"""How a browser comes in: by the printed address, and by a link elsewhere."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bot.page.demo import Demo
from tests.bot.page.browser.conftest import Open

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_the_key_leaves_the_address_bar_and_nobody_comes_in_without(
    browser: Browser, demo: Demo, open_tab: Open
) -> None:
    origin = demo.page.guard.origin
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(origin)
    await expect(page.get_by_text("Open the address that make demo printed")).to_be_visible()
    # A link in a mail or a terminal in the browser: the cookie is not sent along at first.
    for address in (demo.address, f"{origin}/"):
        await page.goto(f'data:text/html,<a href="{address}">open</a>')
        await page.get_by_role("link", name="open").click()
        await page.locator("#message-box").wait_for()
        assert page.url.startswith(f"{origin}/#")
    await context.close()
    tab = await open_tab("maya")
    assert "key" not in tab.page.url
