"""`python -m evals.entries`: does the same question find its answer, and another one none?

    $ python -m evals.entries --only hr_pdf_qa

Half of a set's questions, drawn by the seed, become entries beside its documents. These are asked
anew, in the same words and with a greeting around them; the other half are questions that nobody
has answered, so that each one that finds an entry is a false hit. `written` are questions of this
project's own, each with two paraphrases and two near misses that differ in what matters. The search
is that of production. The last line of standard output is one JSON object; the exit code is 0 when
every set keeps the aims, 1 when not, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.audience import EVERYONE, FULL_MEMBER
from engine.compose import Engine
from engine.errors import DeskhandError
from engine.figures.share import wilson
from engine.knowledge.entries import ANSWERS
from engine.question import Question
from engine.retrieval.query import query_texts
from engine.storage.entry import NewEntry
from evals.corpora import load_set
from evals.entries.written import Written, read_written
from evals.home import TENANT, bring_up_to_date, open_home
from evals.measurement import Findings, at_least, measurement_parser
from evals.terminal import Ticker, say

WRITTEN: Final = "written"
SETS: Final = (WRITTEN, "tech_support_qa", "hr_pdf_qa", "cloud_docs_qa")
LEAST_FOUND, MOST_FALSE = 0.95, 0.05
GREETINGS: Final = ("Hi all, {}", "Hello! {} Thanks!", "Quick question: {}")
_SPACE = uuid.UUID("5e3f4d6a-7c1b-4f3e-9a60-2f0d6b8c1e57")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to ask. own: that its answer was given to; None where nobody has answered it."""

    text: str
    own: str | None


def entry_id(question: str) -> str:
    """The id of the entry of a question."""
    return str(uuid.uuid5(_SPACE, question))


def drawn(texts: Sequence[str], *, size: int | None, seed: int) -> tuple[list[str], list[str]]:
    """Questions that become entries, and as many others; no text stands in both, in any case.

    A question that a set holds twice in nearly the same words may, and then counts as a false hit.
    """
    chance = random.Random(seed)  # draws a measurement; guards nothing
    lines = sorted(" ".join(text.split()) for text in texts)
    order = list({line.casefold(): line for line in lines}.values())
    chance.shuffle(order)
    half = len(order) // 2 if size is None else min(size, len(order) // 2)
    return order[:half], order[half : 2 * half]


async def keep(engine: Engine, questions: Sequence[str]) -> None:
    """Makes each an entry, whose answer says nothing that would be found by itself.

    Raises: StorageUnavailable, IndexUnavailable, ModelUnavailable.
    """
    at = engine.pipeline.clock()
    for number, question in enumerate(questions):
        new = NewEntry(
            question=question,
            answer=f"See note {number}.",
            author="A colleague",
            owner="U0",
            audience=(EVERYONE,),
        )
        await engine.entries.publish(TENANT, new, at=at, by=None, entry_id=entry_id(question))
    await engine.entry_knowledge.bring_all(engine.ingestion)


async def found_for(engine: Engine, text: str) -> str | None:
    """The id of the entry that a question finds."""
    retrieval = await engine.retriever.retrieve(
        query_texts(Question(id="", text=text)),
        tenant=TENANT,
        audience=FULL_MEMBER,
        revision=await engine.documents.revision(TENANT),
    )
    before = retrieval.asked_before
    return None if before is None else before.passage.document_name.removeprefix(f"{ANSWERS}/")


async def hits(engine: Engine, asked: Sequence[Asked], ticker: Ticker) -> dict[str, Any]:
    """How many found their own entry, and how many found one that is not theirs."""
    own = false = 0
    for number, each in enumerate(asked, start=1):
        found = await found_for(engine, each.text)
        own += found is not None and each.own is not None and found == entry_id(each.own)
        false += found is not None and (each.own is None or found != entry_id(each.own))
        ticker.tick(f"{number} of {len(asked)}")
    return {"asked": len(asked), "own": _share(own, len(asked)), "false": _share(false, len(asked))}


def _share(count: int, of: int) -> dict[str, Any]:
    low, high = wilson(count, of)
    share = round(count / of, 4) if of else None
    return {"count": count, "share": share, "interval_95": [round(low, 4), round(high, 4)]}


def broken_promises(name: str, found: dict[str, Any]) -> list[str]:
    """Sentences that name what a set does not keep."""
    broken = []
    for how in ("same_words", "greeted"):
        if how in found and (found[how]["own"]["share"] or 0.0) < LEAST_FOUND:
            broken.append(f"{name}: fewer than {LEAST_FOUND:.0%} find their own, {how}")
    for which in ("others", "near_misses"):
        if which in found and (found[which]["false"]["share"] or 0.0) > MOST_FALSE:
            broken.append(f"{name}: more than {MOST_FALSE:.0%} of {which} find an entry")
    return broken


async def measure_set(engine: Engine, texts: Sequence[str], args: argparse.Namespace) -> Any:
    """Figures of a set of questions.  Raises: DeskhandError."""
    kept, others = drawn(texts, size=args.size, seed=args.seed)
    await keep(engine, kept)
    greeting = random.Random(args.seed)  # draws a measurement; guards nothing
    greeted = [Asked(text=greeting.choice(GREETINGS).format(text), own=text) for text in kept]
    return {
        "entries": len(kept),
        "same_words": await hits(engine, [Asked(text=t, own=t) for t in kept], Ticker("same")),
        "greeted": await hits(engine, greeted, Ticker("greeted")),
        "others": await hits(engine, [Asked(text=t, own=None) for t in others], Ticker("others")),
    }


async def measure_written(engine: Engine, rows: Sequence[Written]) -> dict[str, Any]:
    """Figures of the questions of our own.  Raises: DeskhandError."""
    await keep(engine, [row.question for row in rows])
    same = [Asked(text=row.question, own=row.question) for row in rows]
    again = [Asked(text=text, own=row.question) for row in rows for text in row.paraphrases]
    missed = [Asked(text=text, own=None) for row in rows for text in row.near_misses]
    return {
        "entries": len(rows),
        "same_words": await hits(engine, same, Ticker("same")),
        "paraphrases": await hits(engine, again, Ticker("paraphrases")),
        "near_misses": await hits(engine, missed, Ticker("near misses")),
    }


@asynccontextmanager
async def _home(work: Path, source: str | None) -> AsyncIterator[Engine]:
    """A home that is thrown away, with a source's documents, which are read once for all runs."""
    with tempfile.TemporaryDirectory(prefix="deskhand-entries-") as folder:
        home = Path(folder) / "home"
        if source is not None:
            ticker = Ticker("ingesting")
            async with open_home(work) as engine:
                await engine.make_ready()
                await bring_up_to_date(
                    engine, source, lambda p: ticker.tick(f"{p.done:,} documents")
                )
            await asyncio.to_thread(shutil.copytree, work, home, symlinks=True)
        async with open_home(home) as engine:
            await engine.make_ready()
            yield engine


async def run(args: argparse.Namespace) -> int:
    """The whole measurement; the exit code."""
    findings = Findings()
    for name in args.only or SETS:
        if name == WRITTEN:
            rows = await asyncio.to_thread(read_written)
            async with _home(args.work / name, None) as engine:
                found = await measure_written(engine, rows)
        else:
            work = args.work / name
            await asyncio.to_thread(work.mkdir, parents=True, exist_ok=True)
            chosen = await asyncio.to_thread(
                load_set, name, datasets=args.datasets, work=work, size=None, seed=args.seed
            )
            if chosen is None:
                findings.skip(name, args.datasets / name)
                continue
            texts = [c.question.text for c in chosen.cases if not c.question.history]
            async with _home(work / "home", chosen.source) as engine:
                found = await measure_set(engine, texts, args)
        findings.sets[name] = found
        findings.broken += broken_promises(name, found)
        for how, each in found.items():
            if isinstance(each, dict):
                own, false = each["own"]["count"], each["false"]["count"]
                say(f"{name}, {how}: of {each['asked']} {own} found their own, {false} another")
    return findings.finish(seed=args.seed, more={"size": args.size})


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.entries",
        "Measures how well a question that a person has answered is known again.",
        "--only written hr_pdf_qa",
        SETS,
    )
    parser.add_argument(
        "--size", type=at_least(1), metavar="N", help="entries of a set (half of its questions)"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(".cache/evals/entries"),
        metavar="DIR",
        help="where documents that were read are kept (.cache/evals/entries)",
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    args = parse_arguments()
    try:
        return asyncio.run(run(args))
    except DeskhandError as error:
        say(f"entries: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
