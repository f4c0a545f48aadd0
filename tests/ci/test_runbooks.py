"""The run-books and the page on deploying: what they name is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.cli.main import build_parser
from engine.adapters.telemetry.meters import Meters
from engine.settings import setting_names
from engine.settings_sources import CONVENTIONAL_NAMES
from engine.telemetry.catalogue import METRICS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("runbooks.md", "deploying.md")
ANCHORS = (
    "high-latency memory-growth cost-spike index-rebuild slack-outage model-outage "
    "database-failover no-bot no-leader errors doubtful-answers"
).split()


def text_of(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """Every `deskhand ...` of a page, in its blocks and in its sentences, without line breaks."""
    text = text_of(page)
    blocks = "\n".join(re.findall(r"^\$ (.+)$", text, re.M))
    quoted = "\n".join(
        " ".join(found.split()) for found in re.findall(r"(?<!`)`([^`]+)`(?!`)", text)
    )
    found = []
    for line in f"{blocks}\n{quoted}".splitlines():
        ours = re.match(r"(?:.* (?:--|web|worker) )?deskhand (.+)$", line.split("#")[0].strip())
        if ours and "..." not in ours[1]:
            found.append(ours[1].strip())
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_command_exists(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = commands(page)
    assert len(found) > 5
    parser = build_parser()
    for command in found:
        try:
            parser.parse_args(shlex.split(command))
        except SystemExit:
            pytest.fail(f"deskhand {command}: {capsys.readouterr().err}")


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_and_file_exists(page: str) -> None:
    known = setting_names().keys() | CONVENTIONAL_NAMES.keys() | {"DESKHAND_SECRETS_DIR"}
    named = set(re.findall(r"\b(?:DESKHAND|SLACK|OPENAI|DATABASE|QDRANT)_[A-Z_]+\b", text_of(page)))
    assert {name.removesuffix("_FILE") for name in named} <= known
    for path in re.findall(r"`(manifests/[^`*]+)`", text_of(page)):
        assert (ROOT / path.strip()).exists(), path


def test_each_fault_has_its_run_book_with_a_metric_and_a_command() -> None:
    parts = re.split(r"^## (.+)$", text_of("runbooks.md"), flags=re.M)
    sections = {
        title.lower().replace(" ", "-"): body
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert list(sections) == ANCHORS
    for title, body in sections.items():
        assert re.search(r"\*\*Shows as\*\* .*`(deskhand|process)_\w+`", body), title
        assert re.search(r"^\$ deskhand ", body, re.M), title


def test_every_metric_is_exported() -> None:
    meters = Meters("0")
    try:
        page = meters.page().decode()
    finally:
        meters.close()
    known = {metric.prometheus for metric in METRICS} | set(re.findall(r"^process_\w+", page, re.M))
    named = set(re.findall(r"`((?:deskhand|process)_\w+)`", text_of("runbooks.md")))
    assert len(named) > 8
    assert named <= known
