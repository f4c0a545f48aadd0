"""What the commands that train anew and go back have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.cli.json_lines import json_line
from engine.compose import Engine, open_engine
from engine.settings import load_settings
from evals.retraining.outcome import Outcome


async def trained_anew(retrain: Callable[[Engine], Awaitable[Outcome]], *, as_json: bool) -> int:
    """Holds a contest and says how it ended; that nothing was promoted is no failure."""
    async with open_engine(load_settings()) as engine:
        await engine.make_ready()
        found = await retrain(engine)
    if as_json:
        print(json_line(found.as_json()))
        return 0
    print(f"{'promoted' if found.promoted else 'not promoted'}: {found.why}")
    for line in _lines(found.figures):
        print(f"  {line}")
    return 0


async def rolled_back(back: Callable[[Engine], Awaitable[str]], *, as_json: bool) -> int:
    """Goes one step back and says to what."""
    async with open_engine(load_settings()) as engine:
        version = await back(engine)
    print(json_line({"version": version}) if as_json else f"{version} is in use again")
    return 0


def _lines(figures: Any) -> list[str]:
    lines = [str(note) for note in figures.get("notes", ())]
    for name, found in figures.items():
        if isinstance(found, dict) and "gain" in found:
            interval = (
                f" ({found['low']:+.3f} to {found['high']:+.3f})"
                if found["low"] is not None
                else ""
            )
            lines.append(
                f"{name.replace('_', ' ')}: {found['challenger']:.3f} against "
                f"{found['champion']:.3f}, {found['gain']:+.3f}{interval}, p {found['p']:.3f}, "
                f"{found['rows']:,} held out"
            )
    return lines
