"""Tables `installations` and `install_states`: which workspaces have the app, with what token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from engine.encryption import Keyring, SecretUnreadable
from engine.storage.database import Database, upsert
from engine.storage.schema import install_states, installations

STATE_FOR = timedelta(minutes=10)
"""How long a person may take to allow the app in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The app in one workspace. tenant: the team id. token: empty where the app was removed, or
    where it cannot be decrypted, which `problem` says. expires_at: None where Slack does not rotate
    tokens. settings: what differs there, by environment names. revision: of the row."""

    tenant: str
    name: str
    app: str
    bot_user: str
    scopes: tuple[str, ...]
    installed_by: str
    installed_at: datetime
    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    problem: str = ""


class InstallationStore:
    """Installations of one database; their tokens are encrypted. Raises StorageUnavailable."""

    def __init__(self, database: Database, keys: Keyring) -> None:
        self._database = database
        self._keys = keys

    async def save(self, given: Installation) -> None:
        """The app was installed, for the first time or again; settings of before stay."""
        values = {
            "name": given.name[:128],
            "app": given.app,
            "bot_user": given.bot_user,
            "scopes": ",".join(given.scopes),
            "installed_by": given.installed_by,
            "installed_at": given.installed_at,
            "ended_at": None,
            **self._sealed(given),
        }
        async with self._database.write() as db:
            await db.execute(
                upsert(db, installations)
                .values(tenant=given.tenant, settings={}, revision=1, **values)
                .on_conflict_do_update(
                    index_elements=["tenant"],
                    set_={**values, "revision": installations.c.revision + 1},
                )
            )

    async def renewed(self, old: Installation, new: Installation) -> bool:
        """Slack gave another token for `old`'s; false where the row is not `old` any more."""
        return await self._change(old, **self._sealed(new))

    async def ended(self, tenant: str, at: datetime, *, revision: int | None = None) -> bool:
        """The app was removed there: its tokens are forgotten. revision: only as of then."""
        statement = update(installations).where(
            installations.c.tenant == tenant, installations.c.ended_at.is_(None)
        )
        if revision is not None:
            statement = statement.where(installations.c.revision == revision)
        gone: dict[str, Any] = {"token": None, "refresh_token": None, "expires_at": None}
        changed = {"ended_at": at, "revision": installations.c.revision + 1}
        async with self._database.write() as db:
            return bool((await db.execute(statement.values(**gone, **changed))).rowcount)

    async def forget(self, tenant: str) -> bool:
        """That it ever had the app; false where it has it still."""
        statement = delete(installations).where(
            installations.c.tenant == tenant, installations.c.ended_at.is_not(None)
        )
        async with self._database.write() as db:
            return bool((await db.execute(statement)).rowcount)

    async def set(self, tenant: str, settings: Mapping[str, str]) -> bool:
        """What differs in this workspace from now on; false where it never had the app."""
        values = {"settings": dict(settings), "revision": installations.c.revision + 1}
        statement = update(installations).where(installations.c.tenant == tenant).values(**values)
        async with self._database.write() as db:
            return bool((await db.execute(statement)).rowcount)

    async def all(self) -> tuple[Installation, ...]:
        """Every workspace that has the app or had it, by its id."""
        statement = select(installations).order_by(installations.c.tenant)
        async with self._database.read() as db:
            return tuple(self._parse(row) for row in await db.execute(statement))

    async def get(self, tenant: str) -> Installation | None:
        """One workspace's; None where it never had the app."""
        statement = select(installations).where(installations.c.tenant == tenant)
        async with self._database.read() as db:
            row = (await db.execute(statement)).first()
            return None if row is None else self._parse(row)

    async def revisions(self) -> dict[str, int]:
        """Of each workspace that has the app now."""
        statement = select(installations.c.tenant, installations.c.revision).where(
            installations.c.ended_at.is_(None)
        )

        def read(db: Connection) -> dict[str, int]:
            return {row.tenant: row.revision for row in db.execute(statement)}

        return await self._database.look_up(read)

    async def reseal(self) -> tuple[int, int]:
        """Encrypts every token with the newest key; how many were not, and how many cannot be
        decrypted, which stay as they are."""
        done = failed = 0
        for one in await self.all():
            if one.problem:
                failed += 1
            elif one.token and not await self._is_of_newest(one.tenant):
                done += await self._change(one, **self._sealed(one))
        return done, failed

    async def begin(self, tenant: str, at: datetime) -> str:
        """A state that is taken once, within ten minutes; those that were not are forgotten."""
        state = secrets.token_urlsafe(32)
        async with self._database.write() as db:
            await db.execute(delete(install_states).where(install_states.c.until <= at))
            await db.execute(
                install_states.insert().values(tenant=tenant, state=state, until=at + STATE_FOR)
            )
        return state

    async def take(self, tenant: str, state: str, at: datetime) -> bool:
        """Whether it was begun here, lately, and was not taken before."""
        async with self._database.write() as db:
            done = await db.execute(
                delete(install_states).where(
                    install_states.c.tenant == tenant,
                    install_states.c.state == state,
                    install_states.c.until > at,
                )
            )
            return bool(done.rowcount)

    async def _is_of_newest(self, tenant: str) -> bool:
        statement = select(installations.c.token, installations.c.refresh_token).where(
            installations.c.tenant == tenant
        )
        async with self._database.read() as db:
            row = (await db.execute(statement)).one()
        return all(self._keys.is_of_newest(sealed) for sealed in row if sealed)

    async def _change(self, old: Installation, **values: Any) -> bool:
        statement = (
            update(installations)
            .where(
                installations.c.tenant == old.tenant,
                installations.c.revision == old.revision,
            )
            .values(revision=installations.c.revision + 1, **values)
        )
        async with self._database.write() as db:
            return bool((await db.execute(statement)).rowcount)

    def _sealed(self, given: Installation) -> dict[str, Any]:
        def seal(secret: str) -> str | None:
            return self._keys.seal(secret, given.tenant) if secret else None

        return {
            "token": seal(given.token),
            "refresh_token": seal(given.refresh_token),
            "expires_at": given.expires_at,
        }

    def _parse(self, row: Row[Any]) -> Installation:
        parsed = Installation(
            tenant=row.tenant,
            name=row.name,
            app=row.app,
            bot_user=row.bot_user,
            scopes=tuple(filter(None, row.scopes.split(","))),
            installed_by=row.installed_by,
            installed_at=row.installed_at,
            token="",
            expires_at=row.expires_at,
            ended_at=row.ended_at,
            settings=row.settings,
            revision=row.revision,
        )
        try:
            return replace(
                parsed,
                token=self._keys.open(row.token, row.tenant) if row.token else "",
                refresh_token=(
                    self._keys.open(row.refresh_token, row.tenant) if row.refresh_token else ""
                ),
            )
        except SecretUnreadable as error:
            return replace(parsed, problem=str(error))
