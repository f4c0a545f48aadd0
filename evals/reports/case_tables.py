"""Cases that changed, cases that fail and documents that are not used, as pieces of a page."""

from __future__ import annotations

from collections.abc import Sequence

from evals.reports.failures import Failure
from evals.reports.figure_tables import number, scrolled
from evals.reports.markup import Html, foreign, joined, tag
from evals.reports.summary import Summary
from evals.reports.wording import counted, metric_label, score_text
from evals.run_record import CaseResult
from evals.statistics.comparison import CaseChange, Flip, Verdict

FIRST_FLIPS, MOST_FLIPS, MOST_CHANGES = 10, 50, 4
MOST_FAILURES, MOST_CASES, MOST_DOCUMENTS = 12, 10, 20


def regression_section(summary: Summary) -> Html | None:
    """Cases that got worse, those that got better, and those that cannot be compared."""
    comparison = summary.comparison
    if comparison is None:
        return None
    worse = [flip for flip in comparison.flips if flip.verdict is Verdict.WORSE]
    better = [flip for flip in comparison.flips if flip.verdict is not Verdict.WORSE]
    uncompared = {
        "Only in the baseline": comparison.missing,
        "Only in this run": comparison.new,
        "Changed since the baseline, so not compared": comparison.edited,
    }
    return joined(
        tag("h3", f"{counted(len(worse), 'case')} got worse"),
        _flips("Cases that got worse", worse) if worse else tag("p", "None.", class_="muted"),
        _folded(
            f"{counted(len(better), 'case')} got better", _flips("Cases that got better", better)
        )
        if better
        else None,
        *(
            _folded(f"{name}: {counted(len(ids), 'case')}", _listed(ids))
            for name, ids in uncompared.items()
            if ids
        ),
    )


def _flips(label: str, flips: Sequence[Flip]) -> Html:
    names = ("Case", "Question", "Outcome", "Scores", "Trace")
    rows = [_flip(flip) for flip in flips[:MOST_FLIPS]]
    first = _table(label, names, rows[:FIRST_FLIPS], min(len(flips), FIRST_FLIPS))
    if len(rows) <= FIRST_FLIPS:
        return first
    rest = _table(f"{label}, continued", names, rows[FIRST_FLIPS:], len(flips) - FIRST_FLIPS)
    return joined(first, _folded(f"{len(flips) - FIRST_FLIPS:,} more", rest))


def _flip(flip: Flip) -> Html:
    changes = [change for change in flip.changes if change.verdict is flip.verdict]
    scores = [tag("li", *_changed(change)) for change in changes[:MOST_CHANGES]]
    if len(changes) > MOST_CHANGES:
        scores.append(tag("li", f"and {len(changes) - MOST_CHANGES} more"))
    return tag(
        "tr",
        tag("th", tag("code", foreign(flip.case_id, 80)), scope="row"),
        tag("td", foreign(flip.question, 300), class_="wide"),
        tag("td", _outcome(flip)),
        tag("td", tag("ul", *scores)),
        tag("td", tag("code", foreign(flip.trace_id)) if flip.trace_id else "–"),
    )


def _outcome(flip: Flip) -> str:
    if flip.outcome_before == flip.outcome_after:
        return flip.outcome_after
    return f"{flip.outcome_before} → {flip.outcome_after}"


def _changed(change: CaseChange) -> tuple[object, ...]:
    text = (
        f"{metric_label(change.metric)} {score_text(change.before, change.metric)} → "
        f"{score_text(change.after, change.metric)}"
    )
    if change.critical:
        return (tag("strong", text, class_="worse"), " must never happen")
    return (text,)


def failure_section(summary: Summary) -> Html:
    """The most frequent failures, each with its cases."""
    total = len(summary.record.results)
    if not summary.failures:
        return tag("p", f"Nothing is wrong with any of {counted(total, 'case')}.")
    said = (
        f"Something is wrong with {summary.with_problems:,} of {counted(total, 'case')}; a case "
        "counts for each of its problems."
    )
    left = len(summary.failures) - MOST_FAILURES
    more = f"{counted(left, 'rarer kind')} of failure: see report.json." if left > 0 else ""
    return joined(
        tag("p", said),
        *(_failure(f, first=n == 0) for n, f in enumerate(summary.failures[:MOST_FAILURES])),
        tag("p", more, class_="note") if more else None,
    )


def _failure(failure: Failure, *, first: bool) -> Html:
    rows = [_case(result) for result in failure.cases[:MOST_CASES]]
    names = ("Case", "Question", "Outcome", "What is wrong", "Expected documents")
    title = tag(
        "summary",
        foreign(failure.what, 200),
        tag("span", f" – {counted(len(failure.cases), 'case')}", class_="count"),
    )
    table = _table(failure.what, names, rows, len(failure.cases))
    return tag("details", title, table, open=first)


def _case(result: CaseResult) -> Html:
    wrong = [tag("li", foreign(problem)) for problem in result.problems]
    return tag(
        "tr",
        tag("th", tag("code", foreign(result.case_id, 80)), scope="row"),
        tag("td", foreign(result.question, 300), class_="wide"),
        tag("td", result.outcome),
        tag("td", tag("ul", *wrong)),
        tag("td", _listed(result.expected_docs) if result.expected_docs else "–"),
    )


def missing_section(summary: Summary) -> Html | None:
    """Documents that hold answers which were not cited."""
    if not summary.missing:
        return None
    rows = [
        tag(
            "tr",
            tag("th", foreign(document.name, 200), scope="row"),
            number(f"{len(document.missed):,}"),
            number(f"{document.expected:,}"),
            tag("td", _listed([result.case_id for result in document.missed])),
        )
        for document in summary.missing[:MOST_DOCUMENTS]
    ]
    said = (
        "These documents hold the answer of cases that cited none of theirs. One that is missed "
        "each time may not be in the knowledge base."
    )
    names = ("Document", "Missed by cases", "Expected by cases", "Cases")
    table = _table("Documents not used", names, rows, len(summary.missing), numbers=(1, 2))
    return joined(tag("p", said), table)


def _listed(names: Sequence[str], most: int = 10) -> Html:
    pieces: list[object] = []
    for n, name in enumerate(names[:most]):
        pieces += [", " if n else None, tag("code", foreign(name, 120))]
    left = len(names) - most
    return tag("span", *pieces, f" and {left:,} more" if left > 0 else None)


def _folded(title: str, content: Html) -> Html:
    return tag("details", tag("summary", title), tag("div", content, class_="scroll"))


def _table(
    label: str,
    names: Sequence[str],
    rows: Sequence[Html],
    whole: int,
    numbers: Sequence[int] = (),
) -> Html:
    """A table, with a line below it where it does not hold the whole."""
    head = [
        tag("th", name, scope="col", class_="number" if place in numbers else None)
        for place, name in enumerate(names)
    ]
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))
    left = whole - len(rows)
    more = tag("p", f"{left:,} more are in report.json.", class_="note") if left > 0 else None
    return joined(scrolled(label, table), more)
