"""What a run's report tells the bot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.cli.eval_report import rendered_report
from evals.reports.files import ReportFiles
from evals.running.reporting import StoredReport
from tests.evals.reports.made_runs import compared, make_run

FILES = ReportFiles(
    json=Path("r.json"), markdown=Path("r.md"), html=Path("r.html"), pngs=(), alts=()
)


def test_what_a_run_says_of_itself_stands_there_once() -> None:
    run = replace(make_run(), notes=("Texts were judged by the local checker, not by a model.",))
    for comparison in (None, compared(make_run(day=1), run)):
        told = rendered_report(StoredReport(record=run, comparison=comparison, files=FILES))
        assert told["notes"].count(run.notes[0]) == 1
