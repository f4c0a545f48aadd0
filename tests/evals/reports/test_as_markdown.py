from __future__ import annotations

import re

from markdown_it import MarkdownIt

from evals.reports.as_markdown import report_markdown
from evals.reports.summary import summarize
from tests.evals.reports.hostile import SCRIPT, hostile_run
from tests.evals.reports.made_runs import compared, make_run

GITHUB = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def test_a_report_says_verdict_figures_and_cases() -> None:
    before, now = make_run(), make_run(seed=2, quality=0.7, day=1)
    text = report_markdown(summarize(now, compared(before, now, "recall_at_5"), ()))
    assert text.startswith("# Evaluation of `sample`\n\n**Failed: 1 figure significantly worse**\n")
    assert "| Recall@5 | " in text
    assert "## 1 case got worse" in text
    assert "## What goes wrong" in text
    assert text.count("\n## ") == 5


def test_every_row_of_a_table_has_the_columns_of_its_head() -> None:
    now, comparison = hostile_run()
    tokens = GITHUB.parse(report_markdown(summarize(now, comparison, ())))
    counts: list[int] = []
    for token in tokens:
        if token.type == "table_open":
            counts = []
        elif token.type == "tr_open":
            counts.append(0)
        elif token.type in ("th_open", "td_open"):
            counts[-1] += 1
        elif token.type == "table_close":
            assert len(set(counts)) == 1
    assert "evil.test" in report_markdown(summarize(now, comparison, ()))


def test_foreign_text_is_no_link_no_mention_and_no_markup() -> None:
    now, comparison = hostile_run()
    html = GITHUB.render(report_markdown(summarize(now, comparison, ())))
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    for live in ("<script", "<img", "<a ", "@channel", "\u202e"):
        assert live not in outside
    assert SCRIPT.replace("<", "&lt;").replace(">", "&gt;") in html


def test_a_sentence_outside_of_code_has_no_address_that_github_would_link() -> None:
    now, comparison = hostile_run()
    text = report_markdown(summarize(now, comparison, ()))
    (line,) = (line for line in text.splitlines() if line.startswith("- Not compared, since new"))
    for live in ("https://", r"www\.evil", "@channel", r"(?<!\\)[<`]", r"(?<!\\)\[x"):
        assert not re.search(live, line.replace("@<!-- -->", "@ "))
