"""What lies in manifests/, as the platforms' own tools read it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MANIFESTS = ROOT / "manifests"
OVERLAYS = ("production", "staging")
NODE = Path(__file__).parent / "node"


def tool(name: str) -> str:
    """The program's path, of the environment or of the machine; skips where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; .ci/install_services.sh does it")
    return found


def said(*command: str | Path, environ: Mapping[str, str] | None = None, given: str = "") -> str:
    """A command's output, which must succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=dict(environ) if environ is not None else None,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@cache
def rendered(overlay: str) -> tuple[dict[str, Any], ...]:
    """Every document of an overlay, as it would be applied."""
    folder = MANIFESTS / "kubernetes" / "overlays" / overlay
    text = said(tool("kubectl"), "kustomize", folder)
    return tuple(yaml.safe_load_all(text))


def of_kind(documents: tuple[dict[str, Any], ...], *kinds: str) -> list[dict[str, Any]]:
    """Those documents that are of these kinds; there is at least one."""
    found = [document for document in documents if document["kind"] in kinds]
    assert found, kinds
    return found


def pods(documents: tuple[dict[str, Any], ...]) -> dict[str, dict[str, Any]]:
    """The pod template of each workload, by the workload's name."""
    made = {}
    for workload in of_kind(documents, "Deployment", "StatefulSet", "Job", "CronJob"):
        spec = workload["spec"]
        if workload["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        made[workload["metadata"]["name"]] = spec["template"]
    return made


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms, each read as a word that stands for its value."""


def _sample(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> str:
    del loader
    return f"{suffix} {getattr(node, 'value', '')}"


_Template.add_multi_constructor("!", _sample)


def ecs_containers() -> dict[str, dict[str, Any]]:
    """The container of each task definition, by the task's family."""
    text = (MANIFESTS / "ecs" / "deskhand.yaml").read_text(encoding="utf-8")
    template = yaml.load(text, Loader=_Template)  # a SafeLoader
    tasks = [r for r in template["Resources"].values() if r["Type"].endswith("TaskDefinition")]
    return {
        task["Properties"]["Family"]: container
        for task in tasks
        for container in task["Properties"]["ContainerDefinitions"]
    }


def cloud_run() -> dict[str, dict[str, Any]]:
    """Each resource of Cloud Run, by its file's name."""
    folder = MANIFESTS / "cloudrun"
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.yaml"))
    }


def containers_within(value: Any) -> Iterator[dict[str, Any]]:
    """Every container that a resource of Cloud Run or Kubernetes holds, however deep."""
    if isinstance(value, dict):
        yield from value.get("containers", [])
        for inner in value.values():
            yield from containers_within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from containers_within(inner)
