"""What the wheel carries: the demo runs from it, without the repository beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
LIMIT_S = 240


def test_the_demo_runs_from_the_wheel_alone(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    # As the Makefile calls it: company networks add certificates of their own.
    certificates = ["--system-certs"] if CERTIFICATES.exists() else []
    build = [str(uv), *certificates, "build", "--quiet", "--wheel", "--out-dir", str(tmp_path)]
    subprocess.run([*build, str(ROOT)], check=True, timeout=LIMIT_S)
    venv.create(tmp_path / "env", symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "env")}))
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(packages)
    # What the wheel depends on; an editable install listed in there is not followed.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (tmp_path / "docs").mkdir()
    text = "# Parental leave\n\nParental leave is 16 weeks for every parent.\n"
    (tmp_path / "docs" / "leave.md").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [python, "-c", "from bot.cli.main import entry; entry()", "demo", "--kb", "docs", "--json"],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "DESKHAND_HOME": str(tmp_path / "home"),
            "DESKHAND_EMBEDDING_CACHE": os.environ["DESKHAND_EMBEDDING_CACHE"],
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)["answers"]
    assert any(answer["outcome"] == "answered" and answer["citations"] for answer in answers)
    assert any((packages / "evals" / "sample" / "knowledge").rglob("*.md"))
