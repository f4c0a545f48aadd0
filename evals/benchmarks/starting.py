"""Start-up of the command, against an interpreter that does nothing."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from evals.benchmarks.timing import ratio
from evals.terminal import say

_QUESTION = "How do I reset a forgotten password?"


async def measure_start(root: Path, source: str, *, rounds: int) -> dict[str, Any]:
    """`deskhand --help`, `python -c "import asyncio"` and `python -c pass` in turn; then one
    question by a fresh process each time.

    Raises: RuntimeError when a command fails.
    """
    deskhand = _command()
    commands = {
        "help": (*deskhand, "--help"),
        "asyncio": (sys.executable, "-c", "import asyncio"),
        "pass": (sys.executable, "-c", "pass"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            took_ms = await _run(command, root)
            if number:  # the first round reads the files from disk
                times[name].append(took_ms)
    say("  one-shot questions")
    await _run((*deskhand, "ingest", source), root)
    once = (*deskhand, "ask", _QUESTION, "--json")
    asked = [await _run(once, root) for _ in range(rounds + 1)][1:]
    helped, bare = median(times["help"]), median(times["pass"])
    return {
        "help_p50_ms": round(helped, 1),
        "import_asyncio_p50_ms": round(median(times["asyncio"]), 1),
        "python_pass_p50_ms": round(bare, 1),
        "help_over_asyncio_ratio": ratio(helped, median(times["asyncio"])),
        "help_over_pass_ratio": ratio(helped, bare),
        "ask_once_p50_ms": round(median(asked), 1),
    }


def _command() -> tuple[str, ...]:
    """The installed command, else the module it runs."""
    script = Path(sys.executable).parent / "deskhand"
    return (str(script),) if script.exists() else (sys.executable, "-m", "bot.cli.main")


async def _run(command: tuple[str, ...], home: Path) -> float:
    """Milliseconds of a command with its home in this folder."""
    # Compiled once and kept, as an installation is, whatever this environment forbids.
    kept = {"PYTHONPYCACHEPREFIX": str(home / "bytecode"), "DESKHAND_HOME": str(home)}
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        env=inherited | kept,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    took_ms = (time.perf_counter() - started) * 1000
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {err.decode(errors='replace')[-500:]}")
    return took_ms
