"""Table `eval_answers`: an unchanged case is not asked again of an unchanged engine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from engine.storage.database import Database, upsert
from engine.storage.evaluation_run import CachedAnswer
from engine.storage.evaluation_schema import eval_answers

_BATCH = 500
"""Hashes in one statement; both databases allow many more."""
_REPLACED = ("body", "scored_by", "scores", "at")


class EvaluationAnswers:
    """Cached answers of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def cached(
        self,
        tenant: str,
        case_hashes: Collection[str],
        fingerprint: str,
        *,
        since: datetime | None = None,
    ) -> dict[str, CachedAnswer]:
        """The answers that are there, by case hash.  since: only those made from then on."""
        hashes, found = sorted(set(case_hashes)), {}
        wanted = [eval_answers.c.tenant == tenant, eval_answers.c.fingerprint == fingerprint]
        if since is not None:
            wanted.append(eval_answers.c.at >= since)
        async with self._database.read() as db:
            for start in range(0, len(hashes), _BATCH):
                rows = await db.execute(
                    select(eval_answers).where(
                        *wanted, eval_answers.c.case_hash.in_(hashes[start : start + _BATCH])
                    )
                )
                for row in rows:
                    found[row.case_hash] = CachedAnswer(
                        case_hash=row.case_hash,
                        fingerprint=row.fingerprint,
                        body=row.body,
                        scored_by=row.scored_by,
                        scores=row.scores,
                    )
        return found

    async def keep(self, tenant: str, answers: Sequence[CachedAnswer], *, at: datetime) -> None:
        """Stores answers; one of the same case and fingerprint is replaced."""
        if not answers:
            return
        rows = [
            {
                "tenant": tenant,
                "case_hash": answer.case_hash,
                "fingerprint": answer.fingerprint,
                "body": dict(answer.body),
                "scored_by": answer.scored_by,
                "scores": dict(answer.scores),
                "at": at,
            }
            for answer in answers
        ]
        async with self._database.write() as db:
            statement = upsert(db, eval_answers)
            replaced = {name: statement.excluded[name] for name in _REPLACED}
            await db.execute(
                statement.on_conflict_do_update(
                    index_elements=["tenant", "case_hash", "fingerprint"], set_=replaced
                ),
                rows,
            )
