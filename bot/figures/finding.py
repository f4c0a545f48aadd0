"""Which subjects the knowledge lacks, from the questions of four weeks that had no answer in it.

Only questions of conversations that every full member may look into are read, embedded, named and
shown; of all others nothing but how many there are leaves this module.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bot.figures.article import Article, Drafting, parse_article
from bot.figures.reading import CHANNELS, Reading
from bot.intake.plain_text import plain_text
from engine.containment import contained_label
from engine.retrieval.embedder import Embedder
from engine.storage.gaps import Gap, GapState, GapStore
from engine.storage.unanswered import Unanswered, UnansweredStore
from evals.gaps.clustering import MOST, centre_of, clustered
from evals.gaps.matching import matched
from evals.gaps.naming import names_of, representative

WEEK = timedelta(days=7)
WEEKS = 4
_REMEMBERED = timedelta(weeks=26)
"""How long a gap that is not asked about is known again."""
_BATCH = 32
_CHARS = 500
_LEAST_PEOPLE = 2
_MOST_GAPS = 50
"""A week; the largest."""
_SPACE = uuid.UUID("0c0b5a3e-4f0b-4a55-9a52-6f7f5f4bb0a7")

KEY, DRAFT, OUTCOME, EXAMPLES, CATEGORY = "key", "draft", "outcome", "examples", "category"
"""Names in a gap's place: of its message, the draft, how it was closed, some questions, and the
category of most of its cases; see also `reading.CHANNELS`."""
APPROVED, DISMISSED = "approved", "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGaps:
    """gaps: of this week, the largest first. told: those of them that there is news of. hidden:
    questions of conversations that not every member may look into."""

    gaps: tuple[Gap, ...]
    told: tuple[Gap, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class _Cluster:
    name: str
    question: str
    centre: NDArray[np.float32]
    asked: tuple[Unanswered, ...]


def week_of(until: datetime) -> str:
    """The ISO week in which the seven days that end then have their middle."""
    return (until - WEEK / 2).strftime("%G-W%V")


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFinder:
    """Finds the gaps of one tenant."""

    tenant: str
    bot_user: str
    embedder: Embedder
    unanswered: UnansweredStore
    gaps: GapStore
    reading: Reading
    drafting: Drafting

    async def find(self, until: datetime) -> FoundGaps:
        """Finds and stores them; the same for the same moment, so that it may be called again.

        Raises: RateLimited, StorageUnavailable, ModelUnavailable.
        """
        asked = await self.unanswered.lacking(self.tenant, until - WEEKS * WEEK, until, most=MOST)
        public = await self.reading.open_to_members({each.channel for each in asked})
        shown = [each for each in asked if each.channel in public]
        clusters = await self._clusters(shown)
        before = await self.gaps.since(self.tenant, week_of(until - _REMEMBERED))
        places = matched([c.centre for c in clusters], [gap.centre for gap in before])
        found = [
            await self._gap(cluster, None if place is None else before[place], until)
            for cluster, place in zip(clusters, places, strict=True)
        ]
        closed = {gap.id for gap in before if gap.state is GapState.CLOSED}
        for gap in found:
            await self.gaps.save(gap, reopens=gap.id in closed)
        found.sort(key=lambda gap: (-gap.last_count, -sum(gap.weeks.values()), gap.name))
        week = week_of(until)
        return FoundGaps(
            gaps=tuple(gap for gap in found if gap.state is not GapState.CLOSED),
            told=tuple(g for g in found if g.place.get(KEY) == _key(g.id, week)),
            hidden=len(asked) - len(shown),
        )

    async def _clusters(self, asked: Sequence[Unanswered]) -> list[_Cluster]:
        texts = [plain_text(each.text, bot_user=self.bot_user)[:_CHARS] for each in asked]
        kept = [(each, text) for each, text in zip(asked, texts, strict=True) if text.strip()]
        if len(kept) < _LEAST_PEOPLE:
            return []
        vectors = await self._embedded([text for _, text in kept])
        groups = [
            rows
            for rows in await asyncio.to_thread(clustered, vectors)
            if len({kept[row][0].user for row in rows}) >= _LEAST_PEOPLE
        ][:_MOST_GAPS]
        inside = {row for rows in groups for row in rows}
        others = [text for row, (_, text) in enumerate(kept) if row not in inside]
        said = [[kept[row][1] for row in rows] for rows in groups]
        names = await asyncio.to_thread(names_of, said, others)
        clusters = []
        for rows, name in zip(groups, names, strict=True):
            centre = centre_of(vectors[rows])
            question = kept[rows[representative(vectors[rows], centre)]][1]
            clusters.append(
                _Cluster(
                    name=contained_label(name) or "a subject without a name",
                    question=question,
                    centre=centre,
                    asked=tuple(kept[row][0] for row in rows),
                )
            )
        return clusters

    async def _embedded(self, texts: Sequence[str]) -> NDArray[np.float32]:
        batches = []
        for start in range(0, len(texts), _BATCH):  # a question that is asked now comes in between
            batches.append(await self.embedder.embed_many(texts[start : start + _BATCH]))
        return np.concatenate(batches)

    async def _gap(self, cluster: _Cluster, before: Gap | None, until: datetime) -> Gap:
        week = week_of(until)
        known = before
        if known is not None and known.state is GapState.CLOSED:
            if not _is_back(known, cluster):
                return replace(
                    known,
                    last_week=week,
                    weeks={**known.weeks, **_weeks(cluster, until)},
                    questions=tuple(each.id for each in cluster.asked),
                )
            known = replace(known, state=GapState.OPEN, entry_id=None, place={})
        gap_id = known.id if known else self._new_id(cluster, week)
        told = known is not None and known.place.get(KEY) is not None
        draft = None
        if known is None or not told or known.state is GapState.OPEN:
            draft = await self.drafting.draft(cluster.question, cluster.asked)
        if known is not None and told and (draft is None or not draft.answer):
            state, place = known.state, known.place  # what is published is what was shown
        else:
            assert draft is not None
            state = GapState.DRAFTED if draft.answer else GapState.OPEN
            categories = Counter(each.category for each in cluster.asked if each.category)
            place = {
                KEY: _key(gap_id, week),
                DRAFT: draft.as_json(),
                EXAMPLES: self._examples(cluster),
                CATEGORY: categories.most_common(1)[0][0] if categories else None,
            }
        return Gap(
            id=gap_id,
            tenant=self.tenant,
            first_week=known.first_week if known else week,
            last_week=week,
            name=cluster.name,
            centre=cluster.centre,
            weeks={**(known.weeks if known else {}), **_weeks(cluster, until)},
            questions=tuple(each.id for each in cluster.asked),
            owner=known.owner if known else None,
            state=state,
            place={**place, CHANNELS: sorted({each.channel for each in cluster.asked})},
            changed_at=until,
        )

    def _new_id(self, cluster: _Cluster, week: str) -> str:
        first = min(each.id for each in cluster.asked)
        return str(uuid.uuid5(_SPACE, f"{self.tenant} {week} {first}"))

    def _examples(self, cluster: _Cluster) -> list[str]:
        """Other questions than the one that stands for them, each once."""
        texts = (plain_text(each.text, bot_user=self.bot_user) for each in cluster.asked)
        return [t for t in dict.fromkeys(texts) if t and t != cluster.question][:3]


def article_of(gap: Gap) -> Article | None:
    """The draft that belongs to a gap."""
    found = gap.place.get(DRAFT)
    return parse_article(found) if isinstance(found, Mapping) else None


def _key(gap_id: str, week: str) -> str:
    return f"gap:{gap_id}:{week}"


def _is_back(known: Gap, cluster: _Cluster) -> bool:
    """Whether a closed one is asked about although it was to be answered by then, or what was to
    answer it was never published. One that was dismissed stays so."""
    if known.place.get(OUTCOME) != APPROVED:
        return False
    if known.entry_id is None:
        return True
    since = [each for each in cluster.asked if each.asked_at > known.changed_at]
    return len({each.user for each in since}) >= _LEAST_PEOPLE


def _weeks(cluster: _Cluster, until: datetime) -> dict[str, int]:
    """Questions of each of the last weeks, counted back from the end of the period."""
    found = {}
    for back in range(WEEKS):
        end = until - back * WEEK
        found[week_of(end)] = sum(end - WEEK <= each.asked_at < end for each in cluster.asked)
    return found
