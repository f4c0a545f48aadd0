"""A bot learns anew what its documents answer, once, when they have changed and are quiet."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.refitting as module
import engine.answerability.own_model as own_module
import engine.retrieval.retriever as retriever_module
from bot.refitting import Refitting
from engine.answerability.own_model import NAME
from engine.audience import FULL_MEMBER
from engine.compose import Engine, Overrides, open_engine
from engine.errors import IndexUnavailable, StorageUnavailable
from engine.question import Budget, Question
from engine.retrieval.embedder import Embedder
from engine.settings import Settings
from engine.trace import Outcome
from tests.bot.app.conftest import Stage, write_documents
from tests.bot.app.conftest import _published_pages as _published_pages
from tests.bot.app.conftest import knowledge as knowledge
from tests.bot.app.conftest import stage as stage
from tests.bot.conftest import DOCUMENTS, Deskhand

pytestmark = pytest.mark.slow  # every test ingests with the real embedder

SAMPLE = Path(__file__).parents[2] / "evals" / "sample" / "knowledge"
QUIET = timedelta(seconds=60)
EVERY = timedelta(minutes=10)
PUBLIC = {"office.md": "# Office\n\nThe office in Oslo opens at eight and closes at six.\n"}
MORE = {"canteen.md": "# Canteen\n\nThe canteen serves lunch from noon until two.\n"}


@dataclass
class Hands:
    """A clock that a test moves."""

    at: datetime = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Desk:
    """An engine, and what looks after its fits; `fits` counts those that were made."""

    engine: Engine
    hands: Hands
    caplog: pytest.LogCaptureFixture
    refitting: Refitting = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """As a new process, which remembers nothing."""
        self.refitting = Refitting(
            tenant=self.engine.settings.tenant,
            own=self.engine.answerability,
            documents=self.engine.documents,
            fits=self.engine.fits,
            clock=self.hands,
            every_s=EVERY.total_seconds(),
        )

    @property
    def fits(self) -> int:
        return len([r for r in self.caplog.records if "what they answer:" in r.getMessage()])

    @property
    def warnings(self) -> list[str]:
        return [r.getMessage() for r in self.caplog.records if r.levelno >= logging.WARNING]

    async def learn(self, folder: Path, documents: dict[str, str], *audience: str) -> None:
        write_documents(folder, documents)
        await self.engine.ingestion.run(str(folder), audience, lambda _: None)

    async def look_after(self, *waits: timedelta) -> int:
        """Fits made until all looks are done, each after one of these waits."""
        for wait in waits:
            self.hands.move(wait)
            await self.refitting.look()
        return self.fits


Open = Callable[[], AbstractAsyncContextManager[Desk]]
NONE = timedelta(0)


@pytest.fixture(autouse=True)
def _unresting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit rests three times as long as it works, which nobody here waits for."""
    monkeypatch.setattr(module, "_REST", 0.0)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def opened(
    settings: Settings, model: Embedder, hands: Hands, caplog: pytest.LogCaptureFixture
) -> Open:
    """Opens one more engine on the same home."""
    caplog.set_level(logging.INFO, logger="bot.refitting")

    @asynccontextmanager
    async def another() -> AsyncIterator[Desk]:
        async with open_engine(settings, Overrides(embedder=model, clock=hands)) as engine:
            await engine.make_ready()
            yield Desk(engine, hands, caplog)

    return another


@pytest.fixture
async def desk(opened: Open, tmp_path: Path) -> AsyncIterator[Desk]:
    """On documents that are fitted and quiet."""
    async with opened() as made:
        await made.learn(tmp_path / "docs", PUBLIC)
        await made.engine.answerability.refit(made.engine.settings.tenant, FULL_MEMBER)
        await made.look_after(NONE, EVERY)
        assert made.fits == 0
        yield made


async def test_a_change_is_fitted_once_after_it_was_quiet(desk: Desk, tmp_path: Path) -> None:
    await desk.learn(tmp_path / "docs", MORE)
    assert await desk.look_after(NONE) == 0
    assert await desk.look_after(QUIET - timedelta(seconds=1)) == 0
    assert await desk.look_after(timedelta(seconds=1)) == 1
    assert await desk.look_after(QUIET, EVERY, EVERY) == 1


async def test_each_further_change_begins_the_quiet_anew(desk: Desk, tmp_path: Path) -> None:
    for number in range(3):
        await desk.learn(tmp_path / "docs", {f"{number}.md": f"# Room {number}\n\nIt is red.\n"})
        assert await desk.look_after(QUIET / 2) == 0
    assert await desk.look_after(QUIET) == 1


async def test_what_never_comes_to_rest_is_fitted_all_the_same(desk: Desk, tmp_path: Path) -> None:
    made = []
    for number in range(12):
        await desk.learn(tmp_path / "docs", {"room.md": f"# Room\n\nIt has {number} chairs.\n"})
        made.append(await desk.look_after(timedelta(seconds=59)))
    assert made == [0] * 11 + [1]


async def test_two_fits_are_so_long_apart_as_the_settings_say(desk: Desk, tmp_path: Path) -> None:
    await desk.learn(tmp_path / "docs", MORE)
    assert await desk.look_after(NONE, QUIET) == 1
    await desk.learn(tmp_path / "docs", {"room.md": "# Room\n\nThe room is red.\n"})
    assert await desk.look_after(NONE, QUIET) == 1
    assert await desk.look_after(EVERY - QUIET - timedelta(seconds=1)) == 1
    assert await desk.look_after(timedelta(seconds=1)) == 2


async def test_files_of_a_question_and_of_a_channel_are_no_change(
    desk: Desk, tmp_path: Path
) -> None:
    before = await desk.engine.documents.revision("default")
    await desk.learn(tmp_path / "asked", MORE, "user:U0ANN")
    await desk.learn(tmp_path / "shared", {"plan.md": "# Plan\n\nIt is secret.\n"}, "channel:C0HR")
    assert await desk.engine.documents.revision("default") > before
    assert await desk.look_after(NONE, QUIET, EVERY) == 0
    for source in await desk.engine.sources.all("default"):
        if not source.uri.endswith("docs"):
            await desk.engine.ingestion.forget(source.id)
    assert await desk.look_after(NONE, QUIET, EVERY) == 0


async def test_a_fit_at_the_end_of_an_ingestion_leaves_the_bot_nothing_to_do(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.learn(tmp_path / "docs", MORE)
    assert await desk.look_after(NONE) == 0
    await desk.engine.answerability.refit("default", FULL_MEMBER)
    assert await desk.look_after(QUIET, EVERY) == 0


async def test_a_restart_fits_nothing_that_was_fitted_before_it(desk: Desk, tmp_path: Path) -> None:
    await desk.learn(tmp_path / "docs", MORE)
    assert await desk.look_after(NONE, QUIET) == 1
    desk.restart()
    assert await desk.look_after(NONE, QUIET, EVERY) == 1


async def test_no_documents_are_never_fitted_and_too_few_once(opened: Open, tmp_path: Path) -> None:
    async with opened() as made:
        assert await made.look_after(NONE, QUIET, EVERY) == 0
        await made.learn(tmp_path / "docs", PUBLIC)
        assert await made.look_after(NONE, QUIET, EVERY, EVERY) == 1
        assert "too few passages" in made.caplog.text
        made.restart()
        assert await made.look_after(NONE, QUIET, EVERY) == 1


async def test_of_two_bots_one_fits(opened: Open, desk: Desk, tmp_path: Path) -> None:
    async with opened() as other:
        await desk.learn(tmp_path / "docs", MORE)
        await asyncio.gather(desk.look_after(NONE), other.look_after(NONE))
        desk.hands.move(QUIET)
        await asyncio.gather(desk.refitting.look(), other.refitting.look())
        assert desk.fits == 1
        desk.hands.move(EVERY)
        await asyncio.gather(desk.refitting.look(), other.refitting.look())
        assert desk.fits == 1


async def test_what_another_process_ingests_is_fitted(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    write_documents(tmp_path / "theirs", DOCUMENTS)
    process = await asyncio.to_thread(
        Deskhand(tmp_path).run, "ingest", tmp_path / "theirs", "--no-fit"
    )
    assert process.returncode == 0, process.stderr
    assert await desk.look_after(NONE) == 0
    assert await desk.look_after(QUIET) == 1
    assert await desk.look_after(EVERY, EVERY) == 1


@pytest.mark.parametrize(
    "fault", [IndexUnavailable("the index is asleep"), ZeroDivisionError("secret")]
)
async def test_a_fit_that_fails_is_made_later_and_later(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(own_module, "held_out_examples", failing)
        await desk.learn(tmp_path / "docs", MORE)
        assert await desk.look_after(NONE, QUIET) == 0
        assert len(desk.warnings) == 1
        assert await desk.look_after(2 * EVERY - timedelta(seconds=1)) == 0
        assert len(desk.warnings) == 1
        assert await desk.look_after(timedelta(seconds=1)) == 0
        assert len(desk.warnings) == 2
        assert "secret" not in desk.caplog.text
    assert await desk.look_after(4 * EVERY - timedelta(seconds=1)) == 0
    assert await desk.look_after(timedelta(seconds=1)) == 1


async def test_a_bot_that_ends_amid_a_fit_leaves_it_to_the_next(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()

    async def endless(*_: object, **__: object) -> None:
        begun.set()
        await asyncio.Event().wait()

    await desk.learn(tmp_path / "docs", MORE)
    assert await desk.look_after(NONE) == 0
    desk.hands.move(QUIET)
    with monkeypatch.context() as slow:
        slow.setattr(own_module, "held_out_examples", endless)
        slow.setattr(module, "_LOOK_S", 0.0)
        desk.refitting.start()
        await begun.wait()
        await desk.refitting.aclose()
    desk.restart()
    assert await desk.look_after(NONE, QUIET) == 1
    assert not desk.warnings


async def test_looking_goes_on_when_the_database_was_away(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    back = asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        desk.hands.move(timedelta(seconds=seconds))
        if len(slept) > 9:
            monkeypatch.undo()
        if desk.fits:
            back.set()
        await asyncio.sleep(0)

    async def away(_: str) -> int:
        raise StorageUnavailable("the database is away")

    await desk.learn(tmp_path / "docs", MORE)
    monkeypatch.setattr(type(desk.engine.documents), "revision", lambda _, tenant: away(tenant))
    desk.refitting.sleep = sleep
    desk.refitting.start()
    await back.wait()
    await desk.refitting.aclose()
    assert slept[:8] == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0]
    assert slept[-1] == 10.0
    assert len(desk.warnings) == 9


async def test_answers_go_on_during_a_fit_whose_work_is_done_in_other_threads(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            threads.add(threading.current_thread().name)
            return work(*given, **more)

        return call

    monkeypatch.setattr(module, "_REST", 50.0)  # it is far from done when the answer is
    async with opened() as made:
        await made.engine.ingestion.run(str(SAMPLE / "hr"), (), lambda _: None)
        await made.look_after(NONE)
        made.hands.move(QUIET)
        with monkeypatch.context() as watched:
            watched.setattr(retriever_module, "rank", noted(retriever_module.rank))
            watched.setattr(own_module, "fit", noted(own_module.fit))
            fitting = asyncio.create_task(made.refitting.look())
            while not threads:  # noqa: ASYNC110 - filled by other threads
                await asyncio.sleep(0)
            trace = await made.engine.pipeline.run(
                Question(id="1", text="How many days of parental leave are there?"),
                tenant="default",
                audience=FULL_MEMBER,
                budget=Budget(max_cost_usd=0),
            )
            assert trace.outcome is not Outcome.FAILED
            assert not fitting.done()
            fitting.cancel()
            await asyncio.gather(fitting, return_exceptions=True)
            monkeypatch.setattr(module, "_REST", 0.0)
            assert await made.look_after(NONE) == 1
    assert threading.main_thread().name not in threads


async def test_a_running_bot_looks_after_it_and_a_dropped_file_changes_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(module, "_QUIET", timedelta(0))
    async with stage() as scene:
        engine = scene.bot.engine

        async def fitted() -> str:
            async with asyncio.timeout(30):
                while not (state := await engine.fits.state("default", NAME)):  # noqa: ASYNC110 - polls a row
                    await asyncio.sleep(0.01)
            return state

        before = await fitted()
        ann = scene.workspace.join("ann")
        await scene.answer(
            ann.upload(ann.dm, "notes.md", MORE["canteen.md"].encode(), text="When is lunch?")
        )
        assert await engine.fits.state("default", NAME) == before
        assert await engine.answerability.state("default", FULL_MEMBER) == before


async def test_a_bot_that_is_to_fit_nothing_does_not_look(desk: Desk, tmp_path: Path) -> None:
    await desk.learn(tmp_path / "docs", MORE)

    async def never(_: float) -> None:
        raise AssertionError("it looks")

    still = replace(desk.refitting, every_s=0.0, sleep=never)
    still.start()
    await asyncio.sleep(0)
    await still.aclose()
    assert desk.fits == 0
