"""What the week's answers show to be wrong in the documents: passages that contradict each other,
and old ones under answers that people turned down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.access.recheck import may_show
from engine.audience import Audience
from engine.storage.documents import DocumentStore
from engine.storage.traces import TraceStore
from engine.storage.unanswered import UnansweredStore
from engine.trace import ReasonCode

OLD = timedelta(days=365)
_WEEK = timedelta(days=7)
_MOST_READ = 500
_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage as it was cited. changed_at: of its document, where it is told for its age."""

    title: str
    snippet: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """conflicts: passages of each answer that contradict each other. stale: old ones, each once.
    hidden: further finds that not everybody who would read this may read, or beyond five."""

    conflicts: tuple[tuple[Passage, ...], ...]
    stale: tuple[Passage, ...]
    hidden: int

    def __bool__(self) -> bool:
        return bool(self.conflicts or self.stale or self.hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtFinder:
    """Finds them for one audience; nothing of a document that it may not read is given."""

    tenant: str
    unanswered: UnansweredStore
    traces: TraceStore
    documents: DocumentStore

    async def find(self, until: datetime, audience: Audience) -> Doubts:
        """Those of the week before `until`.

        Raises: StorageUnavailable.
        """
        asked = await self.unanswered.doubted(self.tenant, until - _WEEK, until, most=_MOST_READ)
        bodies = await self.traces.bodies(
            self.tenant, [each.trace_id for each in asked if each.trace_id]
        )
        conflicts: dict[tuple[str, ...], tuple[Passage, ...]] = {}
        old: dict[str, Passage] = {}
        hidden: set[tuple[str, ...]] = set()
        for each in asked:
            body = bodies.get(each.trace_id or "")
            if body is None:
                continue
            if any(reason["code"] == ReasonCode.CONFLICT.value for reason in body["reasons"]):
                cited = tuple(body["citations"])
                ids = tuple(sorted({str(citation["chunk_id"]) for citation in cited}))
                if ids and await self._may_show(ids, audience):
                    conflicts[ids] = tuple(_passage(citation) for citation in cited)
                elif ids:
                    hidden.add(ids)
            if each.down_voted or each.declined:
                for found, passage in (await self._old(body["citations"], until)).items():
                    if await self._may_show((found,), audience):
                        old[found] = passage
                    else:
                        hidden.add((found,))
        stale = sorted(old.values(), key=lambda passage: passage.changed_at or until)
        beyond = max(0, len(conflicts) - _MOST_SHOWN) + max(0, len(stale) - _MOST_SHOWN)
        return Doubts(
            conflicts=tuple(conflicts.values())[:_MOST_SHOWN],
            stale=tuple(stale[:_MOST_SHOWN]),
            hidden=len(hidden) + beyond,
        )

    async def _old(
        self, citations: Sequence[Mapping[str, Any]], until: datetime
    ) -> dict[str, Passage]:
        by_id = {str(citation["chunk_id"]): citation for citation in citations}
        ages = await self.unanswered.ages(self.tenant, sorted(by_id))
        return {
            chunk: _passage(by_id[chunk], aged.at)
            for chunk, aged in ages.items()
            if aged.at < until - OLD
        }

    async def _may_show(self, ids: Sequence[str], audience: Audience) -> bool:
        return await may_show(
            self.documents, tenant=self.tenant, passage_ids=ids, audience=audience
        )


def _passage(citation: Mapping[str, Any], changed_at: datetime | None = None) -> Passage:
    return Passage(
        title=str(citation["title"]), snippet=str(citation["snippet"]), changed_at=changed_at
    )
