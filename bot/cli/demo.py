"""`deskhand demo`: the sample company's documents, a few answers, then the chat.

$ deskhand demo
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bot.cli.ask import answer
from bot.cli.chat import converse
from bot.cli.ingest import ingest_with_progress, print_summary
from bot.cli.terminal import console, show_answer
from engine.audience import FULL_MEMBER
from engine.compose import open_engine
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
    """Ingests into a home of its own beside the real one, answers, and chats on a terminal."""
    settings = load_settings()
    settings = settings.model_copy(update={"home": settings.home / "demo"})
    out = console()
    async with open_engine(settings) as engine:
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
                f"\nAsk the sample company on: DESKHAND_HOME={settings.home} deskhand chat\n"
                "Ask your own documents: deskhand ingest FOLDER, then deskhand chat",
                markup=False,
            )
    return 0
