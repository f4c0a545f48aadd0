"""Puts uv into the virtual environment at .venv, with nothing but the standard library to start.

Debian's python3 comes without ensurepip unless python3-venv is installed, so the environment is
made without pip, and pip's own wheel, fetched from the package index and checked against the
index's sha256, is run once from its zip file to install uv.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_REQUIREMENT = "uv>=0.8,<1"


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"Deskhand needs Python 3.11 or later; this is {sys.version.split()[0]}")
    if not PYTHON.exists():
        print("making .venv", file=sys.stderr)
        venv.create(VENV, with_pip=False, symlinks=True)
    with tempfile.TemporaryDirectory() as folder:
        pip = [str(PYTHON), "-m", "pip"]
        if subprocess.run([*pip, "--version"], capture_output=True).returncode != 0:
            pip = [str(PYTHON), str(fetch_pip(Path(folder)) / "pip")]
        command = [*pip, "install", "--quiet", "--disable-pip-version-check", UV_REQUIREMENT]
        if subprocess.run(command).returncode != 0:
            sys.exit("uv could not be installed; check the network and the package index")


def fetch_pip(folder: Path) -> Path:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    request = urllib.request.Request(
        f"{index}/pip/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            files = json.load(answer)["files"]
        wheel = max((f for f in files if release(f)), key=release)
        with urllib.request.urlopen(wheel["url"], timeout=120) as answer:
            body = answer.read()
    except (OSError, ValueError, KeyError, IndexError) as error:
        sys.exit(
            f"pip could not be fetched from {index} ({type(error).__name__}); check the network"
        )
    if hashlib.sha256(body).hexdigest() != wheel["hashes"]["sha256"]:
        sys.exit("the fetched pip does not match its checksum; try again")
    path = folder / wheel["filename"]
    path.write_bytes(body)
    return path


def release(file: dict) -> tuple[int, ...]:
    """The version of a final release's wheel for Python 3; empty for any other file."""
    match = re.fullmatch(r"pip-([0-9.]+)-py3-none-any\.whl", file["filename"])
    return tuple(map(int, match[1].split("."))) if match and not file.get("yanked") else ()


if __name__ == "__main__":
    main()
