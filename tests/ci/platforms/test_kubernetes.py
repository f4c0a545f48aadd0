"""The Kubernetes manifests: rendered by kustomize, checked against the schemas of releases."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ci.platforms.reading import NODE, OVERLAYS, of_kind, pods, rendered, said, tool

EACH = pytest.mark.parametrize("overlay", OVERLAYS)
OURS = ("web", "worker")
SOLVER = "acme.cert-manager.io/http01-solver"
"""Of the pods by which cert-manager answers for a host: they are not ours, but beside ours."""


def component(labelled: dict[str, Any]) -> str:
    return str(labelled["metadata"]["labels"]["app.kubernetes.io/component"])


def chosen_by(selector: dict[str, Any]) -> set[str]:
    """The components that a selector names; every one of ours goes by its component."""
    plain = selector.get("matchLabels", {})
    named = {plain[key] for key in plain if key == "app.kubernetes.io/component"}
    for rule in selector.get("matchExpressions", []):
        assert (rule["key"], rule["operator"]) == ("app.kubernetes.io/component", "In")
        named |= set(rule["values"])
    return named


@EACH
@pytest.mark.parametrize("release", ["1.31", "1.37"])
def test_every_resource_keeps_to_the_schema_of_a_release(overlay: str, release: str) -> None:
    validator = pytest.importorskip("kubernetes_validate")
    for document in rendered(overlay):
        if document["apiVersion"].startswith("external-secrets.io/"):
            continue
        validator.validate(document, release, strict=True)


def test_the_validator_refuses_what_no_release_knows() -> None:
    validator = pytest.importorskip("kubernetes_validate")
    [web] = [d for d in rendered("production") if d["metadata"]["name"] == "deskhand-web"][:1]
    wrong = {**web, "spec": {**web["spec"], "replica": 2}}
    with pytest.raises(validator.ValidationError):
        validator.validate(wrong, "1.31", strict=True)


@EACH
def test_external_secrets_keep_to_their_operators_schema(overlay: str) -> None:
    if not (NODE / "node_modules").is_dir():
        pytest.skip("the schemas are not installed; .ci/install_services.sh does it")
    secrets = of_kind(rendered(overlay), "ExternalSecret")
    told = said(tool("node"), NODE / "check.mjs", given=json.dumps(secrets))
    assert int(told) == len(secrets)


@EACH
def test_no_pod_has_more_rights_or_room_than_it_needs(overlay: str) -> None:
    for name, template in pods(rendered(overlay)).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["enableServiceLinks"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True, name
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            room = container["resources"]
            assert {"cpu", "memory"} <= room["requests"].keys(), name
            assert "memory" in room["limits"], name
    for namespace in of_kind(rendered(overlay), "Namespace"):
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@EACH
def test_what_runs_for_ever_has_probes_and_a_start_up_probe(overlay: str) -> None:
    for workload in of_kind(rendered(overlay), "Deployment", "StatefulSet"):
        for container in workload["spec"]["template"]["spec"]["containers"]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert probe in container, workload["metadata"]["name"]


@EACH
def test_each_role_is_scaled_kept_up_and_let_out(overlay: str) -> None:
    documents = rendered(overlay)
    workloads = {component(d): d for d in of_kind(documents, "Deployment", "StatefulSet")}
    jobs = {component(d) for d in of_kind(documents, "Job", "CronJob")}
    assert set(OURS) <= set(workloads)
    scaled = {
        d["spec"]["scaleTargetRef"]["name"] for d in of_kind(documents, "HorizontalPodAutoscaler")
    }
    assert scaled == {workloads["web"]["metadata"]["name"]}
    assert "replicas" not in workloads["web"]["spec"], "the autoscaler keeps their number"
    assert workloads["worker"]["spec"]["replicas"] in (1, 2)
    kept_up = {
        name
        for budget in of_kind(documents, "PodDisruptionBudget")
        for name in chosen_by(budget["spec"]["selector"])
    }
    assert set(OURS) <= kept_up
    policies = of_kind(documents, "NetworkPolicy")
    for policy in policies:
        assert chosen_by(policy["spec"]["podSelector"]) <= set(workloads) | jobs
    closed = [p for p in policies if not p["spec"]["podSelector"]]
    assert [sorted(p["spec"]["policyTypes"]) for p in closed] == [["Egress", "Ingress"]]
    for service in of_kind(documents, "Service"):
        assert chosen_by({"matchLabels": service["spec"]["selector"]}) <= set(workloads)


@EACH
def test_certificates_are_proven_and_a_collector_is_reached(overlay: str) -> None:
    specs = [policy["spec"] for policy in of_kind(rendered(overlay), "NetworkPolicy")]
    [proving] = [s for s in specs if SOLVER in s["podSelector"].get("matchLabels", {})]
    [rule] = proving["ingress"]
    assert [port["port"] for port in rule["ports"]] == [8089]
    out = [
        rule for s in specs if "web" in chosen_by(s["podSelector"]) for rule in s.get("egress", [])
    ]
    collector = [r for r in out if 4317 in [port["port"] for port in r.get("ports", [])]]
    [to] = [peer for r in collector for peer in r["to"]]
    assert to == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    }


@EACH
def test_a_node_of_the_index_may_be_lost(overlay: str) -> None:
    for settings in of_kind(rendered(overlay), "ConfigMap"):
        data = settings["data"]
        needed = int(data.get("DESKHAND_QDRANT__WRITE_CONSISTENCY_FACTOR", 1))
        assert needed <= max(1, int(data.get("DESKHAND_QDRANT__REPLICATION_FACTOR", 1)) - 1)


@EACH
def test_only_slacks_paths_are_open_and_all_is_under_tls(overlay: str) -> None:
    open_to_all: list[str] = []
    for ingress in of_kind(rendered(overlay), "Ingress"):
        hosts = {host for tls in ingress["spec"]["tls"] for host in tls["hosts"]}
        paths = [p["path"] for rule in ingress["spec"]["rules"] for p in rule["http"]["paths"]]
        assert {rule["host"] for rule in ingress["spec"]["rules"]} == hosts
        annotations = ingress["metadata"]["annotations"]
        assert annotations["haproxy.org/ssl-redirect"] == "true"
        assert "/metrics" not in paths
        if annotations["haproxy.org/allow-list"] == "0.0.0.0/0":
            open_to_all += paths
    assert open_to_all == ["/slack"]
