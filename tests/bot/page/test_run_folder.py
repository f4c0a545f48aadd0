from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from bot.page.run_folder import run_folder


def folders_in(folder: Path) -> set[Path]:
    return set(folder.iterdir())


async def test_a_folder_goes_with_its_demo_and_those_of_killed_ones_go_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "deskhand-demo-left"
    young = tmp_path / "deskhand-demo-young"
    other = tmp_path / "other"
    for folder in (left, young, other):
        folder.mkdir()
        (folder / ".running").touch()
    for folder in (left, other):
        os.utime(folder, (1_000_000_000, 1_000_000_000))
    async with run_folder() as running:
        os.utime(running, (1_000_000_000, 1_000_000_000))
        async with run_folder() as second:
            assert running.stat().st_mode & 0o777 == 0o700
            assert folders_in(tmp_path) == {running, second, young, other}
    assert folders_in(tmp_path) == {young, other}
