"""The page's files: all there, readable by a browser as they are, and others' code as it came."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.page.door import CLOSED
from bot.page.server import STATIC

VENDOR = STATIC / "vendor"
OWN = sorted(p for p in STATIC.rglob("*.js") if VENDOR not in p.parents)
_ROW = re.compile(r"^\| `(\S+)` \|.*`(\S+\.LICENSE)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
_IMPORT = re.compile(r"""^(?:import|export) .*?from "([^"]+)";""", re.MULTILINE | re.DOTALL)


def test_others_code_is_as_it_came_with_its_licence() -> None:
    told = {
        name: (licence, sha) for name, licence, sha in _ROW.findall(_read(VENDOR / "README.md"))
    }
    held = {p.name for p in VENDOR.iterdir() if p.suffix not in (".LICENSE", ".md")}
    assert held == set(told)
    for name, (licence, sha) in told.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == sha, name
        assert (VENDOR / licence).stat().st_size > 500


@pytest.mark.parametrize("module", OWN, ids=lambda path: str(path.relative_to(STATIC)))
def test_a_module_is_short_and_what_it_imports_is_there(module: Path) -> None:
    source = _read(module)
    assert source.startswith("// ")
    assert len(source.splitlines()) <= 300
    for target in _IMPORT.findall(source):
        assert target.startswith("."), f"{target}: the page has no other places to import from"
        assert (module.parent / target).resolve().is_file(), target
    for unsafe in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert unsafe not in source


def test_every_module_is_used_and_every_style_is_linked() -> None:
    imported = {STATIC / "app.js"}
    for module in OWN:
        imported |= {(module.parent / t).resolve() for t in _IMPORT.findall(_read(module))}
    assert set(OWN) <= imported
    page = _read(STATIC / "index.html") + CLOSED
    linked = set(re.findall(r'href="/static/(css/\S+)"', page))
    assert linked == {f"css/{p.name}" for p in (STATIC / "css").iterdir()}
    assert "<style" not in page
    assert "style=" not in page


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node to read the modules")
def test_every_module_is_javascript() -> None:
    # Reads each one without running it: they need a browser.
    read = """
        const { SourceTextModule } = require("node:vm");
        const { readFileSync } = require("node:fs");
        for (const path of process.argv.slice(1)) {
            try { new SourceTextModule(readFileSync(path, "utf8"), { identifier: path }); }
            catch (error) { console.log(`${path}: ${error}`); }
        }
    """
    command = ["node", "--no-warnings", "--experimental-vm-modules", "-e", read, *OWN]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
