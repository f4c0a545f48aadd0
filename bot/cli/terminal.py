"""What the commands show a person: answers, progress, and plain text elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import TYPE_CHECKING

from engine.containment import one_line
from engine.trace import Citation, Outcome, Trace

if TYPE_CHECKING:
    from rich.console import Console

_TITLES = {
    Outcome.ANSWERED: "answered",
    Outcome.CLARIFIED: "a question back",
    Outcome.ABSTAINED: "not answered",
    Outcome.ESCALATED: "needs a person",
    Outcome.FAILED: "failed",
}


def console(*, stderr: bool = False) -> Console:
    """A console that writes plain text where there is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=not sys.stdout.isatty())


def show_answer(out: Console, trace: Trace) -> None:
    """Prints an answer with its sources, its confidence and, for a person, the draft."""
    from rich.markdown import Markdown
    from rich.markup import escape

    def paragraph(text: str) -> None:
        out.print(Markdown(text) if out.is_terminal else escape(text))

    paragraph(trace.reply)
    if trace.outcome is Outcome.ESCALATED and trace.draft_reply not in trace.reply:
        out.print("\n[dim]draft for the reviewer:[/dim]")
        paragraph(trace.draft_reply)
    if trace.citations:
        out.print()
        for line, cited in groupby(trace.citations, _source_line):
            marks = " ".join(f"[{citation.n}]" for citation in cited)
            out.print(f"  [dim]{escape(marks)} {escape(line)}[/dim]")
    why = " ".join(reason.text for reason in trace.reasons)
    total = next((ms for stage, ms in trace.timings_ms.items() if stage.value == "total"), 0.0)
    out.print(
        f"\n[dim]{_TITLES[trace.outcome]}, confidence {trace.confidence:.2f}, {total:.0f} ms"
        f"{'. ' + escape(why) if why else ''}[/dim]"
    )


def _source_line(citation: Citation) -> str:
    """Where a citation stands, the same for those that stand on one page."""
    place = f", page {citation.page}" if citation.page else ""
    link = f"  {one_line(citation.url)}" if citation.url else ""
    title, name = one_line(citation.title), one_line(citation.document_name)
    return f"{title}  ({name}{place}){link}"


@contextmanager
def answer_counter(*, shown: bool, what: str = "answered") -> Iterator[Callable[[], None]]:
    """Something to call after each line of a batch, counted on standard error where shown."""
    if not shown:
        yield lambda: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn(f"{{task.completed:,}} {what}"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda: bar.advance(task)
