"""The engine's answers on the sample and on the development sets that are there.

    $ python -m evals.quality --only sample tech_support_qa

Each set is ingested into a home of its own under `.cache/evals`, kept for the next run, and asked
through the same `Pipeline.run` as everything else. The rankings it is compared with (BM25, dense,
convex) are computed on the same passages in the same run; beside them stands `evals.naive`, the
pipeline most people would write first. The last line of standard output is one
JSON object; the exit code is 0 when no set ranks below the convex fusion, 1 when one does, 2 for
wrong use. Whether a change made something worse, `deskhand eval run sample --gate` says.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from engine.compose import Engine, Overrides
from engine.errors import DeskhandError
from engine.knowledge.progress import Progress
from engine.question import Budget
from engine.retrieval.query import query_texts
from evals.case import Case, EvalSet
from evals.corpora import ROOT, SET_NAMES, load_set
from evals.home import bring_up_to_date, open_home
from evals.measurement import Findings, at_least, measurement_parser
from evals.naive import NaivePipeline, build_naive
from evals.passage_pool import BASELINES, load_pool
from evals.report import show_report
from evals.reports.confidence_charts import write_plot
from evals.scores import Answered, confidence_curves, figures
from evals.suites.ranking import RANKED
from evals.terminal import Ticker, say

DEFAULT_HOME = ROOT / ".cache" / "evals"
_FREE = Budget(max_cost_usd=0.0)
_NOT_BELOW_CONVEX = ("hit_at_1", "ndcg_at_10")


async def evaluate(
    chosen: EvalSet,
    home: Path,
    *,
    seed: int,
    overrides: Overrides | None = None,
    plots: Path | None = None,
) -> dict[str, Any]:
    """Ingests a set, asks its questions, and gives its figures.

    home: kept; a second run checks only for changes. plots: folder for a diagram of its
    confidences; None draws none.

    Raises: DeskhandError where the set cannot be ingested.
    """
    async with open_home(home, overrides) as engine:
        ticker = Ticker("ingesting")
        summary = await bring_up_to_date(engine, chosen.source, lambda p: _tell(ticker, p))
        for failure in summary.failed[:5]:
            say(f"  not read: {failure.reason}")
        ticker = Ticker("embedding fixed-size chunks")
        naive = await build_naive(engine, home, partial(_tell_chunks, ticker))
        answered = await ask_all(engine, chosen.cases, naive)
        if plots is not None:
            path = await asyncio.to_thread(
                write_plot, plots, chosen.name, confidence_curves(answered)
            )
            say(f"  drew {path}")
        passages = sum((await engine.documents.live_sizes(engine.settings.tenant)).values())
        return {
            "documents": await engine.documents.count(engine.settings.tenant),
            "documents_failed": len(summary.failed),
            "passages": passages,
            "ingest_s": round(summary.seconds, 2),
            "ingested_passages": summary.passages,
            **await asyncio.to_thread(figures, answered, seed=seed),
        }


def _tell(ticker: Ticker, progress: Progress) -> None:
    listed = f"{progress.listed:,}" if progress.complete else f"{progress.listed:,} or more"
    ticker.tick(f"{progress.done:,} of {listed} documents, {progress.passages:,} passages")


def _tell_chunks(ticker: Ticker, done: int, of: int) -> None:
    ticker.tick(f"{done:,} of {of:,} chunks")


async def ask_all(engine: Engine, cases: Sequence[Case], naive: NaivePipeline) -> list[Answered]:
    """Every case asked, one at a time and in order, and put to the baselines too."""
    tenant, ticker = engine.settings.tenant, Ticker("reading passages back")
    pool = await load_pool(engine, lambda n: ticker.tick(f"{n:,} documents"))
    ticker, answered = Ticker("asking"), []
    for number, case in enumerate(cases, start=1):
        trace = await engine.pipeline.run(
            case.question, tenant=tenant, audience=case.audience, budget=_FREE
        )
        text = query_texts(case.question).last.whole
        vector = await engine.embedder.embed_query(text)
        answered.append(
            Answered(
                case=case,
                trace=trace,
                baselines=await asyncio.to_thread(pool.rankings, text, vector, RANKED),
                last_turn=await _last_turn(engine, case) if case.question.history else None,
                naive=await asyncio.to_thread(naive.answer, vector, RANKED),
            )
        )
        ticker.tick(f"{number:,} of {len(cases):,} questions")
    return answered


async def _last_turn(engine: Engine, case: Case) -> list[str]:
    """What the engine finds for a follow-up question without the turns before."""
    alone = replace(case.question, history=())
    found = await engine.retriever.retrieve(
        query_texts(alone),
        tenant=engine.settings.tenant,
        audience=case.audience,
        revision=await engine.documents.revision(engine.settings.tenant),
    )
    return [r.document_name for r in found.retrieved]


def below_convex(name: str, found: Mapping[str, Any]) -> list[str]:
    """Sentences that name each promised metric in which a set ranks below the convex fusion."""
    return [
        f"{name}: {metric} is {found[f'engine_{metric}']}, convex has {found[f'convex_{metric}']}"
        for metric in _NOT_BELOW_CONVEX
        if found["ranked_questions"] and found[f"engine_{metric}"] < found[f"convex_{metric}"]
    ]


def mostly_unread(name: str, found: Mapping[str, Any]) -> list[str]:
    """A sentence where more documents failed than were read, so that figures mean little."""
    failed, read = found["documents_failed"], found["documents"]
    return [f"{name}: {failed:,} documents could not be read"] if failed > read else []


async def run(args: argparse.Namespace) -> int:
    """The whole evaluation; the exit code."""
    findings = Findings()
    sets = findings.sets
    await asyncio.to_thread(args.home.mkdir, parents=True, exist_ok=True)
    for name in args.only or SET_NAMES:
        chosen = await asyncio.to_thread(
            load_set,
            name,
            datasets=args.datasets,
            work=args.home,
            size=args.size,
            seed=args.seed,
        )
        if chosen is None:
            findings.skip(name, args.datasets / name)
            continue
        say(f"{name}: {len(chosen.cases):,} questions ({chosen.note})")
        sets[name] = await evaluate(chosen, args.home / name, seed=args.seed, plots=args.plots)
        findings.broken += mostly_unread(name, sets[name]) + below_convex(name, sets[name])
    show_report(sets, (*BASELINES, "naive"))
    return findings.finish(seed=args.seed)


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process with 2 for wrong use."""
    parser = measurement_parser(
        "evals.quality",
        "Evaluates the engine's answers offline.",
        "--only sample tech_support_qa --plots plots",
        SET_NAMES,
    )
    parser.add_argument("--size", type=at_least(1), metavar="N", help="most questions of a set")
    parser.add_argument(
        "--home", type=Path, default=DEFAULT_HOME, help="where what was ingested is kept"
    )
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="where a diagram of each set is written (SVG)"
    )
    return parser.parse_args(arguments)


def main() -> int:
    """Runs the command line; returns its exit code."""
    try:
        return asyncio.run(run(parse_arguments()))
    except DeskhandError as error:
        say(f"evals.quality: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
