"""`deskhand chat`: a conversation in the terminal, with history.

$ deskhand chat
you: how many days of leave do I get?
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import threading
from collections.abc import Awaitable, Callable

from bot.cli.ask import answer_question
from bot.cli.json_lines import json_line
from bot.cli.terminal import console, show_answer
from engine.audience import FULL_MEMBER, Audience
from engine.compose import Engine, open_engine
from engine.containment import one_line
from engine.contract import render_trace
from engine.question import Question, Role, Turn
from engine.settings import load_settings

_HELP = "Ask in plain words; /new starts over, /sources lists what I know, /quit leaves."
_KEPT_TURNS = 12
_COMMAND = re.compile(r"/\w+")


async def run(args: argparse.Namespace) -> int:
    """Talks until the input ends."""
    audience = Audience.of(args.audience) if args.audience else FULL_MEMBER
    async with open_engine(load_settings()) as engine:
        await engine.make_ready()
        await converse(engine, audience, as_json=args.json)
    return 0


async def converse(engine: Engine, audience: Audience, *, as_json: bool = False) -> None:
    """The conversation itself; each answer is one question with the turns before as history."""
    out = console()
    read = _reader()
    if sys.stdin.isatty() and not as_json:
        out.print(_HELP)
    history: list[Turn] = []
    number = 0
    while (line := await read()) is not None:
        text = line.strip()
        if not text:
            continue
        if text in ("/quit", "/exit", "/q"):
            return
        if text == "/new":
            history.clear()
            out.print("[dim]a new conversation[/dim]")
            continue
        if text in ("/help", "/?"):
            out.print(_HELP)
            continue
        if text == "/sources":
            for source in await engine.sources.all(engine.settings.tenant):
                out.print(one_line(f"{source.uri}: {source.documents:,} documents"), markup=False)
            continue
        if _COMMAND.fullmatch(text):
            out.print(f"There is no {text}. {_HELP}", markup=False)
            continue
        number += 1
        question = Question(id=str(number), text=text, history=tuple(history[-_KEPT_TURNS:]))
        trace = await answer_question(engine, question, audience)
        if as_json:
            print(json_line(render_trace(trace)), flush=True)
        else:
            show_answer(out, trace)
            out.print()
        history += [
            Turn(role=Role.USER, text=text),
            Turn(role=Role.ASSISTANT, text=trace.reply),
        ]


def _reader() -> Callable[[], Awaitable[str | None]]:
    """Reads a line at a time without blocking the event loop; None at the end."""
    if not sys.stdin.isatty():
        return _plain_reader()
    from prompt_toolkit import PromptSession
    from prompt_toolkit.patch_stdout import patch_stdout

    session: PromptSession[str] = PromptSession("you: ")

    async def prompt() -> str | None:
        try:
            with patch_stdout(raw=True):
                return await session.prompt_async()
        except (EOFError, KeyboardInterrupt):
            return None

    return prompt


def _plain_reader() -> Callable[[], Awaitable[str | None]]:
    """Lines of a pipe or a file, read in a thread that Ctrl-C need not wait for."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def work() -> None:
        # Unbuffered: the lock of a buffered stream would stop the interpreter from ending.
        with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as raw:
            while line := raw.readline():
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=work, name="deskhand-chat", daemon=True).start()
    return lines.get
