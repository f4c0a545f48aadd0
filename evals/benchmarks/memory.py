"""Memory of a fresh process: at rest, after its first answer, and at most while ingesting."""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from engine.question import Question
from evals.benchmarks.timing import ask
from evals.home import ingest_all, open_home
from evals.terminal import finish

_KIB = 1024
_MIB = 1024 * 1024


async def measure_memory(root: Path, source: str) -> dict[str, Any]:
    """Resident memory of two fresh processes: one that ingests a source, one that answers.

    Raises: RuntimeError when one of them fails.
    """
    home = root / "home"
    ingesting = await _in_fresh_process("ingest", home, source)
    return ingesting | await _in_fresh_process("answer", home, source)


async def _in_fresh_process(part: str, home: Path, source: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "evals.benchmarks.memory", part, str(home), source),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"measuring memory failed: {err.decode(errors='replace')[-500:]}")
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    return figures


async def _ingest(home: Path, source: str) -> dict[str, Any]:
    async with open_home(home) as engine:
        summary = await ingest_all(engine, source, lambda _: None)
    return {
        "memory_passages": summary.passages,
        "ingest_peak_mib": _peak_mib(),
    }


async def _answer(home: Path) -> dict[str, Any]:
    async with open_home(home) as engine:
        await engine.make_ready()
        opened = resident_mib()
        await ask(engine, Question(id="1", text="How do I reset a forgotten password?"))
        first = resident_mib()
    return {"rss_opened_mib": opened, "rss_first_answer_mib": first}


def resident_mib() -> float:
    """Resident memory of this process now; at most so far where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return _peak_mib()
    return round(pages * resource.getpagesize() / _MIB, 1)


def _peak_mib() -> float:
    """Most memory this program held; the resource module's figure on Linux is at least what the
    process that started it held, so the kernel's own mark goes first."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) * _KIB / _MIB, 1)
    except OSError:
        pass
    unit = 1 if sys.platform == "darwin" else _KIB
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB, 1)


def main() -> None:
    """The fresh process: `python -m evals.benchmarks.memory ingest|answer HOME SOURCE`."""
    parser = argparse.ArgumentParser(prog="python -m evals.benchmarks.memory")
    parser.add_argument("part", choices=("ingest", "answer"))
    parser.add_argument("home", type=Path)
    parser.add_argument("source")
    args = parser.parse_args()
    work = _ingest(args.home, args.source) if args.part == "ingest" else _answer(args.home)
    finish(asyncio.run(work))


if __name__ == "__main__":
    main()
