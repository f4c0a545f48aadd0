"""How long a newcomer waits: from `deskhand demo` to a cited answer in a browser, all of it fresh.

`make first-answer` starts the demo in a terminal of its own with nothing read before, opens the
address that it prints in a Chromium that is already running, and waits for the answer's sources.
The last line is one JSON object; exit code 1 where it took a minute or more.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, async_playwright

COMMAND = Path(sys.executable).with_name("deskhand")
ADDRESS = re.compile(r"The page: (http://\S+)")
PROMISED_S = 60.0
PATIENCE_S = 300.0


async def printed_address(terminal: int) -> str:
    """The address that the demo prints."""
    said = ""
    while not (found := ADDRESS.search(said)):
        try:
            read = await asyncio.to_thread(os.read, terminal, 65_536)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            raise SystemExit(f"the demo ended before it printed an address: {said[-500:]}")
        said += read.decode(errors="replace")
    return found.group(1)


async def cited_answer(browser: Browser, address: str) -> None:
    """Returns once the first answer is shown with its sources."""
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    await page.goto(address)
    await page.locator("main .thread-link").first.click()
    answer = page.locator(".side-panel article", has_text="Sources")
    await answer.locator(".why-link").first.wait_for()


async def measured(browser: Browser, home: Path) -> dict[str, float]:
    terminal, inner = pty.openpty()
    begun = time.monotonic()
    demo = await asyncio.create_subprocess_exec(
        *(COMMAND, "demo", "--no-browser", "--port", "0"),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        env=os.environ | {"DESKHAND_HOME": str(home)},
    )
    os.close(inner)
    try:
        async with asyncio.timeout(PATIENCE_S):
            address = await printed_address(terminal)
            open_s = time.monotonic() - begun
            await cited_answer(browser, address)
            answer_s = time.monotonic() - begun
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.wait()
        os.close(terminal)
    return {"address_printed_s": round(open_s, 1), "cited_answer_shown_s": round(answer_s, 1)}


async def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print(
            "Chromium is not installed; .ci/install_services.sh does it on Debian", file=sys.stderr
        )
        return 1
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as made:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=sandbox)
            found = await measured(browser, Path(made))
            await browser.close()
    load = round(os.getloadavg()[0], 1)
    print(json.dumps({**found, "cores": os.cpu_count(), "load_1min": load}))
    return 0 if found["cited_answer_shown_s"] < PROMISED_S else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
