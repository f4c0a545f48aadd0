"""Questions that are no message, such as a command's, and the message that each then stands as.

Such a question is kept before that message exists: in channel NOWHERE, under a `ts` that names what
asked it. Once its message is posted the row becomes that message's, like any other question's; a
cancelled row keeps the name, so that what asked it asks nothing when it comes a second time.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Column, Connection, RowMapping, insert, select, update

from engine.storage.conversations import Engaging, store_engagements
from engine.storage.database import Database
from engine.storage.inbox_item import NOWHERE, InboxItem, State, parse_item
from engine.storage.schema import inbox

_KEPT: tuple[Column[object], ...] = tuple(c for c in inbox.columns if c.name != "sequence")


class PlacedQuestions:
    """Questions of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(
        self, item: InboxItem, *, channel: str, ts: str, at: datetime
    ) -> InboxItem | None:
        """The claimed question as that message, in whose thread follow-ups are heard from now on.

        None where the item's lease is lost, or it has a place; nothing was changed then.
        """

        def move(db: Connection) -> RowMapping | None:
            mine = (
                inbox.c.id == item.id,
                inbox.c.channel == NOWHERE,
                inbox.c.state == State.CLAIMED.value,
                inbox.c.lease == item.lease,
            )
            before = db.execute(select(*_KEPT).where(*mine).with_for_update()).mappings().first()
            if before is None:
                return None
            here = {"channel": channel, "ts": ts, "thread_ts": None, "root": ts}
            moved = update(inbox).where(*mine).values(**here).returning(inbox)
            row = db.execute(moved).mappings().one()
            db.execute(insert(inbox).values(**{**before, **_left()}))
            engaging = Engaging(
                tenant=item.tenant,
                team=item.team,
                channel=channel,
                thread_ts=ts,
                user=item.user,
                at=at,
                asked_at=item.asked_at,
            )
            store_engagements(db, [engaging])
            return row

        row = await self._database.transact(move)
        return None if row is None else parse_item(row)


def _left() -> dict[str, object]:
    """What makes of a copy of the row one that only holds its name."""
    free = dict.fromkeys(("lease_owner", "lease", "lease_until"))
    return free | {"id": str(uuid.uuid4()), "state": State.CANCELLED.value, "text": ""}
