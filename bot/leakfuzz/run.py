"""A run over many worlds: questions, changes in between, and what the checker makes of it."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot.leakfuzz.asking import Company, company
from bot.leakfuzz.checker import Checker, cited, open_to
from bot.leakfuzz.embedder import WordEmbedder
from bot.leakfuzz.world import Room, World
from engine.compose import Engine, Overrides, open_engine
from engine.settings import load_settings

QUESTIONS = 100
_WORLDS_A_HOME = 20
"""Worlds that share one database and one index, as tenants of each other's."""
_BETWEEN = 10
"""Questions between two changes of the world."""
_MEANWHILE, _REVIEWED, _ASKED_BEFORE = 0.06, 0.2, 0.4
"""Shares of questions during which the world changes, that a person is to see first, and that
somebody has asked in the same words lately."""
_LATELY = 6

Tell = Callable[[str], None]


@dataclass(slots=True)
class Figures:
    """trials: questions that were answered. with_passages: of these, those that showed any
    document. held_back: that were not answered, as rights changed twice meanwhile. compared:
    questions asked again after hidden documents changed. repeated: answers given again."""

    trials: int = 0
    with_passages: int = 0
    held_back: int = 0
    compared: int = 0
    repeated: int = 0
    changes_meanwhile: int = 0
    checker: Checker = field(default_factory=Checker)

    def as_json(self) -> dict[str, Any]:
        """By name, `leaks` in all and by kind."""
        leaks = self.checker.leaks
        return {
            "trials": self.trials,
            "leaks": sum(leaks.values()),
            "leaks_by_kind": dict(sorted(leaks.items())),
            "with_passages": self.with_passages,
            "compared": self.compared,
            "repeated": self.repeated,
            "changes_meanwhile": self.changes_meanwhile,
            "held_back": self.held_back,
        }


async def fuzz(
    worlds: int,
    *,
    seed: int,
    tell: Tell,
    questions: int = QUESTIONS,
    server: str | None = None,
) -> Figures:
    """Asks in so many worlds.

    server: address of a Qdrant server; None: the embedded index.
    """
    figures, started = Figures(), time.monotonic()
    where = "server" if server else "embedded"
    for first in range(0, worlds, _WORLDS_A_HOME):
        here = range(first, min(first + _WORLDS_A_HOME, worlds))
        with tempfile.TemporaryDirectory(prefix="deskhand-leakfuzz-") as folder:
            home = Path(folder) / "home"
            given = {"DESKHAND_HOME": str(home)} | (
                {"DESKHAND_QDRANT__URL": server} if server else {}
            )
            settings = load_settings(given, working_directory=Path(folder))
            async with open_engine(settings, Overrides(embedder=WordEmbedder())) as engine:
                made = [_company(engine, n, seed, Path(folder)) for n in here]
                await asyncio.gather(*(_questions(one, questions, figures) for one in made))
                if server:
                    await engine.index.clear()
        done, spent = here.stop, time.monotonic() - started
        tell(
            f"{where}: {done} of {worlds} worlds, {figures.trials:,} questions, "
            f"{sum(figures.checker.leaks.values())} leaks, {figures.trials / spent:.0f} a second, "
            f"{spent / done * (worlds - done):.0f} s left"
        )
    return figures


def _company(engine: Engine, number: int, seed: int, folder: Path) -> Company:
    rng = random.Random(f"{seed} {number}")  # noqa: S311 - repeatable
    world = World(number, rng)
    return company(engine, replace(engine.ingestion, tenant=world.tenant), world, folder)


async def _questions(here: Company, questions: int, figures: Figures) -> None:
    rng = here.world.rng
    lately: deque[tuple[Room, str, str]] = deque(maxlen=_LATELY)
    await here.learn()
    for number in range(questions):
        if number and number % _BETWEEN == 0:
            await (here.change_people() if rng.random() < 0.6 else here.change_documents())
            await _compare(here, figures)
        meanwhile = None
        if rng.random() < _MEANWHILE:
            figures.changes_meanwhile += 1
            meanwhile = here.change_people if rng.random() < 0.5 else here.change_documents
        room, user, text = here.world.question()
        if lately and rng.random() < _ASKED_BEFORE:
            before = rng.choice(lately)
            text = before[2]
            if rng.random() < 0.5:  # by the same person, or in the same room
                room, user, _ = before
        lately.append((room, user, text))
        said = await here.ask(
            room, user, text, reviewed=rng.random() < _REVIEWED, meanwhile=meanwhile
        )
        if said is None:
            figures.held_back += 1
            continue
        figures.trials += 1
        figures.repeated += bool(said["repeats"])
        figures.with_passages += cited(said["messages"])
        figures.checker.look(here.world, room, said)


async def _compare(here: Company, figures: Figures) -> None:
    """The same question before and after a change of what its readers may not read."""
    world = here.world
    room, user, text = world.question()
    hidden = [d for name, d in world.documents.items() if name not in open_to(world, room)]
    if not hidden:
        return
    before = await here.ask(room, user, text)
    like = world.rng.choice(hidden)
    if world.rng.random() < 0.5:
        world.add_like(world.rng.choice([like.thing, text.split()[-1].strip("?")]), like.tags)
    else:
        del world.documents[like.name]
    await here.learn()
    after = await here.ask(room, user, text)
    if before is not None and after is not None:
        figures.compared += 1
        figures.checker.compare(room, before, after)
