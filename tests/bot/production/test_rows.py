"""Each row of the check-list, made to fail and to pass."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.diagnosis import Check, Finding, Level, diagnose
from bot.production.limits import LimitsCheck
from bot.production.secrets import SecretsCheck
from bot.production.service import ServiceCheck, memory_limit_bytes
from engine.clock import now
from engine.settings import load_settings, setting_names
from engine.settings_sources import read_sources
from engine.storage.archiving import Archiving


async def row(checks: list[Check], name: str) -> Finding:
    return dict(await diagnose([check for check in checks if check.name == name]))[name]


def secrets(folder: Path, environ: Mapping[str, str]) -> list[Check]:
    settings = load_settings(environ, working_directory=folder)
    return SecretsCheck(settings, read_sources(environ, folder, setting_names())).checks()


def service(
    environ: Mapping[str, str],
    archiving: Archiving | None = None,
    written_h_ago: float | None = None,
) -> list[Check]:
    async def archived() -> Archiving | None:
        return archiving

    async def written() -> object:
        return None if written_h_ago is None else now() - timedelta(hours=written_h_ago)

    return ServiceCheck(load_settings(environ), archived, written).checks()  # type: ignore[arg-type]


def limits(environ: Mapping[str, str], schedules: int = 0) -> list[Check]:
    async def planned() -> int:
        return schedules

    return LimitsCheck(load_settings(environ), planned).checks()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that every account may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="deskhand-secret-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def test_a_secrets_file_that_everybody_may_read_is_named(
    open_folder: Path, tmp_path: Path
) -> None:
    file = open_folder / "token"
    file.write_text("xoxb-1", encoding="utf-8")
    environ = {"SLACK_BOT_TOKEN_FILE": str(file)}
    file.chmod(0o644)
    found = await row(secrets(tmp_path, environ), "secret files")
    assert (found.level, "SLACK_BOT_TOKEN (" in found.text) == (Level.WARN, True)
    file.chmod(0o400)
    assert (await row(secrets(tmp_path, environ), "secret files")).level is Level.OK


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("postgresql://u:p@db.example.com/d", Level.FAIL),
        ("postgresql://u:p@db.example.com/d?sslmode=prefer", Level.FAIL),
        ("postgresql://u:p@db.example.com/d?sslmode=verify-full", Level.OK),
        ("postgresql://u:p@postgres/d", Level.WARN),
        ("postgresql://u:p@10.0.0.7/d", Level.WARN),
        ("postgresql://u:p@127.0.0.1/d", Level.OK),
    ],
)
async def test_the_database_is_spoken_to_under_tls(url: str, level: Level, tmp_path: Path) -> None:
    found = await row(secrets(tmp_path, {"DATABASE_URL": url}), "database tls")
    assert found.level is level
    assert "u:p" not in found.text + found.mend


@pytest.mark.parametrize(
    ("environ", "level", "words"),
    [
        ({}, Level.OK, "every address"),
        ({"QDRANT_URL": "http://qdrant:6333"}, Level.OK, "every address"),
        ({"QDRANT_URL": "http://8.8.8.8:6333"}, Level.FAIL, "DESKHAND_QDRANT__URL"),
        ({"DESKHAND_SLACK__PUBLIC_URL": "https://127.0.0.1:9"}, Level.FAIL, "a certificate that"),
    ],
)
async def test_what_leaves_the_network_leaves_it_under_tls(
    environ: Mapping[str, str], level: Level, words: str, tmp_path: Path
) -> None:
    found = await row(secrets(tmp_path, environ), "tls")
    assert (found.level, words in found.text) == (level, True), found


@pytest.mark.parametrize(
    ("said", "limit"),
    [("max\n", None), ("2147483648\n", 2**31), (str(2**63 - 4096), None), (None, None)],
)
def test_the_limit_of_memory_is_the_cgroups(
    said: str | None, limit: int | None, tmp_path: Path
) -> None:
    if said is not None:
        (tmp_path / "memory.max").write_text(said, encoding="ascii")
    assert memory_limit_bytes((tmp_path / "none", tmp_path / "memory.max")) == limit


GONE = Archiving(on=False, hours_ago=None, failing=False)


@pytest.mark.parametrize(
    ("archiving", "written", "level"),
    [
        (None, None, Level.FAIL),
        (None, 3.0, Level.OK),
        (None, 50.0, Level.FAIL),
        (GONE, None, Level.FAIL),
        (GONE, 3.0, Level.OK),
        (Archiving(on=True, hours_ago=0.1, failing=False), None, Level.OK),
        (Archiving(on=True, hours_ago=0.1, failing=True), None, Level.FAIL),
        (Archiving(on=True, hours_ago=90.0, failing=False), 50.0, Level.FAIL),
        (Archiving(on=True, hours_ago=None, failing=False), None, Level.FAIL),
    ],
)
async def test_a_backup_is_a_day_old_at_most(
    archiving: Archiving | None, written: float | None, level: Level
) -> None:
    assert (await row(service({}, archiving, written), "backups")).level is level


async def test_probes_and_metrics_are_asked_of_the_bot_that_runs_here() -> None:
    state = {"ready": 503}

    def page(status: Callable[[], int], text: str) -> Callable[[object], Awaitable[web.Response]]:
        async def answer(_: object) -> web.Response:
            return web.Response(status=status(), text=text, headers={"Server": "deskhand"})

        return answer

    app = web.Application()
    app.router.add_get("/healthz", page(lambda: 200, "ok"))
    app.router.add_get("/readyz", page(lambda: state["ready"], "not connected to Slack"))
    app.router.add_get("/metrics", page(lambda: 200, "# TYPE deskhand_ready gauge\n"))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = str(runner.addresses[0][1])
    try:
        environ = {"DESKHAND_SLACK__PORT": port}
        found = await row(service(environ), "probes")
        assert (found.level, found.text) == (
            Level.FAIL,
            "the bot is not ready: not connected to Slack",
        )
        state["ready"] = 200
        assert (await row(service(environ), "probes")).level is Level.OK
        assert (await row(service(environ), "metrics")).text == "/metrics shows 1 metrics"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("environ", "schedules", "name", "level"),
    [
        ({}, 0, "rate limits", Level.OK),
        ({"DESKHAND_LIMITS__PERSON": "300"}, 0, "rate limits", Level.FAIL),
        (
            {"DESKHAND_LIMITS__PERSON": "300", "DESKHAND_LIMITS__CHANNEL": "400"},
            0,
            "rate limits",
            Level.WARN,
        ),
        ({}, 0, "budget", Level.OK),
        ({"OPENAI_API_KEY": "k"}, 0, "budget", Level.OK),
        ({"OPENAI_API_KEY": "k", "OPENAI_MODEL": "of-nobody"}, 0, "budget", Level.FAIL),
        (
            {"OPENAI_API_KEY": "k", "DESKHAND_OPENAI__SMALL_MODEL": "of-nobody"},
            0,
            "budget",
            Level.FAIL,
        ),
        ({"OPENAI_API_KEY": "k", "DESKHAND_BUDGET__DAY_USD": "0.5"}, 0, "budget", Level.WARN),
        ({}, 0, "schedule", Level.FAIL),
        ({}, 1, "schedule", Level.WARN),
        ({"DESKHAND_EVALS__WATCH_HOUR": "5"}, 0, "schedule", Level.WARN),
        ({"DESKHAND_EVALS__WATCH_HOUR": "5"}, 2, "schedule", Level.OK),
    ],
)
async def test_what_is_let_through_and_what_the_clock_starts(
    environ: Mapping[str, str], schedules: int, name: str, level: Level
) -> None:
    found = await row(limits(environ, schedules), name)
    assert found.level is level, found
    assert bool(found.mend) == (level is not Level.OK)
