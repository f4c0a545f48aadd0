"""What several tests share: settings, databases, data sets, and a child without root's rights."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from engine import chosen
from engine.adapters.embedding_cache import CachedEmbedder
from engine.adapters.minilm.embedder import MiniLmEmbedder
from engine.retrieval.embedder import Embedder
from engine.settings import Settings, load_settings
from engine.storage.database import Database, database_url
from engine.storage.migrate import migrate
from evals.postgres import PostgresAbsent, PostgresCluster, postgres_cluster

ROOT = Path(__file__).parents[1]
NOBODY = 65534
MEMORY_DISK = Path("/dev/shm")
MEMORY_NEEDED = 4 << 30
VECTORS = ROOT / ".cache" / "tests" / "vectors.sqlite"
"""Where the whole suite keeps vectors: the same sample is ingested by hundreds of tests."""


def pytest_configure() -> None:
    """Temporary files go to memory where there is room for them; TMPDIR says otherwise.

    Databases and indexes wait for the disk at each commit: no test looks at that wait, and it is
    most of the time of the tests of an index.
    """
    os.environ.setdefault("DESKHAND_EMBEDDING_CACHE", str(VECTORS))  # for processes
    if "TMPDIR" not in os.environ and _holds_temporary_files(MEMORY_DISK):
        os.environ["TMPDIR"] = str(MEMORY_DISK)
        tempfile.tempdir = None  # asked for before: found anew
    gc.disable()


def pytest_collection_finish() -> None:
    """Leaves what collecting made out of each later search for garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _holds_temporary_files(folder: Path) -> bool:
    try:
        told = os.statvfs(folder)
    except OSError:
        return False
    may_run = not told.f_flag & os.ST_NOEXEC
    return may_run and os.access(folder, os.W_OK) and told.f_bavail * told.f_frsize > MEMORY_NEEDED


@pytest.fixture(scope="session", autouse=True)
def _vectors() -> Iterator[None]:
    """The shipped embedder is asked once for each text, also where settings name no cache."""
    opened = chosen.embedder

    def cached(settings: Settings, *others: Any) -> Embedder:
        if settings.embedder == "local" and settings.embedding_cache is None:
            settings = settings.model_copy(update={"embedding_cache": VECTORS})
        return opened(settings, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chosen, "embedder", cached)
        yield


@pytest.fixture(scope="session")
def model() -> Iterator[Embedder]:
    """The shipped embedder, opened once."""
    made = CachedEmbedder(MiniLmEmbedder(threads=2), VECTORS, tenant="default", max_bytes=1 << 30)
    yield made
    asyncio.run(made.aclose())


@pytest.fixture(scope="session")
def datasets() -> Path:
    """The folder of shared data sets beside the checkout; the test is skipped where it is not."""
    found = ROOT.parent / "shared" / "datasets"
    if not found.is_dir():
        pytest.skip("no shared/datasets beside the checkout")
    return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty environment, with a home of their own."""
    return load_settings({"DESKHAND_HOME": str(tmp_path / "home")}, working_directory=tmp_path)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds nothing but a SQLite file with every table, made once and then copied."""
    home = tmp_path_factory.mktemp("migrated")

    async def make() -> None:
        opened = Database(database_url(None, home))
        await migrate(opened)
        await opened.aclose()

    asyncio.run(make())
    return home


@pytest.fixture
def home_with_tables(migrated: Path, settings: Settings) -> Settings:
    """`settings` whose home has its tables: what a first start does is the proof of others."""
    shutil.copytree(migrated, settings.home)
    return settings


@pytest.fixture
async def database(migrated: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A SQLite file with every table."""
    shutil.copytree(migrated, tmp_path, dirs_exist_ok=True)
    opened = Database(database_url(None, tmp_path))
    yield opened
    await opened.aclose()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, as pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="deskhand-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def run_as_nobody() -> Callable[[str, str], str]:
    """Runs Python code with one argument as a user without rights; gives its output.

    Root reads and writes everything, so what a lack of rights does must be seen from a child.
    """
    prefix: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root without setpriv cannot give up its rights")
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def run(code: str, argument: str) -> str:
        done = subprocess.run(
            [*prefix, sys.executable, "-W", "error", "-c", code, argument],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A running server; the test is skipped where Debian's PostgreSQL is not installed."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(postgres_cluster(durable=False))
        except PostgresAbsent as absent:
            pytest.skip(str(absent))
        yield cluster


@pytest.fixture
def deadline() -> Iterator[None]:
    """Ends a test that takes ten seconds of processor time, as one that goes quadratic would."""

    def stop(*_: object) -> None:
        raise TimeoutError("more than 10 s of processor time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 10)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


# The gate tries the same made-up inputs each time, so that it fails for a change and not by
# chance; `HYPOTHESIS_PROFILE=explore` tries new ones.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))
