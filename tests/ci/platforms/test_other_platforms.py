"""Compose, Swarm, Cloud Run, ECS and the image, each checked by what knows its schema."""

from __future__ import annotations

import json
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.ci.platforms.reading import MANIFESTS, cloud_run, containers_within, said, tool

_RUN_DOCUMENT = "discovery_cache/documents/run.v1.json"


def compose(file: Path, project: Path) -> dict[str, Any]:
    """A compose file as Docker Compose understands it; project: a folder beside which it lies."""
    environ = {"PATH": os.environ["PATH"], "PUBLIC_HOST": "deskhand.example.com"}
    command = (tool("docker-compose"), "--project-directory", project, "--file", file)
    told = json.loads(said(*command, "config", "--format", "json", environ=environ))
    assert isinstance(told, dict)
    return told


@pytest.fixture
def composed(tmp_path: Path) -> dict[str, Any]:
    shutil.copy(MANIFESTS / "compose" / "deskhand.env.example", tmp_path / "deskhand.env")
    return compose(MANIFESTS / "compose" / "compose.yml", tmp_path)


def test_docker_compose_understands_its_file_and_every_bot_is_locked_up(
    composed: dict[str, Any],
) -> None:
    services = composed["services"]
    assert {"web", "worker", "migrate", "postgres", "qdrant", "unstructured"} <= set(services)
    for name in ("web", "worker", "migrate"):
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["security_opt"] == ["no-new-privileges:true"], name
    assert composed["networks"]["state"]["internal"] is True
    published = [name for name, service in services.items() if service.get("ports")]
    assert published == ["tls"]
    assert list(services["qdrant"]["networks"]) == ["state"]


def test_the_secrets_of_the_compose_file_are_files_alone(composed: dict[str, Any]) -> None:
    assert all("file" in secret for secret in composed["secrets"].values())
    for service in composed["services"].values():
        assert not set(service.get("environment", {})) & set(composed["secrets"])


def test_docker_understands_the_swarms_stack() -> None:
    stack = MANIFESTS / "swarm" / "stack.yml"
    understood = compose(stack, stack.parent)
    for name in ("web", "worker"):
        deploy = understood["services"][name]["deploy"]
        assert deploy["replicas"] == 2
        assert deploy["update_config"]["failure_action"] == "rollback"
        assert deploy["resources"]["limits"]["memory"]
        if deploy["update_config"]["order"] == "start-first":  # the new one needs a node beside
            assert not deploy["placement"].get("max_replicas_per_node")
    told = said(tool("docker"), "stack", "config", "--compose-file", stack)
    assert "replicated-job" in told


def test_cloudformation_understands_the_stack_of_ecs() -> None:
    said(tool("cfn-lint"), "--non-zero-exit-code", "warning", MANIFESTS / "ecs" / "deskhand.yaml")


def test_hadolint_has_nothing_to_say_of_the_image() -> None:
    said(tool("hadolint"), MANIFESTS / "Dockerfile")


@pytest.mark.parametrize(
    ("name", "schema"), [("web", "Service"), ("worker", "WorkerPool"), ("migrate", "Job")]
)
def test_cloud_run_knows_every_field(name: str, schema: str) -> None:
    schemas = _cloud_runs_schemas()
    resource = cloud_run()[name]
    assert resource["kind"] == schema
    assert list(_wrong(resource, {"$ref": schema}, schemas, schema)) == []
    [container] = containers_within(resource)
    container["argz"] = []
    assert list(_wrong(resource, {"$ref": schema}, schemas, schema))


def test_what_cloud_run_ends_after_ten_seconds_has_handed_over() -> None:
    for name in ("web", "worker"):
        [container] = containers_within(cloud_run()[name])
        given = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert 0 < float(given["DESKHAND_SLACK__DRAIN_S"]) < 9


def _cloud_runs_schemas() -> dict[str, Any]:
    pytest.importorskip("googleapiclient")
    text = (resources.files("googleapiclient") / _RUN_DOCUMENT).read_text(encoding="utf-8")
    return dict(json.loads(text)["schemas"])


_KINDS = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}


def _wrong(value: Any, told: dict[str, Any], schemas: dict[str, Any], at: str) -> list[str]:
    """What Google's description of its API does not know; durations and maps included."""
    told = schemas[told["$ref"]] if "$ref" in told else told
    kind = told["type"]
    if kind == "array":
        if not isinstance(value, list):
            return [f"{at} is no list"]
        parts = [(f"{at}[{n}]", item, told["items"]) for n, item in enumerate(value)]
    elif kind == "object":
        if not isinstance(value, dict):
            return [f"{at} is no object"]
        known, others = told.get("properties", {}), told.get("additionalProperties")
        unknown = [f"{at}.{key} is unknown" for key in value if key not in known and not others]
        if unknown:
            return unknown
        parts = [(f"{at}.{key}", inner, known.get(key, others)) for key, inner in value.items()]
    else:
        right = isinstance(value, _KINDS.get(kind, object)) and not (
            kind == "integer" and isinstance(value, bool)
        )
        return [] if right else [f"{at} is no {kind}"]
    return [why for where, item, inner in parts for why in _wrong(item, inner, schemas, where)]
