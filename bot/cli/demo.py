"""`deskhand demo`: a chat workspace in the browser with the bot in it, on this machine alone.

$ deskhand demo
$ deskhand demo --kb handbook/
$ OPENAI_API_KEY=... deskhand demo --model
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import webbrowser
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.cli.fit import refit
from bot.cli.ingest import ingest_with_progress, print_summary, render_summary
from bot.cli.json_lines import json_line
from bot.page.demo import Demo, open_demo
from bot.page.knowledge_home import checked_folder
from engine.compose import Engine
from engine.containment import one_line
from engine.errors import DeskhandError, WrongUse
from engine.knowledge.progress import Summary
from engine.settings import load_settings

_ANSWER_WITHIN_S = 60.0
_CONTRACT = (
    "question outcome reply draft_reply confidence needs_human_review reasons citations "
    "internal_next_steps triage retrieved usage timings_ms trace_id fingerprint"
).split()
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run(args: argparse.Namespace) -> int:
    """On a terminal it goes on until Ctrl-C; elsewhere it asks some questions and ends.

    Works on this machine alone, whatever servers and keys are set; `--model` uses the model that is
    set, and nothing else of them.
    """
    if args.port is not None and not 0 <= args.port <= 65535:
        raise WrongUse(f"--port {args.port} is no port; name one from 1 to 65535, or 0 for any")
    folder = None if args.kb is None else checked_folder(args.kb)
    stop, staying = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    running = asyncio.ensure_future(_demo(args, folder, stop, staying))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            print("deskhand: ending the demo", file=sys.stderr)
        if not staying.is_set() and not running.done():
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
            return 0
        return 130
    finally:
        stopping.cancel()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _demo(
    args: argparse.Namespace, folder: Path | None, stop: asyncio.Event, staying: asyncio.Event
) -> None:
    """staying: set where it goes on until `stop`."""
    reading = "Reading the sample company's documents" if folder is None else f"Reading {folder}"
    if not args.json:
        print(reading, flush=True)
    async with open_demo(
        load_settings(), folder=folder, port=args.port, read=_read, model=args.model
    ) as demo:
        if args.json:
            print(json_line(await _whole(demo)), flush=True)
            return
        print_summary(demo.knowledge.summary)
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            await _show_answers(demo)
            return
        print(f"\nThe page: {demo.address}", flush=True)
        await _first_answer(demo)
        if not args.no_browser and _has_desktop():
            await asyncio.to_thread(_open, demo.page.address_once())
        print(
            f"The bot's log: {demo.state / 'bot.log'}\n"
            "Ask anything there; Ctrl-C here ends everything, and forgets what was said.",
            flush=True,
        )
        staying.set()
        await stop.wait()


async def _read(engine: Engine, source: str) -> Summary:
    """Reads the source, and learns what it answers, so that the bot need not do so meanwhile."""
    summary = await ingest_with_progress(engine.ingestion, source, ())
    if summary.added or summary.changed or summary.removed:
        with contextlib.suppress(DeskhandError):  # the bot tries again
            await refit(engine)
    return summary


async def _first_answer(demo: Demo) -> None:
    """A page that opens has an answer to look at."""
    for question in demo.knowledge.questions[:1]:
        await demo.ask(question, within_s=_ANSWER_WITHIN_S)


async def _show_answers(demo: Demo) -> None:
    for number, text in enumerate(demo.knowledge.questions, start=1):
        print(f"\n{number}. {text}\n", flush=True)
        question, answer = await demo.ask(text, within_s=_ANSWER_WITHIN_S)
        if not answer:
            print(f"No answer came within {_ANSWER_WITHIN_S:.0f} s.")
            continue
        said = "\n".join(_plain(message.text) for message in answer)
        told = await demo.explaining.of(question.channel, question.ts, question) or {}
        print(said)
        if "\nSources:" not in said:  # a streamed answer's stand in its blocks alone
            for line, cited in groupby(told.get("citations", ()), lambda c: one_line(c["title"])):
                print(f"{' '.join(_mark(c) for c in cited)} {line}")
        print(
            f"\n{told.get('outcome')}, confidence {told.get('confidence', 0.0):.2f}, "
            f"{told.get('total_ms', 0.0):.0f} ms"
        )
    print(
        f"\nThe page was {demo.address} and ends with this; in a terminal it stays: deskhand demo\n"
        "Ask your own documents there: deskhand demo --kb FOLDER"
    )


async def _whole(demo: Demo) -> dict[str, Any]:
    """All of it as one object for a machine: what was read and what was answered."""
    answers = []
    for number, text in enumerate(demo.knowledge.questions, start=1):
        question, _ = await demo.ask(text, within_s=_ANSWER_WITHIN_S)
        told = await demo.explaining.of(question.channel, question.ts, question)
        body = None
        if told is not None:
            explaining = demo.explaining
            body = await explaining.traces.get(explaining.tenant, told["trace_id"])
        if body is None:
            answers.append({"id": str(number), "question": text, "outcome": None})
        else:
            answers.append({"id": str(number), **{name: body[name] for name in _CONTRACT}})
    ingest = render_summary(demo.knowledge.summary)
    return {"ingest": ingest, "answers": answers, "page": demo.address}


def _mark(citation: dict[str, Any]) -> str:
    return f"[{citation['n']}]"


def _plain(mrkdwn: str) -> str:
    """A message's text as it is read in a terminal."""
    for escaped, meant in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        mrkdwn = mrkdwn.replace(escaped, meant)
    return mrkdwn


def _has_desktop() -> bool:
    if os.environ.get("SSH_CONNECTION"):
        return False
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform == "darwin" or bool(shown)


def _open(address: str) -> None:
    """Opens the page where a browser with windows is; one in this terminal would take it over."""
    with contextlib.suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        in_terminal = isinstance(browser, webbrowser.GenericBrowser) and not isinstance(
            browser, webbrowser.BackgroundBrowser
        )
        if not in_terminal:
            browser.open(address)
