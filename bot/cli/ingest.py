"""`deskhand ingest`: sources into the knowledge base, with progress and a summary.

$ deskhand ingest handbook/
added 251, changed 0, unchanged 0, removed 0, failed 0: 1,903 passages in 48 s
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from bot.cli.channel_sources import leave_out_channels, refuse_channels
from bot.cli.fit import refit
from bot.shared_files.address import channel_of
from engine.audience import parse_tags
from engine.compose import Engine, open_engine
from engine.containment import one_line
from engine.errors import DeskhandError, SourceUnreadable, WrongUse
from engine.knowledge.entries import ANSWERS
from engine.knowledge.ingest import Ingestion
from engine.knowledge.progress import Progress, Summary
from engine.knowledge.rebuild import rebuilding
from engine.knowledge.source import list_source, normalise
from engine.settings import load_settings
from engine.storage.staged_knowledge import StagedKnowledge
from engine.trust import Trust, parse_trust

_SHOWN_FAILURES = 20


async def run(args: argparse.Namespace) -> int:
    """Ingests each source in turn; failed files alone do not make it fail."""
    audience, trust = parse_tags(args.audience), parse_trust(args.trust)
    if (audience or trust) and not args.sources:
        option = "--audience everyone" if audience else f"--trust {trust}"
        raise WrongUse(
            f"{option.split()[0]} needs a source, such as deskhand ingest handbook/ {option}"
        )
    refuse_channels(args.sources)
    async with open_engine(load_settings()) as engine:
        work = await _work(engine, args.sources, audience, rebuild=args.rebuild)
        named = {normalise(source) for source in args.sources}
        total = Summary()
        unread: list[str] = []
        async with AsyncExitStack() as stack:
            ingestion = engine.ingestion
            if args.rebuild:
                await leave_out_channels(engine)
                staged = StagedKnowledge(engine.database)
                ingestion = await stack.enter_async_context(rebuilding(ingestion, staged))
            for source, tags in work:
                try:
                    tier = trust if normalise(source) in named else None
                    _add(total, await ingest_with_progress(ingestion, source, tags, tier))
                except SourceUnreadable as error:
                    if args.rebuild:  # nothing is dropped unless all can be read again
                        raise
                    unread.append(str(error))
            if args.rebuild:
                await engine.entry_knowledge.bring_all(ingestion)
        if args.rebuild:  # what was answered meanwhile
            await engine.entry_knowledge.bring_all(engine.ingestion)
        if not args.no_fit and (total.added or total.changed or total.removed):
            await _refit(engine)
    if unread and len(unread) == len(work):
        raise SourceUnreadable("; ".join(unread))
    if args.json:
        print(json.dumps(render_summary(total), ensure_ascii=False))
    else:
        print_summary(total)
    if unread:
        raise SourceUnreadable(f"{'; '.join(unread)}; the other sources were read")
    return 0


async def _refit(engine: Engine) -> None:
    """The documents are in whatever becomes of it."""
    try:
        await refit(engine)
    except DeskhandError as error:
        said = one_line(str(error)).rstrip(".")
        print(
            f"deskhand: the documents are in, but what they answer was not learnt anew: {said}; "
            "run `deskhand fit` later",
            file=sys.stderr,
        )


async def _work(
    engine: Engine, sources: Sequence[str], audience: tuple[str, ...], *, rebuild: bool
) -> list[tuple[str, tuple[str, ...]]]:
    """The sources to ingest, in order, with the tags to give them; none keeps those it has."""
    given = [(source, audience) for source in sources]
    if given and not rebuild:
        return given
    every = await engine.sources.all(engine.settings.tenant)
    own = (ANSWERS,)  # read from the table of entries, not from any place
    known = [s for s in every if channel_of(s.uri) is None and s.uri not in own]
    if not known and not given:
        raise WrongUse("name a source, such as deskhand ingest handbook/; none was ingested yet")
    named = {normalise(source) for source in sources}
    # Those with tags first, so that nothing they hold is read by another before they say for whom.
    others = sorted((s for s in known if s.uri not in named), key=lambda s: not s.audience)
    work: list[tuple[str, tuple[str, ...]]] = [*given, *((s.uri, ()) for s in others)]
    if rebuild:
        for source, _ in work:  # nothing is dropped unless all can be read again
            await asyncio.to_thread(list_source, source, (), engine.settings.parse.max_bytes)
    return work


async def ingest_with_progress(
    ingestion: Ingestion, source: str, audience: tuple[str, ...], trust: Trust | None = None
) -> Summary:
    """One source, with a bar on a terminal and nothing elsewhere."""
    if not sys.stderr.isatty():
        return await ingestion.run(source, audience, lambda _: None, trust)
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import (
        Progress as Bar,
    )

    from bot.cli.terminal import console

    with Bar(
        TextColumn("{task.description:.40}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("reading", total=None, rate="")

        def watch(progress: Progress) -> None:
            shown = bar.tasks[task]
            rate = f"{shown.speed:.1f}/s" if shown.speed else ""
            bar.update(
                task,
                completed=progress.done,
                total=progress.listed if progress.listed else None,
                description=one_line(progress.current) or "reading",
                rate=f"{rate} {progress.passages:,} passages",
            )

        return await ingestion.run(source, audience, watch, trust)


def _add(total: Summary, part: Summary) -> None:
    total.added += part.added
    total.changed += part.changed
    total.unchanged += part.unchanged
    total.removed += part.removed
    total.failed += part.failed
    total.warnings += part.warnings
    total.passages += part.passages
    total.ignored += part.ignored
    total.tokens += part.tokens
    total.seconds += part.seconds


def render_summary(summary: Summary) -> dict[str, Any]:
    """The contract's object."""
    return {
        "added": summary.added,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "removed": summary.removed,
        "failed": [{"document_name": f.name, "reason": f.reason} for f in summary.failed],
        "passages": summary.passages,
        "seconds": round(summary.seconds, 3),
        "ignored": summary.ignored,
        "warnings": [
            {"document_name": w.name, "kind": w.kind.value, "count": w.count, "reason": w.reason}
            for w in summary.warnings
        ],
    }


def print_summary(summary: Summary) -> None:
    """The same for a person: counts, then why documents failed."""
    print(
        f"added {summary.added:,}, changed {summary.changed:,}, unchanged {summary.unchanged:,}, "
        f"removed {summary.removed:,}, failed {len(summary.failed):,}: "
        f"{summary.passages:,} passages in {summary.seconds:.1f} s"
        + (f"; {summary.ignored:,} files are no documents" if summary.ignored else "")
    )
    for failure in summary.failed[:_SHOWN_FAILURES]:
        print(f"  failed: {one_line(failure.reason)}")
    if len(summary.failed) > _SHOWN_FAILURES:
        print(f"  and {len(summary.failed) - _SHOWN_FAILURES:,} more: deskhand sources --failed")
    for warned in summary.warnings[:_SHOWN_FAILURES]:
        print(f"  warning: {one_line(warned.reason)}")
    if len(summary.warnings) > _SHOWN_FAILURES:
        print(
            f"  and {len(summary.warnings) - _SHOWN_FAILURES:,} more: deskhand sources --warnings"
        )
