"""Every manifest sets only what the program reads, to values that it takes, in pinned images."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from engine.settings import load_settings, setting_names
from engine.settings_sources import CONVENTIONAL_NAMES
from tests.ci.platforms.reading import (
    MANIFESTS,
    OVERLAYS,
    cloud_run,
    containers_within,
    ecs_containers,
    of_kind,
    rendered,
)

_OF_PYTHON = {"TMPDIR", "MPLCONFIGDIR"}
_NOT_OURS = ("postgres", "qdrant", "unstructured", "tls")


def compose_environments(path: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """What each bot of a compose file is given: settings, and the names of its secret files."""
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    for name, service in services.items():
        if name in _NOT_OURS:
            continue
        given = {key: str(value) for key, value in service["environment"].items()}
        for file in service.get("env_file", []):
            said = dotenv_values(path.parent / f"{file}.example")
            given |= {key: value for key, value in said.items() if value is not None}
        yield given, [s if isinstance(s, str) else s["target"] for s in service["secrets"]]


def given_by(platform: str) -> list[tuple[dict[str, str], list[str]]]:
    if platform == "compose":
        return list(compose_environments(MANIFESTS / "compose" / "compose.yml"))
    if platform == "swarm":
        return list(compose_environments(MANIFESTS / "swarm" / "stack.yml"))
    if platform == "cloudrun":
        containers = [c for resource in cloud_run().values() for c in containers_within(resource)]
        return [({e["name"]: e["value"] for e in c["env"]}, []) for c in containers]
    if platform == "ecs":
        return [
            (
                {e["Name"]: e["Value"] for e in container["Environment"]},
                [secret["Name"] for secret in container["Secrets"]],
            )
            for container in ecs_containers().values()
        ]
    documents = rendered(platform)
    [settings] = [
        d["data"]
        for d in of_kind(documents, "ConfigMap")
        if d["metadata"]["name"].startswith("deskhand-settings")
    ]
    [secrets] = [
        d["spec"]["data"]
        for d in of_kind(documents, "ExternalSecret")
        if d["metadata"]["name"] == "deskhand"
    ]
    return [(settings, [one["secretKey"] for one in secrets])]


@pytest.mark.parametrize("platform", ["compose", "swarm", "cloudrun", "ecs", *OVERLAYS])
def test_what_a_manifest_sets_is_read_and_taken(platform: str, tmp_path: Path) -> None:
    known = setting_names().keys() | CONVENTIONAL_NAMES.keys()
    for given, secrets in given_by(platform):
        for name in [*given, *secrets]:
            if name not in _OF_PYTHON | {"DESKHAND_SECRETS_DIR"}:
                assert name.removesuffix("_FILE") in known, name
        environ = {
            name: value
            for name, value in given.items()
            if not value.startswith("Ref ")  # one of a stack's own parameters
            and name != "DESKHAND_SECRETS_DIR"
        }
        for name in [n for n in environ if n.endswith("_FILE")]:
            file = tmp_path / name
            file.write_text("xoxb-0", encoding="utf-8")
            environ[name] = str(file)
        environ |= dict.fromkeys(secrets, "a secret")
        settings = load_settings(environ, working_directory=tmp_path)
        assert settings.slack.transport == "http"
        assert settings.slack.bot_token is not None
        assert settings.slack.signing_secret is not None
        assert settings.database.url is not None


def images(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("image", "Image") and isinstance(inner, str):
                yield inner
            else:
                yield from images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from images(inner)


def all_images() -> list[str]:
    found = [image for overlay in OVERLAYS for image in images(list(rendered(overlay)))]
    found += [image for resource in cloud_run().values() for image in images(resource)]
    for path in (MANIFESTS / "compose" / "compose.yml", MANIFESTS / "swarm" / "stack.yml"):
        found += images(yaml.safe_load(path.read_text(encoding="utf-8")))
    dockerfile = (MANIFESTS / "Dockerfile").read_text(encoding="utf-8")
    return found + re.findall(r"^FROM (\S+)", dockerfile, re.M)


def test_every_image_is_pinned_to_a_release() -> None:
    found = all_images()
    assert len(found) > 15
    loose = [i for i in found if not re.search(r":v?\d+\.\d+(\.\d+)?(-[\w-]+)?$", i)]
    assert loose == []
