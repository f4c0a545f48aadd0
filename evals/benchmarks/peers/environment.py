"""The virtual environment of the peers, made on first use and kept.

It lies apart from the project's own, so that none of the peers' dependencies reaches it. Every
package is pinned with its hash in `requirements.txt`, made from `requirements.in` beside it by

    uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        requirements.in -o requirements.txt
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sys
from pathlib import Path

from evals.corpora import ROOT
from evals.terminal import say

DEFAULT_ENVIRONMENT = ROOT / ".cache" / "bench-peers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_INSTALL_LIMIT_S = 900.0
_SHOWN_CHARS = 300


class PeersUnavailable(Exception):
    """The peers cannot be measured here; the message is one sentence that says why."""


async def peers_python(folder: Path, requirements: Path = REQUIREMENTS) -> Path:
    """The interpreter of an environment with exactly these requirements, made where it is missing.

    Idempotent; an install that was interrupted or is of other requirements is made anew.

    Raises: PeersUnavailable.
    """
    folder = await asyncio.to_thread(folder.absolute)
    python, done = folder / "bin" / "python", folder / "installed"
    wanted = await asyncio.to_thread(_stamp, requirements)
    if await asyncio.to_thread(_holds, done, wanted) and await asyncio.to_thread(python.exists):
        return python
    uv = _uv()
    say(f"  installing the peers into {folder} (about 260 MB, once)")
    try:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
        await _run(
            *(uv, "pip", "install", "--python", str(python), "--require-hashes"),
            *("--only-binary", ":all:", "--requirement", str(requirements)),
        )
        await asyncio.to_thread(done.write_text, wanted, encoding="utf-8")
    except OSError as error:
        raise PeersUnavailable(
            f"the peers cannot be installed into {folder}: {error.strerror}."
        ) from error
    return python


def _stamp(requirements: Path) -> str:
    """Changes with what has to be installed, and with the interpreter it is installed for."""
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{sys.version_info.major}.{sys.version_info.minor} {digest}\n"


def _holds(done: Path, wanted: str) -> bool:
    try:
        return done.read_text(encoding="utf-8") == wanted
    except OSError:
        return False


def _uv() -> str:
    """The project's own uv, which `make setup` installs, or any other.

    Raises: PeersUnavailable.
    """
    found = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if found is None:
        raise PeersUnavailable("uv, which installs the peers, is missing; run `make setup`.")
    return found


async def _run(uv: str, *arguments: str) -> None:
    """Raises PeersUnavailable with the last line of what uv said when it fails."""
    trusted = await asyncio.to_thread(_SYSTEM_CERTIFICATES.exists)
    certificates = ("--system-certs",) if trusted else ()
    process = await asyncio.create_subprocess_exec(
        *(uv, *certificates, "--no-progress", *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_INSTALL_LIMIT_S):
            said, _ = await process.communicate()
    except TimeoutError:
        raise PeersUnavailable(
            f"installing the peers took more than {_INSTALL_LIMIT_S:.0f} s; check the network."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise PeersUnavailable(
            "the peers could not be installed (uv said: "
            f"{_in_short(said.decode(errors='replace'))}); check the network and the package index."
        )


def _in_short(said: str) -> str:
    """What uv said in one line, short enough to read."""
    return " ".join(said.split())[:_SHOWN_CHARS] or "nothing"
