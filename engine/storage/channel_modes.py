"""Tables `channel_modes` and `channel_mode_changes`: how far the bot may go by itself in a channel.

A channel without a row is `auto`, and so is every direct message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from engine.storage.database import Database, upsert
from engine.storage.schema import channel_mode_changes, channel_modes

FILE = "file"
"""Key of a change's evidence that holds what the file of modes says."""


class Mode(StrEnum):
    """What becomes of an answer: kept and compared, shown to a reviewer, shown, or never made."""

    SHADOW = "shadow"
    DRAFT = "draft"
    AUTO = "auto"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is set of a channel.

    target_precision: share of shown answers that are to be right, in (0, 1); None is the default
    of the settings. routing: where its cases go, JSON; empty is where the settings say.
    """

    mode: Mode
    target_precision: float | None = None
    routing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMode(Setting):
    """A channel's row. set_by: None is the program. by_file: the file of modes names it."""

    team: str
    channel: str
    set_by: str | None
    set_at: datetime
    by_file: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChange:
    """One line of a channel's history. by: None is the program. before: None is its first."""

    at: datetime
    by: str | None
    before: Mode | None
    after: Mode
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of a change. done: false where the channel was not as expected, or is as wanted
    already. before: None where it had no row."""

    done: bool
    before: ChannelMode | None


class ChannelModeStore:
    """Modes of one database. Raises StorageUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, tenant: str, team: str, channel: str) -> ChannelMode | None:
        """What is set of a channel; None: nothing, so that it is `auto`."""
        statement = select(channel_modes).where(*_of(channel_modes, tenant, team, channel))
        row = await self._database.look_up(lambda db: db.execute(statement).mappings().first())
        return None if row is None else _parse(row)

    async def all(self, tenant: str) -> tuple[ChannelMode, ...]:
        """Every row, by channel."""
        async with self._database.read() as db:
            found = await db.execute(
                select(channel_modes)
                .where(channel_modes.c.tenant == tenant)
                .order_by(channel_modes.c.team, channel_modes.c.channel)
            )
            return tuple(_parse(row) for row in found.mappings())

    async def put(
        self,
        tenant: str,
        team: str,
        channel: str,
        setting: Setting,
        *,
        by: str | None,
        at: datetime,
        evidence: Mapping[str, Any],
        expected: ChannelMode | None = None,
    ) -> Put:
        """Sets a channel, with its line of history in the same transaction.

        Nothing changes where it is set so already, nor where `expected`, the row on which this is
        decided, is given and the channel was set since: of two that press one button, the second
        changes nothing. Whether the file names it stays as it is.
        """

        def change(db: Connection) -> Put:
            before = _now(db, tenant, team, channel)
            if expected is not None and not _is_still(expected, before):
                return Put(done=False, before=before)
            if before is not None and _same(before, setting):
                return Put(done=False, before=before)
            by_file = before is not None and before.by_file
            _write(
                db, tenant, team, channel, setting, before, by=by, at=at, by_file=by_file,
                evidence=evidence,
            )  # fmt: skip
            return Put(done=True, before=before)

        return await self._database.transact(change)

    async def settle_file(
        self, tenant: str, team: str, said: Mapping[str, Setting], *, at: datetime
    ) -> tuple[str, ...]:
        """Makes channels be as the file of modes says; those whose setting changed.

        What the file said before is not set again: a channel that was demoted since stays so until
        the file says something new. One that the file names no more keeps its mode, which can be
        set otherwise from then on.
        """

        def change(db: Connection) -> tuple[str, ...]:
            changed = []
            for channel, setting in sorted(said.items()):
                before, line = _now(db, tenant, team, channel), _as_json(setting)
                known = before is not None and before.by_file
                if known and _last_of_file(db, tenant, team, channel) == line:
                    continue
                _write(
                    db, tenant, team, channel, setting, before, by=None, at=at, by_file=True,
                    evidence={FILE: line},
                )  # fmt: skip
                changed.append(channel)
            db.execute(
                update(channel_modes)
                .where(
                    channel_modes.c.tenant == tenant,
                    channel_modes.c.team == team,
                    channel_modes.c.by_file.is_(True),
                    channel_modes.c.channel.not_in(sorted(said)),
                )
                .values(by_file=False)
            )
            return tuple(changed)

        return await self._database.transact(change)

    async def noted(
        self,
        tenant: str,
        team: str,
        channel: str,
        mode: Mode,
        *,
        at: datetime,
        evidence: Mapping[str, Any],
    ) -> None:
        """A line of history that changes nothing, such as what was suggested."""
        async with self._database.write() as db:
            await db.execute(
                insert(channel_mode_changes).values(
                    tenant=tenant,
                    team=team,
                    channel=channel,
                    at=at,
                    before=mode.value,
                    after=mode.value,
                    evidence=dict(evidence),
                )
            )

    async def changes(
        self, tenant: str, team: str, channel: str, *, limit: int = 50
    ) -> tuple[ModeChange, ...]:
        """A channel's history, the newest first."""
        async with self._database.read() as db:
            found = await db.execute(
                select(channel_mode_changes)
                .where(*_of(channel_mode_changes, tenant, team, channel))
                .order_by(channel_mode_changes.c.sequence.desc())
                .limit(limit)
            )
            return tuple(
                ModeChange(
                    at=row["at"],
                    by=row["by"],
                    before=None if row["before"] is None else Mode(row["before"]),
                    after=Mode(row["after"]),
                    evidence=row["evidence"],
                )
                for row in found.mappings()
            )


def _write(
    db: Connection,
    tenant: str,
    team: str,
    channel: str,
    setting: Setting,
    before: ChannelMode | None,
    *,
    by: str | None,
    at: datetime,
    by_file: bool,
    evidence: Mapping[str, Any],
) -> None:
    values = {
        "mode": setting.mode.value,
        "target_precision": setting.target_precision,
        "routing": dict(setting.routing),
        "set_by": by,
        "set_at": at,
        "by_file": by_file,
    }
    db.execute(
        upsert(db, channel_modes)
        .values(tenant=tenant, team=team, channel=channel, **values)
        .on_conflict_do_update(index_elements=["tenant", "team", "channel"], set_=values)
    )
    db.execute(
        insert(channel_mode_changes).values(
            tenant=tenant,
            team=team,
            channel=channel,
            at=at,
            by=by,
            before=None if before is None else before.mode.value,
            after=setting.mode.value,
            evidence=dict(evidence),
        )
    )


def _now(db: Connection, tenant: str, team: str, channel: str) -> ChannelMode | None:
    row = db.execute(
        select(channel_modes)
        .where(*_of(channel_modes, tenant, team, channel))
        .with_for_update(key_share=True)
    )
    found = row.mappings().first()
    return None if found is None else _parse(found)


def _last_of_file(db: Connection, tenant: str, team: str, channel: str) -> Mapping[str, Any] | None:
    lines: Sequence[Mapping[str, Any]] = (
        db.execute(
            select(channel_mode_changes.c.evidence)
            .where(*_of(channel_mode_changes, tenant, team, channel))
            .order_by(channel_mode_changes.c.sequence.desc())
        )
        .scalars()
        .all()
    )
    return next((line[FILE] for line in lines if FILE in line), None)


def _as_json(setting: Setting) -> dict[str, Any]:
    return {
        "mode": setting.mode.value,
        "target_precision": setting.target_precision,
        "routing": dict(setting.routing),
    }


def _is_still(expected: ChannelMode, now: ChannelMode | None) -> bool:
    """Whether nobody has set a channel since this row was read; without a row it is `auto`."""
    if now is None:
        return expected.mode is Mode.AUTO
    return (now.mode, now.set_at) == (expected.mode, expected.set_at)


def _same(known: ChannelMode, wanted: Setting) -> bool:
    return _as_json(known) == _as_json(wanted)


def _of(table: Table, tenant: str, team: str, channel: str) -> tuple[ColumnElement[bool], ...]:
    return (table.c.tenant == tenant, table.c.team == team, table.c.channel == channel)


def _parse(row: Mapping[Any, Any]) -> ChannelMode:
    values = {name: row[name] for name in ChannelMode.__dataclass_fields__}
    return ChannelMode(**values | {"mode": Mode(row["mode"])})
