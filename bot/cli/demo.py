"""`deskhand demo`: the sample company's documents, a few answers, then the chat.

$ deskhand demo
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from bot.cli.ask import answer
from bot.cli.chat import converse
from bot.cli.ingest import ingest_with_progress, print_summary, render_summary
from bot.cli.json_lines import json_line
from bot.cli.terminal import console, show_answer
from engine.audience import FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.contract import render_trace
from engine.settings import load_settings

SAMPLE = Path(__file__).parents[2] / "evals" / "sample" / "knowledge"
_QUESTIONS = (
    "How do I reset a forgotten password?",
    "What does error 429 mean?",
    "my laptop was stolen on the train, what now?",
    "What is the meal allowance when I travel?",
    "What is the best recipe for pancakes?",
)


async def run(args: argparse.Namespace) -> int:
    """Ingests into a home of its own beside the real one, answers, and chats on a terminal.

    Works on this machine alone, whatever servers and keys are set.
    """
    settings = load_settings()
    out = console()
    async with open_engine(settings.local(settings.home / "demo")) as engine:
        if args.json:
            print(json_line(await _whole(engine)))
            return 0
        out.print("[bold]Reading the sample company's documents[/bold]")
        print_summary(await ingest_with_progress(engine.ingestion, str(SAMPLE), ()))
        for number, question in enumerate(_QUESTIONS, start=1):
            out.print(f"\n[bold]{number}. {question}[/bold]\n")
            show_answer(out, await answer(engine, {"question": question}, str(number)))
        if sys.stdin.isatty() and sys.stdout.isatty() and not args.no_chat:
            out.print("\n[bold]Your turn[/bold]")
            await converse(engine, FULL_MEMBER)
        else:
            out.print(
                "\nAsk the sample company on: deskhand demo, in a terminal\n"
                "Ask your own documents: deskhand ingest FOLDER, then deskhand chat",
                markup=False,
            )
    return 0


async def _whole(engine: Engine) -> dict[str, Any]:
    """All of it as one object for a machine: what was read and what was answered."""
    summary = await ingest_with_progress(engine.ingestion, str(SAMPLE), ())
    answers = [
        render_trace(await answer(engine, {"question": question}, str(number)))
        for number, question in enumerate(_QUESTIONS, start=1)
    ]
    return {"ingest": render_summary(summary), "answers": answers}
