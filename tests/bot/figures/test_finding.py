"""Which gaps are told of, week by week, over a real database."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.figures.article import Article
from bot.figures.finding import APPROVED, DISMISSED, KEY, OUTCOME, GapFinder, article_of, week_of
from bot.figures.reading import CHANNELS
from engine.storage.database import Database, database_url
from engine.storage.gaps import GapState, GapStore
from engine.storage.migrate import migrate
from engine.storage.unanswered import Unanswered

UNTIL = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
OPEN, SHUT = "C1", "G1"


class Embedder:
    """The first word's length is the direction."""

    async def embed_many(self, texts: list[str]) -> Any:
        angles = np.radians([97.0 * len(text.split()[0].strip("?!")) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


class Reading:
    async def open_to_members(self, channels: Any) -> frozenset[str]:
        return frozenset(channels) & {OPEN}


class Drafting:
    async def draft(self, question: str, asked: Any) -> Article:
        answers = sorted({each.answer for each in asked if each.answer})
        return Article(question=question, answer="\n".join(answers))


class Asked:
    """What the database would say."""

    def __init__(self) -> None:
        self.questions: list[Unanswered] = []

    def ask(self, text: str, at: datetime, *, user: str, **more: Any) -> None:
        values = {"team": "T1", "channel": OPEN, "thread": "1.0", "trace_id": None} | more
        self.questions.append(
            Unanswered(id=str(uuid.uuid4()), user=user, text=text, asked_at=at, **values)
        )

    async def lacking(self, _: str, since: datetime, until: datetime, *, most: int) -> Any:
        assert most == 2_000
        return tuple(q for q in self.questions if since <= q.asked_at < until)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(database_url(None, tmp_path))
    await migrate(opened)
    yield opened
    await opened.aclose()


def finder_of(database: Database, asked: Asked) -> GapFinder:
    parts: dict[str, Any] = {
        "embedder": Embedder(),
        "unanswered": asked,
        "reading": Reading(),
        "drafting": Drafting(),
    }
    return GapFinder(tenant="acme", bot_user="UBOT", gaps=GapStore(database), **parts)


def twice(asked: Asked, at: datetime, **more: Any) -> None:
    for user in ("U1", "U2"):
        asked.ask("plants in the lobby", at, user=user, **more)


async def test_a_gap_knows_where_its_questions_were_asked(database: Database) -> None:
    asked = Asked()
    twice(asked, UNTIL - timedelta(days=1))
    (gap,) = (await finder_of(database, asked).find(UNTIL)).gaps
    assert gap.place[CHANNELS] == [OPEN]
    twice(asked, UNTIL + timedelta(days=1), channel=SHUT)
    (gap,) = (await finder_of(database, asked).find(UNTIL + WEEK)).gaps
    assert gap.place[CHANNELS] == [OPEN]


async def test_a_gap_is_told_once_and_counted_week_by_week(database: Database) -> None:
    asked = Asked()
    finder = finder_of(database, asked)
    twice(asked, UNTIL - timedelta(days=1))
    asked.ask("parking", UNTIL - timedelta(days=1), user="U1")  # alone: no gap
    for _ in range(2):
        asked.ask("a one-person subject", UNTIL - timedelta(days=2), user="U1")
    first = await finder.find(UNTIL)
    (gap,) = first.gaps
    assert first.told == first.gaps
    assert first.hidden == 0
    assert (gap.first_week, gap.last_count) == ("2026-W47", 2)  # told on the Monday after
    again = await finder.find(UNTIL)  # after a crash
    assert [(g.id, g.place[KEY]) for g in again.told] == [(gap.id, gap.place[KEY])]
    asked.ask("plants again", UNTIL + timedelta(days=1), user="U3")
    later = await finder.find(UNTIL + WEEK)
    assert later.told == ()
    (same,) = later.gaps
    assert same.id == gap.id
    assert (same.weeks[week_of(UNTIL)], same.weeks[week_of(UNTIL + WEEK)]) == (2, 1)


async def test_it_is_told_again_once_somebody_has_answered(database: Database) -> None:
    asked = Asked()
    finder = finder_of(database, asked)
    twice(asked, UNTIL - timedelta(days=1))
    await finder.find(UNTIL)
    asked.ask("plants?", UNTIL + timedelta(days=1), user="U3", answer="Nina waters them.")
    (told,) = (await finder.find(UNTIL + WEEK)).told
    assert told.state is GapState.DRAFTED
    article = article_of(told)
    assert article is not None
    assert article.answer == "Nina waters them."
    # What was shown is what a click publishes, also when somebody answers after it.
    asked.ask("plants!", UNTIL + WEEK, user="U4", answer="Nobody does.")
    after = await finder.find(UNTIL + 2 * WEEK)
    assert after.told == ()
    assert article_of(after.gaps[0]) == article


@pytest.mark.parametrize(
    ("outcome", "entry", "back"),
    [(DISMISSED, None, False), (APPROVED, "e1", True), (APPROVED, None, True)],
)
async def test_a_closed_gap_is_back_only_where_an_article_did_not_help(
    database: Database, outcome: str, entry: str | None, back: bool
) -> None:
    asked = Asked()
    finder = finder_of(database, asked)
    twice(asked, UNTIL - timedelta(days=1))
    (gap,) = (await finder.find(UNTIL)).gaps
    store = GapStore(database)
    assert await store.close(gap, at=UNTIL, place={**gap.place, OUTCOME: outcome})
    if entry:
        await store.published("acme", gap.id, str(uuid.uuid4()))
        assert (await finder.find(UNTIL + timedelta(seconds=1))).gaps == ()  # nobody asked since
    twice(asked, UNTIL + timedelta(days=1))
    found = await finder.find(UNTIL + WEEK)
    assert [g.id for g in found.told] == ([gap.id] if back else [])
    kept = await store.get("acme", gap.id)
    assert kept is not None
    assert (kept.state is GapState.OPEN) is back


async def test_a_private_question_is_counted_and_nothing_else(database: Database) -> None:
    asked = Asked()
    finder = finder_of(database, asked)
    twice(asked, UNTIL - timedelta(days=1))
    twice(asked, UNTIL - timedelta(days=1), channel=SHUT)
    asked.questions[-1] = replace(asked.questions[-1], text="plants zebrafish", answer="zebrafish")
    found = await finder.find(UNTIL)
    assert found.hidden == 2
    assert "zebrafish" not in repr(found)
    assert len(found.gaps[0].questions) == 2


async def test_nothing_asked_is_no_gap(database: Database) -> None:
    found = await finder_of(database, Asked()).find(UNTIL)
    assert (found.gaps, found.told, found.hidden) == ((), (), 0)
