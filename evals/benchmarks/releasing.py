"""A model's first whole sentence -> the moment it is released, checked and contained.

A model server in this process writes over a real socket, a few characters at a time, quotes on one
round and its own words on the next, so that both ways through the check are measured.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from engine.audience import FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.question import Question
from engine.settings import OpenAiSettings
from engine.stopwatch import SentenceReady, StageStarted
from evals.benchmarks.timing import FREE, quantile
from evals.cases.case_file import read_cases
from evals.corpora import SAMPLE
from evals.home import evaluation_settings
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer

_WHOLE = re.compile(r"\[\d+\] \S")
_QUESTIONS = 40
_PIECE_CHARS = 5
_PIECE_S = 0.005
_WARM_UP = 3


async def measure_release(home: Path, *, rounds: int) -> dict[str, Any]:
    """Milliseconds from writing the piece that completes the first sentence to its release.

    Raises: DeskhandError.
    """
    server = ModelServer()
    async with server.serving() as url:
        openai = OpenAiSettings.model_validate({"base_url": url})
        settings = evaluation_settings(home).model_copy(update={"openai": openai})
        async with open_engine(settings) as engine:
            await engine.ingestion.run(str(SAMPLE / "knowledge"), (), lambda _: None)
            cases = read_cases(SAMPLE / "cases.jsonl").cases
            texts = [case.question.text for case in cases[:_QUESTIONS]]
            found: dict[str, list[float]] = {"quoted": [], "own_words": []}
            for number in range(_WARM_UP):
                await _release_ms(engine, server, texts[number], own_words=False)
            for _ in range(rounds):
                for text in texts:
                    for name, times in found.items():
                        took = await _release_ms(engine, server, text, own_words=name != "quoted")
                        if took is not None:
                            times.append(took)
    both = [took for times in found.values() for took in times]
    figures: dict[str, Any] = {"release_sentences": len(both)}
    for name, times in (("release", both), *((f"release_{n}", t) for n, t in found.items())):
        figures[f"{name}_p50_ms"] = quantile(times, 50)
        figures[f"{name}_p95_ms"] = quantile(times, 95)
    return figures


async def _release_ms(
    engine: Engine, server: ModelServer, text: str, *, own_words: bool
) -> float | None:
    """None where the first sentence was not released, or nothing was."""
    moments: dict[str, float] = {}
    first = ""

    def respond(request: Received) -> Reply:
        said = quoting(request).text
        said = _rephrased(said) if own_words else said
        nonlocal first
        first = said.partition(". [")[0]
        pieces = [said[at : at + _PIECE_CHARS] for at in range(0, len(said), _PIECE_CHARS)]
        return Reply(pieces=pieces, piece_s=_PIECE_S)

    def wrote(so_far: str) -> None:
        if "whole" not in moments and _WHOLE.search(so_far):
            moments["whole"] = time.perf_counter()

    async def watch(event: StageStarted | SentenceReady) -> None:
        if isinstance(event, SentenceReady) and event.text.startswith(first):
            moments["shown"] = time.perf_counter()

    server.respond, server.wrote = respond, wrote
    await engine.pipeline.run(
        Question(id="release", text=text),
        tenant=engine.settings.tenant,
        audience=FULL_MEMBER,
        budget=FREE,
        watch=watch,
    )
    if "whole" not in moments or "shown" not in moments:
        return None
    return (moments["shown"] - moments["whole"]) * 1000


def _rephrased(text: str) -> str:
    """The same words of each sentence in another order, so that none is a quote."""
    parts = re.split(r"(?<=\]) ", text)
    out = []
    for part in parts:
        words, _, mark = part.rpartition(" ")
        order = words.rstrip(".").split()
        out.append(" ".join([*order[len(order) // 2 :], *order[: len(order) // 2]]) + f". {mark}")
    return " ".join(out)
