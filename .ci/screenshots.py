"""Pictures of the demo's page, for the README: `make screenshots` writes docs/screenshots/*.png."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bot.page.demo import Demo, open_demo
from engine.settings import load_settings

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
QUESTION = "How do I reset a forgotten password?"
WARMING = "What does error 429 mean?"
DISPUTED = "What is the meal allowance when I travel?"
SCHEDULE = '/deskhand eval schedule add every-minute sample "* * * * *" Europe/London'
RUN_S = 600


async def open_page(
    browser: Browser,
    demo: Demo,
    who: str,
    place: str,
    *,
    width: int = 1280,
    height: int = 860,
    dark: bool = False,
) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if width < 500 else 1.5,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="Europe/London",
        locale="en-GB",
    )
    page = await context.new_page()
    await page.goto(f"{demo.address}#as={demo.cast.people[who].id}&{place}")
    await page.locator("article:visible").first.wait_for()
    await page.evaluate("document.fonts.ready")
    return page


async def take(page: Page, name: str) -> None:
    await page.mouse.move(0, 0)
    await page.evaluate("document.activeElement?.blur()")
    await page.wait_for_timeout(400)  # images and fonts settle
    await page.screenshot(path=FOLDER / f"{name}.png")
    print(FOLDER / f"{name}.png")


async def pictures(browser: Browser, demo: Demo) -> None:
    await demo.ask(WARMING, within_s=60)  # what is read from disk once is read
    asked, answer = await demo.ask(QUESTION, within_s=60)
    await demo.ask(DISPUTED, within_s=60)
    cast = demo.cast
    cast.people["tom"].react(asked, "tada")
    thread = f"in={cast.help.id}&thread={asked.ts}"
    why = f"{thread}&why={answer[0].ts}"

    page = await open_page(browser, demo, "maya", thread)
    await page.locator(".side-panel .why-link").wait_for()
    await take(page, "answer")
    page = await open_page(browser, demo, "maya", why)
    await page.locator(".timeline").wait_for()
    await take(page, "what-happened")
    page = await open_page(browser, demo, "maya", why, dark=True)
    await page.locator(".timeline").wait_for()
    await take(page, "dark")
    page = await open_page(browser, demo, "rita", f"in={cast.escalations.id}", height=1060)
    await page.get_by_role("button", name="Claim").first.wait_for()
    await take(page, "review")
    page = await open_page(browser, demo, "maya", f"in={cast.help.id}&panel=faults")
    await page.get_by_role("switch").first.wait_for()
    await take(page, "faults")
    page = await open_page(browser, demo, "maya", thread, width=390, height=844)
    await page.locator(".side-panel .why-link").wait_for()
    await take(page, "narrow")
    await evaluation(browser, demo)


async def evaluation(browser: Browser, demo: Demo) -> None:
    """The report of a run that the clock began, as admins read it."""
    cast = demo.cast
    admin = cast.people["adam"]
    await admin.command(cast.evaluations, SCHEDULE)
    async with asyncio.timeout(RUN_S):
        while True:
            posts = [m for m in demo.workspace.messages(cast.evaluations) if m.files]
            if posts:
                break
            await asyncio.sleep(0.5)
    await admin.command(cast.evaluations, "/deskhand eval schedule remove every-minute")
    root = posts[0].thread_ts or posts[0].ts
    place = f"in={cast.evaluations.id}&thread={root}"
    page = await open_page(browser, demo, "adam", place, width=1400, height=1400)
    report = page.locator(".side-panel article", has_text="Outcome right").first
    await report.wait_for()
    await report.evaluate("article => article.scrollIntoView({block: 'start'})")
    await take(page, "evaluation")


async def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print(
            "Chromium is not installed; .ci/install_services.sh does it on Debian", file=sys.stderr
        )
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as made:
        settings = load_settings({"DESKHAND_HOME": made}, working_directory=Path(made))
        async with open_demo(settings, port=0) as demo, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=sandbox)
            await pictures(browser, demo)
            await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
