"""`deskhand stats`: the figures of the last days, with what each means."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from datetime import timedelta

from bot.cli.json_lines import json_line
from bot.cli.terminal import console
from bot.rendering.figures import duration, figure_lines, repeated_words, young_words
from engine.clock import now
from engine.compose import open_engine
from engine.containment import one_line
from engine.errors import WrongUse
from engine.figures.counting import Figures, figures_json, figures_of
from engine.figures.definitions import DEFINITIONS, FigureName
from engine.settings import load_settings
from engine.storage.figures import FigureStore
from engine.storage.gaps import Gap, GapStore

_MOST_DAYS = 3660
_TOP_GAPS = 5
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,30}")


async def run(args: argparse.Namespace) -> int:
    """Shows them; there being no questions is no failure."""
    if not 1 <= args.days <= _MOST_DAYS:
        raise WrongUse(f"--days must be between 1 and {_MOST_DAYS}")
    if args.channel is not None and not _CHANNEL.fullmatch(args.channel):
        raise WrongUse("--channel wants the channel's id, such as C0123ABC, not its name")
    settings = load_settings()
    async with open_engine(settings) as engine:
        await engine.make_ready()
        until = now()
        since = until - timedelta(days=args.days)
        record = await FigureStore(engine.database).record(
            settings.tenant, since, until, channel=args.channel
        )
        repeated = await engine.traces.repeated(settings.tenant, since, until)
        gaps = await GapStore(engine.database).top(settings.tenant, most=_TOP_GAPS)
    figures = figures_of(record, since, until, now=until)
    # A gap is of all channels, so it says nothing of one.
    shown = () if args.channel else gaps
    if args.json:
        found = figures_json(figures) | {
            "channel": args.channel,
            "given_again": None if args.channel else asdict(repeated),
            "top_gaps": [
                {"name": gap.name, "questions": gap.last_count, "week": gap.last_week}
                for gap in shown
            ],
            "definitions": {name.value: d.sentence for name, d in DEFINITIONS.items()},
        }
        print(json_line(found))
        return 0
    _show(figures, shown, args.days, again="" if args.channel else repeated_words(repeated))
    return 0


def _show(figures: Figures, gaps: tuple[Gap, ...], days: int, *, again: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    out = console()
    period = "the last day" if days == 1 else f"the last {days:,} days"
    if not figures.questions:
        out.print(f"No questions were asked in {period}.")
    else:
        table = Table("figure", "value", "people's part", title=f"Figures of {period}")
        for line in figure_lines(figures):
            table.add_row(line.label, escape(line.value), line.involvement)
        if again:
            table.add_row("Answers given again", again, "")
        out.print(table)
        if young := young_words(figures):
            out.print(young)
    if figures.load:
        load = Table(
            "person",
            "cases",
            "median, claim to end",
            title=DEFINITIONS[FigureName.REVIEW_LOAD].label,
        )
        for each in figures.load:
            minutes = each.median_minutes
            waited = "not claimed" if minutes is None else duration(minutes * 60)
            load.add_row(escape(one_line(each.person)), f"{each.cases:,}", waited)
        out.print(load)
    if gaps:
        counted = f"questions in {gaps[0].last_week}"
        table = Table("top gaps", counted, title="What the documents lack")
        for gap in gaps:
            table.add_row(escape(one_line(gap.name)), f"{gap.last_count:,}")
        out.print(table)
    out.print()
    for definition in DEFINITIONS.values():
        out.print(f"[dim]{definition.label}: {escape(definition.sentence)}[/dim]")
