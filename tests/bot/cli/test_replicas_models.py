"""What one replica's machine trains, another machine that shares the database answers with."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import engine.triage.judge as judging
from engine.compose import open_engine
from engine.settings import load_settings
from tests.bot.cli.test_triage import write_examples

pytestmark = pytest.mark.slow  # every test starts the command


async def test_a_model_trained_by_one_process_is_in_use_in_another_and_both_say_so(
    deskhand: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "_LOOK_AGAIN_AFTER_S", 0.0)
    shared = f"sqlite:///{tmp_path}/shared.db"
    environment = {"DESKHAND_HOME": str(tmp_path / "other"), "DATABASE_URL": shared}
    async with open_engine(load_settings(environment, working_directory=tmp_path)) as replica:
        tenant = replica.settings.tenant
        before = await replica.triage.of(tenant)
        stamped = await replica.pipeline.fingerprint_of(tenant)
        deskhand.settings["DATABASE_URL"] = shared
        examples = write_examples(tmp_path / "examples.csv")
        trained = await asyncio.to_thread(deskhand.json, "triage", "train", examples)
        after = await replica.triage.of(tenant)
        assert (before.is_starter, after.version) == (True, trained["version"])
        fingerprint = await replica.pipeline.fingerprint_of(tenant)
        assert fingerprint != stamped
    told = await asyncio.to_thread(deskhand.run, "doctor", "--json")
    checks = {check["name"]: check["text"] for check in json.loads(told.stdout)["checks"]}
    assert f"sorted by {trained['version']}" in checks["trained"]
    assert fingerprint[:12] in checks["trained"]
