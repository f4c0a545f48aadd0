"""Runs whose results are mirrored, or cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import load_settings
from evals.running.request import RunRequest
from evals.running.service import Finished, evaluate
from tests.evals.running.worlds import make_world
from tests.mirror_services import SERVICES, running
from tests.mirror_trouble import Trouble

pytestmark = pytest.mark.slow


async def run(folder: Path, environment: dict[str, str]) -> Finished:
    home = {"DESKHAND_HOME": str(folder / "home"), "DESKHAND_MIRROR__TIMEOUT_S": "0.5"}
    settings = load_settings({**home, **environment}, working_directory=folder)
    world = folder / "world"
    if not world.exists():
        make_world(world)
    request = RunRequest(target=str(world), suites=("retrieval", "answers"))
    return await evaluate(request, settings, lambda _: None)


@pytest.mark.parametrize("name", SERVICES)
async def test_the_report_links_to_the_run_in_the_service(tmp_path: Path, name: str) -> None:
    with running(name) as service:
        for number in (1, 2):
            done = await run(tmp_path, service.environment)
            assert done.passed
            assert set(done.record.links) == {name}
            assert not [note for note in done.record.notes if "mirrored" in note]
            assert len(service.roots()) == 12 * number
            assert len(service.items("deskhand-world")) == 12
            assert done.record.links[name] in done.report.html.read_text(encoding="utf-8").replace(
                "&amp;", "&"
            )
        names = {score for _, score in service.scores()}
        assert {"recall_at_5", "faithfulness"} & names


@pytest.mark.parametrize("trouble", [Trouble.HANG, Trouble.UNAUTHORISED])
async def test_a_run_is_whole_while_both_services_fail(tmp_path: Path, trouble: Trouble) -> None:
    with running("LangSmith") as smith, running("Langfuse") as fuse:
        smith.troubles.trouble = fuse.troubles.trouble = trouble
        done = await run(tmp_path, {**smith.environment, **fuse.environment})
        assert done.passed
        assert len(done.record.results) == 12
        assert done.record.links == {}
        for name in SERVICES:
            assert len([note for note in done.record.notes if name in note]) == 1
