from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from evals.reports.files import prune_reports, write_report
from tests.evals.reports.hostile import TEXT, hostile_run
from tests.evals.reports.made_runs import compared, make_run


@pytest.mark.slow
async def test_a_report_is_json_markdown_a_page_and_pictures(tmp_path: Path) -> None:
    before, now = make_run(), make_run(seed=2, day=1)
    comparison = compared(before, now, "recall_at_5")
    files = await write_report(now, tmp_path / "a", comparison=comparison, history=[before])
    assert [path.name for path in files.pngs] == [
        "against-baseline.png",
        "figures.png",
        "slices.png",
        "trend.png",
        "calibration.png",
        "risk-coverage.png",
    ]
    assert len(files.alts) == 6
    held = json.loads(files.json.read_text(encoding="utf-8"))
    assert held["run"]["id"] == "run-01"
    assert len(held["run"]["results"]) == 60
    assert held["verdict"]["standing"] == "failed"
    assert held["comparison"]["flips"][0]["case_id"] == now.results[0].case_id
    assert held["history"] == ["run-00"]
    assert {each["dimension"] for each in held["slices"]} == {"kind", "category", "channel"}

    again = await write_report(now, tmp_path / "b", comparison=comparison, history=[before])
    for one, other in ((files.html, again.html), *zip(files.pngs, again.pngs, strict=True)):
        assert one.read_bytes() == other.read_bytes()
    assert not [path for path in (tmp_path / "a").iterdir() if path.name.startswith(".")]


@pytest.mark.slow
async def test_what_cannot_be_encoded_is_still_written(tmp_path: Path) -> None:
    now, comparison = hostile_run()
    files = await write_report(now, tmp_path, comparison=comparison)
    held = json.loads(files.json.read_text(encoding="utf-8"))
    assert held["run"]["results"][0]["question"] == TEXT
    assert "⟨U+D800⟩" in files.html.read_text(encoding="utf-8")
    assert "⟨U+D800⟩" in files.markdown.read_text(encoding="utf-8")


async def test_pictures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
    now = make_run()
    (tmp_path / "trend.png").write_bytes(b"old")
    (tmp_path / "mine.png").write_bytes(b"mine")
    files = await write_report(replace(now, results=(), figures=()), tmp_path)
    assert files.pngs == ()
    assert names(tmp_path) == [
        "mine.png",
        "report.html",
        "report.json",
        "report.md",
    ]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def report(root: Path, name: str, at: int) -> Path:
    folder = root / name
    folder.mkdir()
    for file in ("report.json", "report.html", "report.md", "trend.png", ".report.md.part"):
        (folder / file).write_text("x")
    os.utime(folder / "report.json", (at, at))
    return folder


async def test_only_the_newest_reports_stay(tmp_path: Path) -> None:
    old, middle, new = (report(tmp_path, f"r{at}", at) for at in (1, 2, 3))
    assert await prune_reports(tmp_path, 2) == 1
    assert not old.exists()
    assert middle.exists()
    assert new.exists()
    assert await prune_reports(tmp_path, 2) == 0
    assert await prune_reports(tmp_path / "none", 2) == 0


async def test_what_is_no_report_is_never_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    kept = report(outside, "kept", 1)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(kept)
    (root / "notes").mkdir()
    (root / "notes" / "a.txt").write_text("mine")
    mixed = report(root, "mixed", 1)
    (mixed / "a.txt").write_text("mine")
    assert await prune_reports(root, 0) == 1
    assert len(list(kept.iterdir())) == 5
    assert (root / "notes" / "a.txt").exists()
    assert [path.name for path in mixed.iterdir()] == ["a.txt"]


async def test_a_negative_number_to_keep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        await prune_reports(tmp_path, -1)
