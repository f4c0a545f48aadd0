"""What `deskhand doctor` looks at on this machine and behind it: database, index, model, disk."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from bot.diagnosis import Check, Finding, NotChecked, Once, fail, ok, warn
from bot.quarantined import quarantined
from engine.compose import Engine, connect_database, open_engine
from engine.errors import DeskhandError
from engine.retrieval.index import HasShape
from engine.settings import Settings
from engine.storage.cases import CaseStore
from engine.storage.database import Database, database_url
from engine.storage.health import check_writable
from engine.storage.migrate import HEAD, current_revision

_GIB = 2**30
_DISK_FAILS_BYTES = _GIB // 5
_DISK_WARNS_BYTES = 2 * _GIB
_INDEX_LIMIT_S = 30.0
_MODEL_LIMIT_S = 30.0
"""Its client takes a while to load where the machine is busy; the call itself has 10 s."""


class StateCheck:
    """The checks of one home; changes nothing in it. Closes what it opened with `aclose`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._migrated = Once(self._open_database)
        self._engine = Once(self._open_engine)

    def checks(self) -> list[Check]:
        """From the ground up."""
        return [
            Check(name="disk", look=self._disk),
            Check(name="database", look=self._database, limit_s=15),
            Check(name="cases", look=self._cases, limit_s=15),
            Check(name="knowledge", look=self._knowledge, limit_s=15),
            Check(name="quarantine", look=self._quarantine, limit_s=15),
            Check(name="index", look=self._index, limit_s=_INDEX_LIMIT_S),
            Check(name="trained", look=self._trained, limit_s=_INDEX_LIMIT_S),
            Check(name="model", look=self._model, limit_s=_MODEL_LIMIT_S),
        ]

    async def aclose(self) -> None:
        """Ends what is under way."""
        await self._engine.aclose()
        await self._migrated.aclose()
        await self._stack.aclose()

    async def _disk(self) -> Finding:
        home = self._settings.home
        there = next(folder for folder in (home, *home.parents) if folder.exists())
        free = (await asyncio.to_thread(shutil.disk_usage, there)).free
        text = f"{free / _GIB:,.1f} GiB are free for {home}"
        if free < _DISK_FAILS_BYTES:
            return fail(f"only {text}", "free some space, or set DESKHAND_HOME to another disk")
        if free < _DISK_WARNS_BYTES:
            return warn(f"only {text}", "free some space")
        return ok(text)

    async def _database(self) -> Finding:
        database = await self._migrated.get()
        await check_writable(database)
        kind = "SQLite" if database.is_sqlite else "PostgreSQL"
        return ok(f"{kind}, up to date ({HEAD}) and writable")

    async def _cases(self) -> Finding:
        """Those that wait without a card are seen by nobody."""
        cases = CaseStore(await self._migrated.get())
        waiting = await cases.waiting(self._settings.tenant)
        unseen = [case for case in waiting if case.ts is None]
        if unseen:
            return warn(
                f"{len(unseen):,} of {len(waiting):,} waiting cases have no card, so nobody sees "
                "them",
                "check the channel of the cards above; the bot posts them once it can",
            )
        return ok(f"{len(waiting):,} cases wait for a person")

    async def _knowledge(self) -> Finding:
        engine = await self._ready_engine()
        tenant = engine.settings.tenant
        documents = await engine.documents.count(tenant)
        passages = await engine.documents.count_passages(tenant)
        if not documents:
            return fail("there are no documents to answer from", "run `deskhand ingest FOLDER`")
        return ok(f"{documents:,} documents, {passages:,} passages")

    async def _quarantine(self) -> Finding:
        """Documents of which something is not said."""
        engine = await self._ready_engine()
        return quarantined(await engine.notes.warned(engine.settings.tenant))

    async def _index(self) -> Finding:
        engine = await self._ready_engine()
        passages = await engine.documents.count_passages(engine.settings.tenant)
        if await engine.index.record() is None:
            if not passages:
                return ok("empty, as there are no documents")
            return fail("the index is lost", "run `deskhand ingest`, which rebuilds it")
        await engine.index.start(engine.ingestion.index_record())
        points = await engine.index.count(engine.settings.tenant)
        if points != passages:
            return warn(
                f"the index holds {points:,} of {passages:,} passages",
                "run `deskhand ingest`, or start the bot: both repair it",
            )
        differs = await engine.index.misshapen() if isinstance(engine.index, HasShape) else ()
        if differs:
            return warn(
                f"the index holds {points:,} passages; of its collection {', '.join(differs)}",
                "`deskhand ingest --rebuild` makes another as the settings say and switches to it",
            )
        return ok(f"{points:,} passages, made by the embedder in use ({engine.embedder.name})")

    async def _trained(self) -> Finding:
        """What a replica on this machine answers with; alike where the fingerprint is."""
        engine = await self._ready_engine()
        tenant = engine.settings.tenant
        judge = await engine.triage.of(tenant)
        answerability = await engine.answerability.model(tenant)
        fingerprint = await engine.pipeline.fingerprint_of(tenant)
        return ok(
            f"sorted by {judge.version}, confidence by {answerability.name}; fingerprint "
            f"{fingerprint[:12]}, the same on every replica that answers alike"
        )

    async def _model(self) -> Finding:
        settings = self._settings
        if settings.openai.api_key is None and settings.openai.base_url is None:
            return ok("none is set: answers quote the documents, and nothing is paid for")
        from engine.adapters.openai_check import listed_models

        listed = await listed_models(settings.openai)
        wanted = [settings.openai.model]
        for named in (settings.embedder, settings.verifier):
            wanted += [named.split(":")[1]] if ":" in named else []
        cost = "asking for the list costs nothing; answers are paid for"
        if listed is None:
            return warn(f"the model server keeps no list of models, so {wanted[0]} is not proved")
        missing = [model for model in wanted if model not in listed]
        if missing:
            return warn(
                f"the model server does not list {', '.join(missing)}",
                "check OPENAI_MODEL, DESKHAND_EMBEDDER and DESKHAND_VERIFIER",
            )
        return ok(f"the model server offers {', '.join(wanted)} ({cost})")

    async def _ready_engine(self) -> Engine:
        """Raises: NotChecked where the database does not do."""
        try:
            await self._migrated.get()
        except DeskhandError:
            raise NotChecked("the database comes first") from None
        return await self._engine.get()

    async def _open_engine(self) -> Engine:
        return await self._stack.enter_async_context(open_engine(self._settings))

    async def _open_database(self) -> Database:
        """Raises: DeskhandError where it cannot be used as it is."""
        return await existing_database(self._settings, self._stack)


async def existing_database(settings: Settings, stack: AsyncExitStack) -> Database:
    """The database as it is, closed with the stack; nothing in it is changed.

    Raises: DeskhandError where it cannot be used as it is.
    """
    secret = settings.database.url
    url = database_url(secret.get_secret_value() if secret else None, settings.home)
    file = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    if file is not None and not await asyncio.to_thread(file.exists):
        raise DeskhandError(
            "there is no database yet; run `deskhand ingest FOLDER`, or `deskhand migrate`"
        )
    database = connect_database(settings, stack)
    revision = await current_revision(database)
    if revision is None:
        raise DeskhandError("the database has no tables yet; run `deskhand migrate`")
    if revision > HEAD:
        raise DeskhandError(
            f"the database was made by a newer Deskhand ({revision}); upgrade this program, or "
            "point DATABASE_URL elsewhere"
        )
    if revision != HEAD:
        raise DeskhandError(
            f"the database's tables are of {revision}, not {HEAD}; run `deskhand migrate`"
        )
    return database
