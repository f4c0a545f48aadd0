"""What the container's files promise, read from them; no Docker is needed."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _stages() -> list[list[str]]:
    text = (ROOT / "manifests" / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    orders = [line for line in lines if line.strip() and not line.startswith("#")]
    starts = [at for at, line in enumerate(orders) if line.startswith("FROM ")]
    return [orders[a:b] for a, b in zip(starts, [*starts[1:], len(orders)], strict=True)]


def test_the_container_runs_as_nobody_that_can_become_root() -> None:
    last = _stages()[-1]
    users = [line.removeprefix("USER ") for line in last if line.startswith("USER ")]
    assert users == ["65532:65532"]
    after = last[last.index("USER 65532:65532") :]
    assert not [line for line in after if line.startswith(("RUN", "COPY", "ADD"))]
    owned = [line for line in last if line.startswith("COPY") and "--chown" in line]
    assert not owned  # the program belongs to root, so that it cannot change itself


def test_nothing_of_the_build_but_the_environment_is_kept_and_hashes_are_locked() -> None:
    build, last = _stages()
    assert [line for line in last if line.startswith("COPY")] == [
        "COPY --from=build /app/.venv /app/.venv"
    ]
    syncs = [line for line in build if "uv sync" in line]
    assert len(syncs) == 2
    assert all("--frozen" in line and "--no-dev" in line for line in syncs)
    assert all("--extra sentry" in line for line in syncs)  # SENTRY_DSN alone switches it on
    orders = [*build, *last]
    assert not [line for line in orders if line.startswith(("ADD", "ARG")) or "curl" in line]
    assert not [line for line in orders if re.search(r"TOKEN|SECRET|KEY=", line)]


def test_no_secret_state_or_history_is_sent_to_the_build() -> None:
    rules = [
        line
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]

    def sent(path: str) -> bool:
        """Docker's rule: the last line that matches a path or a folder of it decides."""
        parts, kept = path.split("/"), True
        above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
        for rule in rules:
            pattern = rule.removeprefix("!")
            wild = pattern.removeprefix("**/")
            names = parts if pattern.startswith("**/") else above
            if any(fnmatch.fnmatchcase(name, wild) for name in names):
                kept = rule.startswith("!")
        return kept

    for path in (
        "bot/cli/main.py",
        "uv.lock",
        "manifests/slack-app-http.yaml",
        "engine/adapters/minilm/model.int8.onnx",
    ):
        assert sent(path)
        assert (ROOT / path).is_file()
    for path in (
        *(".env", ".env.production", ".git/config", ".deskhand/deskhand.db", ".venv/bin/python"),
        *("manifests/compose/secrets/DATABASE_URL", "manifests/compose/deskhand.env"),
        *("bot/.env", "engine/x/.deskhand/a", "evals/old.db", "tests/conftest.py", "secrets/key"),
    ):
        assert not sent(path), path
