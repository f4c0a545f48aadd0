"""What one message changes, in several tables, kept in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import cast

from engine.storage.arrivals import Arrival, store_arrivals
from engine.storage.conversations import Engaging, marks_of, store_engagements, store_marks
from engine.storage.group_commit import GroupCommit, Write
from engine.storage.inbox_item import InboxItem, NewQuestion


class IntakeStore:
    """Takes questions in. Raises StorageUnavailable; nothing of the message is kept then."""

    def __init__(self, commits: GroupCommit) -> None:
        self._commits = commits

    async def keep(
        self,
        tenant: str,
        question: NewQuestion,
        *,
        engages: bool,
        seen: Mapping[str, str] | None = None,
        deleted: bool = False,
        at: datetime,
    ) -> tuple[InboxItem, bool]:
        """The question as stored, and whether it is new; when this returns it is on disk.

        As `InboxStore.add` does it; with it, in the same transaction, its thread is engaged where
        it `engages`, and the newest message seen by channel is marked. deleted: its message is gone
        already, so a new row is CANCELLED.
        """
        arrival = Arrival(tenant=tenant, question=question, at=at, deleted=deleted)
        writes: list[Write] = [(store_arrivals, arrival)]
        if engages:
            engaging = Engaging(
                tenant=tenant,
                team=question.team,
                channel=question.channel,
                thread_ts=question.thread_ts or question.ts,
                user=question.user,
                at=at,
                asked_at=question.asked_at,
            )
            writes.append((store_engagements, engaging))
        if seen:
            writes.append((store_marks, marks_of(tenant, question.team, seen)))
        kept, *_ = await self._commits.write_together(*writes)
        return cast(tuple[InboxItem, bool], kept)
