from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from evals.continuous.as_html import day_html
from evals.continuous.as_markdown import day_markdown
from evals.continuous.detection import State, Verdict
from evals.continuous.headline import reasons_of, title_of
from evals.continuous.series import BREACHES, CATEGORIES, FAITHFULNESS, LATENCY, QUESTIONS
from evals.continuous.trend_chart import trend_chart
from evals.continuous.watch_report import DayReport, Example, TrendPoint, render_day

DAY = date(2026, 11, 22)
WORSE = Verdict(
    series=FAITHFULNESS,
    state=State.CHANGED,
    n=60,
    value=0.8,
    reference=0.95,
    reference_n=1600,
    reference_days=28,
    p=0.0001,
    p_adjusted=0.0014,
    since=DAY,
)
MIX = Verdict(
    series=CATEGORIES,
    state=State.CHANGED,
    n=60,
    value=0.3,
    p=0.0002,
    p_adjusted=0.0026,
    since=DAY,
    shares={"hr": (0.5, 0.2), "<it>": (0.5, 0.8)},
)
STEADY = Verdict(series=LATENCY, state=State.STEADY, n=60, value=100.0, reference=90.0, p=0.5)


def a_report(*verdicts: Verdict, text: str | None = None) -> DayReport:
    return DayReport(
        day=DAY,
        timezone="UTC",
        asked=90,
        sampled=60,
        verdicts=verdicts,
        examples=(
            Example(
                series="faithfulness",
                trace_id="t1",
                question_id="q1",
                outcome="answered",
                what="Faithfulness: 0.5.",
                channel="C1",
                text=text,
            ),
        ),
        trend=tuple(
            TrendPoint(
                series="total_ms",
                day=DAY - timedelta(days=n),
                value=90.0 + n,
                n=60,
                state=State.CHANGED if n == 1 else State.STEADY,
            )
            for n in range(3)
        ),
        notes=(),
        false_alarm_rate=0.01,
        reference_days=28,
    )


def test_changes_are_said_in_sentences_the_bad_ones_first() -> None:
    report = a_report(MIX, STEADY, WORSE)
    assert report.alarms == (WORSE, MIX)
    assert report.needs_attention
    assert title_of(report) == "2 changes, 1 for the worse"
    assert reasons_of(report) == (
        "Faithfulness changed for the worse: 80.0%, was 95.0% (p 0.001, 60 questions).",
        "Categories changed: <it> 50% (was 80%), hr 50% (was 20%) (p 0.003, 60 questions).",
    )


def test_a_change_that_is_neither_good_nor_bad_needs_no_attention() -> None:
    other = Verdict(
        series=QUESTIONS, state=State.CHANGED, n=60, value=0.1, p=0.0001, p_adjusted=0.0004
    )
    report = a_report(other)
    assert not report.needs_attention
    assert title_of(report) == "1 change"
    better = replace(WORSE, value=0.99)
    assert title_of(a_report(better)) == "1 change"
    assert not a_report(better).needs_attention


def test_a_change_that_is_not_over_is_not_called_nothing() -> None:
    still = replace(WORSE, state=State.STILL, p_adjusted=None, since=DAY - timedelta(days=2))
    report = a_report(still, STEADY)
    assert (report.alarms, report.needs_attention) == ((), False)
    assert title_of(report) == "Nothing new; 1 earlier change not over"
    assert "still changed, since 2026-11-20" in day_markdown(report)
    assert 'class="verdict open"' in day_html(report, None)
    assert 'class="verdict passed"' in day_html(a_report(STEADY), None)


def test_an_adversarial_sign_needs_attention_without_an_alarm() -> None:
    sign = Verdict(series=BREACHES, state=State.NOT_ENOUGH, n=50, value=0.04, missing="days")
    report = a_report(sign)
    assert (report.breaches, report.needs_attention) == (2, True)
    assert title_of(report) == "2 answers with an adversarial sign"


def test_foreign_texts_are_shown_and_never_obeyed() -> None:
    hostile = "<script>x</script> [click](https://evil.example) <!channel> `code`\u202e"
    report = a_report(WORSE, MIX, text=hostile)
    page, text = day_html(report, None), day_markdown(report)
    assert "<script>" not in page
    assert "&lt;it&gt;" in page
    assert "\u202e" not in page + text
    assert "``<script>x</script> [click](https://evil.example) <!channel> `code`⟨U+202E⟩``" in text
    assert "\\<it\\> 50%" in text


def test_the_trend_marks_what_changed_and_says_it_in_words() -> None:
    chart = trend_chart(a_report(STEADY))
    assert chart is not None
    assert chart.alt.startswith("From 2026-11-20 to 2026-11-22: Answer time 92.0 ms to 90.0 ms.")
    assert trend_chart(replace(a_report(STEADY), trend=())) is None


def test_the_json_says_all_that_the_report_says() -> None:
    body = render_day(a_report(WORSE, MIX))
    assert (body["day"], body["changed"], body["needs_attention"]) == (
        "2026-11-22",
        ["faithfulness", "categories"],
        True,
    )
    assert body["series"][0]["worse"] is True
    assert body["series"][1]["shares"]["hr"] == {"day": 0.5, "reference": 0.2}
    assert body["examples"][0]["text"] is None
    assert [point["state"] for point in body["trend"]["total_ms"]] == [
        "steady",
        "changed",
        "steady",
    ]
