"""What the commands show a person: answers, progress, and plain text elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from engine.trace import Outcome, Trace

if TYPE_CHECKING:
    from rich.console import Console

_TITLES = {
    Outcome.ANSWERED: "answered",
    Outcome.CLARIFIED: "a question back",
    Outcome.ABSTAINED: "not answered",
    Outcome.ESCALATED: "for a person",
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
    if trace.outcome is Outcome.ESCALATED and trace.draft_reply:
        out.print("\n[dim]draft for the reviewer:[/dim]")
        paragraph(trace.draft_reply)
    if trace.citations:
        out.print()
        for citation in trace.citations:
            place = f", page {citation.page}" if citation.page else ""
            link = f"  {citation.url}" if citation.url else ""
            out.print(
                f"  [dim]{escape(f'[{citation.n}]')} {escape(citation.title)}  "
                f"({escape(citation.document_name)}{place}){escape(link)}[/dim]"
            )
    why = "; ".join(reason.text for reason in trace.reasons)
    total = next((ms for stage, ms in trace.timings_ms.items() if stage.value == "total"), 0.0)
    out.print(
        f"\n[dim]{_TITLES[trace.outcome]}, confidence {trace.confidence:.2f}, {total:.0f} ms"
        f"{'. ' + escape(why) if why else ''}[/dim]"
    )
