from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.figures.doubts import Doubts, Passage
from bot.rendering.digest import digest_message, lines_json
from bot.rendering.doubts import doubts_message
from bot.rendering.figures import duration, figure_lines, share_words
from bot.rendering.gap import GapShown, gap_form, gap_message, hidden_message, why_not
from bot.workspace.blocks import require_blocks
from engine.figures.asked import Asked, Involved, Record, Settled
from engine.figures.counting import figures_of
from engine.figures.share import Share
from engine.storage.feedback import Opinion
from evals.reports.canvas import draw
from evals.reports.people_charts import people_charts
from tests.bot.app.conftest import shown

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
END = MONDAY + timedelta(days=7)
EVIL = "<!channel> <@U1> *x* <https://evil.example|ok>\u202e"


def asked(number: int, **more: object) -> Asked:
    return Asked(
        **{
            "id": str(number),
            "user": f"U{number}",
            "place": ("T", "C"),
            "thread": str(number),
            "text": f"question {number}",
            "asked_at": MONDAY + timedelta(hours=number),
            "outcome": "answered",
            "first_shown_at": MONDAY + timedelta(hours=number, seconds=2),
            "opinions": {},
        }
        | more  # type: ignore[arg-type]
    )


RECORD = Record(
    questions=(
        asked(1, opinions={"U1": Opinion.POSITIVE}),
        asked(2),
        asked(3, outcome="escalated", case=Involved(by_person=True, delivered_at=END)),
    ),
    words=(),
    settled=(Settled(person="rita", at=MONDAY, claimed_at=MONDAY - timedelta(minutes=90)),),
)
WEEK = figures_of(RECORD, MONDAY, END, now=END + timedelta(days=9))
BEFORE = figures_of(RECORD, MONDAY - timedelta(days=7), MONDAY, now=END)


def test_shares_stand_with_their_interval_and_the_part_that_people_had() -> None:
    lines = {line.label: line for line in figure_lines(WEEK)}
    assert lines["Answered alone"].value == "67% [21, 94], 2 of 3"
    assert lines["Answered alone"].involvement == "people in 33% of them"
    assert lines["People involved"].involvement == ""
    assert lines["Confirmed helpful"].value == "33% [6, 79], 1 of 3"
    assert lines["Assumed helpful"].value == "33% [6, 79], 1 of 3"
    assert lines["Time to answer, alone"].value == "2.0 s median, 9 of 10 within 2.0 s"
    assert share_words(Share(hits=0, trials=0, involved=0)) == "none yet"
    assert [duration(s) for s in (3, 59, 120, 7200, 200_000)] == [
        "3.0 s",
        "59 s",
        "2 min",
        "2.0 h",
        "2.3 days",
    ]


def test_the_digest_has_last_weeks_figures_beside_this_weeks() -> None:
    found = lines_json(WEEK, BEFORE) | {
        "week": "2026-W47",
        "gaps": [{"name": f"plants {EVIL}", "last": 3, "before": 1}],
    }
    message = digest_message(found)
    assert require_blocks(list(message.blocks))
    words = shown(message)
    assert "The week from 16 November to 22 November" in words
    assert "3 questions last week, 1 the week before" in words
    assert "rita: 1 case, 1.5 h median" in words
    assert "<!channel>" not in message.text
    twice = {line["label"]: line for line in lines_json(WEEK, WEEK)["lines"]}
    assert twice["Answered alone"]["before"].endswith("2 of 3; people in 33% of them")
    empty = digest_message(lines_json(BEFORE, None) | {"week": "2026-W46", "gaps": []})
    assert "No questions were asked." in empty.text
    assert require_blocks(list(empty.blocks))


def test_plots_are_drawn_of_weeks_with_and_without_questions() -> None:
    charts = people_charts([BEFORE, WEEK])
    assert [chart.name for chart in charts] == ["answered", "helpful", "questions"]
    assert "Answered alone 67% in the last week" in charts[0].alt
    assert draw(charts[0]).png.startswith(b"\x89PNG")
    assert draw(charts[2]).png.startswith(b"\x89PNG")
    assert people_charts([BEFORE]) == ()


def gap(**more: object) -> GapShown:
    return GapShown(
        **{
            "id": "g1",
            "name": f"plants {EVIL}" * 20,
            "question": EVIL * 100,
            "examples": [EVIL * 100] * 3,
            "questions": 3,
            "last": 2,
            "before": 1,
            "draft": EVIL * 500,
        }
        | more  # type: ignore[arg-type]
    )


def test_a_gap_that_is_long_or_hostile_stays_within_what_slack_takes() -> None:
    for message in (
        gap_message(gap()),
        gap_message(gap(draft="")),
        gap_message(gap(ended="Published by rita.")),
        hidden_message(3, 0, readable=True),
        hidden_message(0, 2, readable=False),
    ):
        assert require_blocks(list(message.blocks))
        assert "<!channel>" not in message.text
        assert "<@U1>" not in message.text
    assert "gap:approve" in shown(gap_message(gap()))
    assert "gap:approve" not in shown(gap_message(gap(draft="")))
    assert "gap:" not in shown(gap_message(gap(ended="Dismissed by rita.")))
    assert require_blocks(gap_form("g1", EVIL * 100, EVIL * 500)["blocks"])


def test_an_article_without_words_or_too_long_is_not_taken() -> None:
    assert set(why_not("", "")) == {"question", "answer"}
    assert why_not("a question", "an answer") == {}
    assert set(why_not("a question", "x" * 3_001)) == {"answer"}


def test_passages_that_are_in_doubt_are_shown_as_they_are_written() -> None:
    passage = Passage(title=EVIL, snippet=EVIL * 50, changed_at=MONDAY)
    doubts = Doubts(conflicts=((passage, passage),), stale=(passage,), hidden=2)
    message = doubts_message(doubts)
    assert require_blocks(list(message.blocks))
    assert "2026-11-16" in shown(message)
    assert not Doubts(conflicts=(), stale=(), hidden=0)
