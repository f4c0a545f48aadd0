"""What is locked, its licences, and an audit that says when it could not audit."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["supply"] = module
    spec.loader.exec_module(module)
    return module


supply = _loaded()


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    built: dict[str, Any] = supply.bill()
    return built


def test_every_part_that_ships_has_a_licence_that_we_keep_to(bill: dict[str, Any]) -> None:
    found = supply.parts(bill)
    assert [part for part in found if not supply.may_ship(part.licence)] == []
    assert len(found) > 100


@pytest.mark.parametrize(
    ("licence", "is_fine"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("Apache-2.0 AND GPL-3.0-only", False),
        ("GPL-3.0-only AND (Apache-2.0 OR MIT)", False),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("AGPL-3.0-or-later", False),
        ("", False),
    ],
)
def test_a_licence_that_we_do_not_keep_to_is_seen(licence: str, is_fine: bool) -> None:
    assert supply.may_ship(licence) is is_fine


def test_the_bill_names_what_is_locked_with_its_sums(bill: dict[str, Any]) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {(p["name"], p["version"]) for p in lock["package"]}
    shipped = {(name, version) for name, version, _, _ in supply.SHIPPED}
    components = {(c["name"], c["version"]): c for c in bill["components"]}
    assert components.keys() - shipped <= locked
    assert shipped <= components.keys()
    assert {"aiohttp", "openai", "slack-bolt"} <= {name for name, _ in components}
    assert "pytest" not in {name for name, _ in components}
    for key in components.keys() - shipped:
        files = components[key]["externalReferences"]
        assert files
        assert all(f["hashes"][0]["alg"] == "SHA-256" for f in files)


def test_what_lies_in_the_tree_is_named_with_the_version_that_lies_there() -> None:
    vendored = (ROOT / "bot/page/static/vendor/README.md").read_text(encoding="utf-8")
    for name, version, licence, place in supply.SHIPPED:
        assert (ROOT / place).is_dir()
        if place.endswith("vendor"):
            assert f"{name} {version}" in vendored
            assert licence in vendored


def audited(monkeypatch: pytest.MonkeyPatch, **services: dict[str, Any] | None) -> int:
    def asked(wanted: Path, service: str) -> Any:
        assert "aiohttp==" in wanted.read_text(encoding="utf-8")
        said = services[service]
        return None if said is None else supply.read_report(said)

    monkeypatch.setattr(supply, "asked", asked)
    return int(supply.audit())


CLEAN = {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}
SKIPPED = {"dependencies": [{"name": "a", "skip_reason": "not found"}]}
BROKEN = json.loads(
    '{"dependencies": [{"name": "a", "version": "1", "vulns":'
    ' [{"id": "CVE-2026-1", "fix_versions": ["2"], "aliases": [], "description": "."}]}]}'
)


def test_an_audit_that_knows_nothing_is_not_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(monkeypatch, pypi=None, osv=None) == 1
    assert "no service of vulnerabilities answers" in capsys.readouterr().err
    assert audited(monkeypatch, pypi=SKIPPED, osv=None) == 1
    assert "the service does not know 1 packages, a first" in capsys.readouterr().err


def test_an_audit_asks_the_next_service_and_says_what_it_finds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(monkeypatch, pypi=CLEAN, osv=None) == 0
    assert audited(monkeypatch, pypi=SKIPPED, osv=CLEAN) == 0
    assert audited(monkeypatch, pypi=None, osv=BROKEN) == 1
    assert "a 1: CVE-2026-1, mended in 2" in capsys.readouterr().out
