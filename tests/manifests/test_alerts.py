"""Each alert fires on its fault and on nothing beside it, as promtool reads them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.telemetry.catalogue import METRICS, Kind, Metric
from tests.manifests.alert_cases import CASES, Series

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "manifests" / "prometheus"
ALERTS = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))
RULES = {rule["alert"]: rule for group in ALERTS["groups"] for rule in group["rules"]}
DASHBOARDS = sorted((ROOT / "manifests" / "grafana").glob("*.json"))
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text("utf-8")
_OF_PROCESS = {"process_resident_memory_bytes", "process_cpu_seconds_total"} | {
    "process_start_time_seconds"
}
_NAME = re.compile(r"\b(?:deskhand|process)_[a-z_]+\b")
_MATCHER = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"')
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)


@needs_promtool
@pytest.mark.slow
def test_each_alert_fires_on_its_fault_and_is_silent_just_short_of_it(tmp_path: Path) -> None:
    files = []
    for is_long in (False, True):  # of hours, every ten minutes is looked at
        tests = []
        for case in CASES:
            if case.takes_hours is not is_long:
                continue
            firing = [_firing(RULES[f"Deskhand{case.alert}"], case.labels)]
            tests += [_test(case.alert, case.at, case.fault, firing)]
            tests += [_test(case.alert, case.at, case.calm, [])]
        rules = {"rule_files": [str(FOLDER / "alerts.yml")], "tests": tests}
        files.append(tmp_path / f"{is_long}.yml")
        files[-1].write_text(
            json.dumps({**rules, "evaluation_interval": "10m" if is_long else "1m"})
        )
    ran = promtool("test", "rules", *files)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_alert_is_without_its_fault() -> None:
    assert {f"Deskhand{case.alert}" for case in CASES} == RULES.keys()


def _test(name: str, at: str, series: Series, firing: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": f"{name} {'fires' if firing else 'is silent'}",
        "interval": "1m",
        "input_series": [{"series": each, "values": values} for each, values in series.items()],
        "alert_rule_test": [
            {"eval_time": at, "alertname": f"Deskhand{name}", "exp_alerts": firing}
        ],
    }


def _firing(rule: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    def filled(text: str) -> str:
        return re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda match: labels[match[1]], text)

    return {
        "exp_labels": {**rule["labels"], **labels},
        "exp_annotations": {name: filled(text) for name, text in rule["annotations"].items()},
    }


@needs_promtool
def test_prometheus_reads_the_configuration() -> None:
    ran = promtool("check", "config", FOLDER / "prometheus.yml")
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("name", RULES)
def test_an_alert_names_a_run_book_that_is_there(name: str) -> None:
    book, _, anchor = RULES[name]["annotations"]["runbook_url"].partition("#")
    assert book.endswith("/docs/runbooks.md")
    headings = re.findall(r"^## (.+)$", RUNBOOKS, re.MULTILINE)
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_alerts_dashboards_and_run_books_name_metrics_that_there_are() -> None:
    exported = set(_OF_PROCESS)
    for metric in METRICS:
        exported |= _series(metric)
    asked = list(_expressions())
    assert len(asked) > len(RULES)
    for expression in asked:
        assert {*_NAME.findall(expression)} <= exported, expression
    for line in RUNBOOKS.splitlines():
        named = {*_NAME.findall(line)}
        assert named <= exported | {metric.prometheus for metric in METRICS}, line


def test_alerts_and_dashboards_ask_for_labels_that_a_metric_has() -> None:
    labels = {name: {*metric.labels, "le"} for metric in METRICS for name in _series(metric)}
    for expression in _expressions():
        for name, matchers in re.findall(r"(deskhand_[a-z_]+)\{([^}]*)\}", expression):
            assert {*_MATCHER.findall(matchers)} <= labels[name] | {"job", "instance"}, expression


def _series(metric: Metric) -> set[str]:
    if metric.kind is Kind.HISTOGRAM:
        return {f"{metric.prometheus}_{part}" for part in ("bucket", "sum", "count")}
    return {metric.prometheus}


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES.values())
    for file in DASHBOARDS:
        yield from _asked(json.loads(file.read_text("utf-8")))


def _asked(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str) and name in ("expr", "query", "definition"):
                yield value
            else:
                yield from _asked(value)
    elif isinstance(part, list):
        for each in part:
            yield from _asked(each)


@needs_promtool
@pytest.mark.slow
@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_prometheus_reads_every_expression_of_a_dashboard(file: Path, tmp_path: Path) -> None:
    asked = [e for e in _asked(json.loads(file.read_text("utf-8"))) if "label_values" not in e]
    assert asked
    rules = [
        {"record": f"shown:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(asked)
    ]
    written = tmp_path / "rules.yml"
    written.write_text(json.dumps({"groups": [{"name": "shown", "rules": rules}]}))
    ran = promtool("check", "rules", written)
    assert ran.returncode == 0, ran.stdout + ran.stderr
