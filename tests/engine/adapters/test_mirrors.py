"""What holds for every service that answers are mirrored to, against servers on real sockets."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from engine.errors import SettingsInvalid
from engine.mirroring.mirror import Deadline, Mirror, MirrorFault
from engine.mirroring.opening import open_mirrors
from engine.mirroring.records import DatasetItem, Experiment, ExperimentResult, MirroredDataset
from engine.settings import load_settings
from tests.langsmith_server import LangSmithServer
from tests.mirror_services import NOW, SERVICES, Service, opinion, running, trace
from tests.mirror_trouble import Trouble

pytestmark = pytest.mark.slow

PLACES = {
    "LangSmith": ("/datasets", "/examples", "/sessions", "/runs/multipart"),
    "Langfuse": ("/v2/datasets", "/dataset-items", "/otel", "/dataset-run-items", "/scores"),
}
"""Parts of the paths that an upload asks for, in order."""


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with running(request.param) as started:
        yield started


def opened(service: Service, folder: Path, **more: str) -> Mirror:
    environment = {**service.environment, "DESKHAND_MIRROR__TIMEOUT_S": "0.5", **more}
    (mirror,) = open_mirrors(load_settings(environment, working_directory=folder))
    assert mirror.name == service.name
    return mirror


@pytest.fixture
def mirror(service: Service, tmp_path: Path) -> Iterator[Mirror]:
    made = opened(service, tmp_path)
    yield made
    made.close()


def item(name: str, text: str) -> DatasetItem:
    return DatasetItem(
        id=name, hash=f"{name}:{text}", question={"question": text}, expected={"answer": "x"},
        metadata={"tags": ["t"]},
    )  # fmt: skip


def dataset(*items: DatasetItem, name: str = "deskhand-sample") -> MirroredDataset:
    return MirroredDataset(name=name, description="d", items=items)


def experiment(count: int = 2, number: int = 5, name: str = "deskhand-sample") -> Experiment:
    return Experiment(
        id=UUID(int=number),
        name=f"run {number}",
        dataset=name,
        description="sample, judged by local",
        started_at=NOW,
        results=tuple(
            ExperimentResult(
                item_id=f"q{i}",
                trace=trace(i, environment="experiment"),
                scores={"faithfulness": 0.123456, "outcome_right": 1.0},
                comment="cites nothing" if i == 1 else "",
            )
            for i in range(count)
        ),
        figures={"faithfulness": 0.8},
        metadata={"judge": "local"},
    )


def test_traces_arrive_with_stages_tokens_and_times(service: Service, mirror: Mirror) -> None:
    mirror.send([trace(1), trace(2, outcome="failed")], Deadline(10))
    assert service.roots() == [UUID(int=1), UUID(int=2)]
    if service.name == "Langfuse":
        spans = {span.name: span for span in service.server.spans if span.trace_id.endswith("1")}
        root, made = spans["answer"], spans["generation"]
        assert {span.parent for span in spans.values()} == {"", root.id}
        assert (root.took_ms, made.took_ms) == (47.0, 40.0)
        assert [span.failed for span in service.server.roots] == [False, True]
        said = made.attributes
        assert said["gen_ai.operation.name"] == "chat"
        assert said["gen_ai.request.model"] == said["langfuse.observation.model.name"] == "gpt-test"
        assert said["gen_ai.usage.input_tokens"] == 120
        assert json.loads(said["langfuse.observation.cost_details"]) == {"total": 0.002}
        assert said["langfuse.observation.type"] == "generation"
        assert "16 weeks" in root.attributes["langfuse.trace.output"]
        assert root.attributes["langfuse.trace.metadata.outcome"] == "answered"
        assert {span.attributes["langfuse.environment"] for span in spans.values()} == {
            "production"
        }
    else:
        runs = {run["name"]: run for run in service.server.runs.values() if run["id"][-1] != "2"}
        assert runs["generation"]["run_type"] == "llm"
        usage = runs["generation"]["extra"]["metadata"]["usage_metadata"]
        assert (usage["input_tokens"], usage["output_tokens"]) == (120, 12)
        assert runs["retrieval"]["outputs"]["documents"][0]["page_content"] == "leave.md"
        assert runs["answer"]["outputs"]["confidence"] == 0.9
        assert {run["session_id"] for run in runs.values()} == set(service.server.projects)
        assert "error" in service.server.runs[str(UUID(int=2))]


def test_an_answer_without_a_model_names_none(service: Service, mirror: Mirror) -> None:
    mirror.send([trace(1, model="", prompt_tokens=0)], Deadline(10))
    assert "gen_ai.request.model" not in service.everything()
    assert "ls_model_name" not in service.everything()


def test_a_second_opinion_takes_the_place_of_the_first(service: Service, mirror: Mirror) -> None:
    mirror.send([trace(1), opinion(1, 1.0)], Deadline(10))
    mirror.send([opinion(1, 0.0)], Deadline(10))
    assert service.scores() == {(UUID(int=1).hex, "user_feedback"): 0.0}


def test_an_experiment_is_linked_to_its_items_and_scored(service: Service, mirror: Mirror) -> None:
    done = mirror.upload(dataset(item("q0", "a"), item("q1", "b")), experiment(), Deadline(30))
    assert done.notes == ()
    assert done.link.startswith("http")
    scores = service.scores()
    assert len(service.roots()) == 2
    assert {trace_id for trace_id, _ in scores} == {found.hex for found in service.roots()}
    assert sorted({name for _, name in scores}) == ["faithfulness", "outcome_right"]
    assert set(service.roots()).isdisjoint({UUID(int=0), UUID(int=1)}), "ids of the answers' own"
    if service.name == "Langfuse":
        items = set(service.server.items)
        for span in service.server.spans:
            root = next(r for r in service.server.roots if r.trace_id == span.trace_id)
            assert span.attributes["langfuse.experiment.item.root_observation_id"] == root.id
            assert span.attributes["langfuse.experiment.item.id"] in items
            assert span.attributes["langfuse.experiment.dataset.id"] == "ds-1"
            assert span.attributes["langfuse.environment"] == "experiment"
        assert {row["datasetItemId"] for row in service.server.run_items} == items
        assert done.link.endswith("/project/prj1/datasets/ds-1/runs/run%3Arun%205")
        of_run = [row for row in service.server.scores.values() if row.get("datasetRunId")]
        assert [(row["name"], row["value"]) for row in of_run] == [("faithfulness", 0.8)]
    else:
        (project,) = service.server.projects.values()
        (data,) = service.server.datasets.values()
        assert project["reference_dataset_id"] == data["id"]
        assert project["end_time"]
        linked = {run["reference_example_id"] for run in service.server.roots}
        assert linked == set(service.server.examples)
        assert {run["session_id"] for run in service.server.runs.values()} == {project["id"]}
        assert done.link.endswith(f"/compare?selectedSessions={project['id']}")


def test_the_same_again_adds_nothing(service: Service, mirror: Mirror) -> None:
    for _ in range(2):
        mirror.upload(dataset(item("q0", "a"), item("q1", "b")), experiment(), Deadline(30))
    assert len(set(service.roots())) == 2
    assert len(service.scores()) == 4
    assert len(service.items("deskhand-sample")) == 2
    assert len(service.server.datasets) == 1


def test_only_what_changed_is_sent_and_what_is_gone_is_put_away(
    service: Service, mirror: Mirror
) -> None:
    many = [item(f"q{i}", f"text {i}") for i in range(130)]
    mirror.upload(dataset(*many), experiment(), Deadline(60))
    before = len(service.items("deskhand-sample"))
    service.troubles.seen.clear()
    changed = [item("q0", "another text"), *many[1:-1]]
    mirror.upload(dataset(*changed), experiment(number=6), Deadline(60))
    asked = {row["question"] for row in service.items("deskhand-sample")}
    assert (before, len(asked)) == (130, 129)
    assert "another text" in asked
    assert not {"text 0", "text 129"} & asked
    written = [line for line in service.troubles.seen if "items" in line or "examples" in line]
    assert len([line for line in written if not line.startswith("GET")]) <= 5


def test_two_data_sets_may_hold_the_same_case(service: Service, mirror: Mirror) -> None:
    for name in ("deskhand-one", "deskhand-two"):
        mirror.upload(dataset(item("q0", "a"), name=name), experiment(1, name=name), Deadline(30))
        assert service.items(name) == [{"question": "a"}]


@pytest.mark.parametrize(
    ("trouble", "retryable", "of_everything"),
    [
        (Trouble.UNAUTHORISED, False, True),
        (Trouble.LIMITED, True, False),
        (Trouble.BROKEN, True, False),
        (Trouble.HANG, True, False),
        (Trouble.DISCONNECT, True, False),
    ],
)
def test_a_fault_says_what_to_do_and_neither_key_nor_text(
    service: Service,
    mirror: Mirror,
    trouble: Trouble,
    retryable: bool,
    of_everything: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    service.troubles.trouble = trouble
    with pytest.raises(MirrorFault) as caught:
        mirror.send([trace(1), opinion(1)], Deadline(10))
    fault = caught.value
    assert (fault.retryable, fault.of_everything) == (retryable, of_everything)
    assert service.name in str(fault)
    assert "\n" not in str(fault)
    if trouble is Trouble.LIMITED:
        assert fault.retry_after_s == 0.05
    told = f"{fault} {caplog.text}"
    assert not [secret for secret in service.secrets if secret in told or secret[-8:] in told]
    assert "parental" not in told
    hidden = fault.__suppress_context__ or fault.__context__ is None
    assert hidden, "a stack trace would show what was sent"
    service.troubles.trouble = None
    mirror.send([trace(1)], Deadline(10))
    assert service.roots() == [UUID(int=1)]


def test_nothing_listens(service: Service, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    name = "LANGSMITH_ENDPOINT" if service.name == "LangSmith" else "LANGFUSE_HOST"
    mirror = opened(service, tmp_path, **{name: address})
    with pytest.raises(MirrorFault, match="does not answer") as caught:
        mirror.send([trace(1)], Deadline(10))
    assert caught.value.retryable
    with pytest.raises(MirrorFault):
        mirror.upload(dataset(item("q0", "a")), experiment(1), Deadline(10))
    mirror.close()
    mirror.close()


def test_too_large_a_request_is_told(service: Service, mirror: Mirror) -> None:
    service.server.most_bytes = 20_000
    with pytest.raises(MirrorFault) as caught:
        mirror.send([trace(1, answer={"reply": "a b " * 10_000})], Deadline(10))
    assert caught.value.too_large


def test_another_server_at_the_address_is_told(service: Service, mirror: Mirror) -> None:
    service.troubles.trouble = Trouble.NOT_JSON
    with pytest.raises(MirrorFault):
        mirror.upload(dataset(item("q0", "a")), experiment(1), Deadline(10))


def test_a_check_changes_nothing_and_says_where_it_was(service: Service, mirror: Mirror) -> None:
    before = service.everything()
    assert mirror.check() == f"{service.name} at 127.0.0.1:{service.server.port}"
    assert service.everything() == before
    assert {seen.split()[0] for seen in service.troubles.seen} == {"GET"}


@pytest.mark.parametrize(
    "trouble", [t for t in Trouble if t is not Trouble.TOO_LARGE], ids=lambda t: t.name
)
def test_a_check_tells_what_is_wrong_without_the_key(
    service: Service, mirror: Mirror, trouble: Trouble
) -> None:
    service.troubles.trouble = trouble
    with pytest.raises(MirrorFault) as caught:
        mirror.check()
    assert service.name in str(caught.value)
    assert not [secret for secret in service.secrets if secret in str(caught.value)]


def test_an_upload_waits_where_it_is_limited(service: Service, mirror: Mirror) -> None:
    for number, where in enumerate(PLACES[service.name]):
        service.troubles.trouble, service.troubles.times = Trouble.LIMITED, 3
        service.troubles.where = where
        asked = (item("q0", f"a {where}"), item("q1", "b"))
        done = mirror.upload(dataset(*asked), experiment(number=number), Deadline(30))
        assert done.notes == ()
        assert service.troubles.times == 0, where
        assert len(service.scores()) == 4 * (number + 1)


def test_an_upload_goes_on_after_a_moment_of_trouble(service: Service, mirror: Mirror) -> None:
    for number, where in enumerate(PLACES[service.name]):
        service.troubles.trouble, service.troubles.times = Trouble.DISCONNECT, 1
        service.troubles.where = where
        asked = (item("q0", f"a {where}"), item("q1", "b"))
        done = mirror.upload(dataset(*asked), experiment(number=number), Deadline(30))
        assert done.notes == ()
        assert service.troubles.times == 0, where
        assert len(service.scores()) == 4 * (number + 1)


def test_what_fails_late_leaves_a_link_and_a_note(service: Service, mirror: Mirror) -> None:
    service.troubles.trouble, service.troubles.where = Trouble.BROKEN, PLACES[service.name][-1]
    done = mirror.upload(dataset(item("q0", "a"), item("q1", "b")), experiment(), Deadline(30))
    assert done.link
    assert len(done.notes) == 1
    assert "failed (500)" in done.notes[0]


def test_an_upload_without_time_says_what_is_missing(service: Service, mirror: Mirror) -> None:
    service.troubles.trouble, service.troubles.retry_after = Trouble.LIMITED, "30"
    service.troubles.where = "multipart" if service.name == "LangSmith" else "scores"
    done = mirror.upload(dataset(item("q0", "a"), item("q1", "b")), experiment(), Deadline(2))
    assert done.link
    assert len(done.notes) == 1
    assert " of " in done.notes[0]
    assert service.name in done.notes[0]


def test_a_langfuse_without_run_items_is_asked_for_them_once(tmp_path: Path) -> None:
    with running("Langfuse") as service:
        service.server.has_run_items = False
        mirror = opened(service, tmp_path)
        done = mirror.upload(dataset(item("q0", "a"), item("q1", "b")), experiment(), Deadline(30))
        mirror.close()
        asked = [line for line in service.troubles.seen if "run-items" in line]
        assert (len(asked), done.notes, len(service.scores())) == (1, (), 4)
        assert done.link.endswith("/project/prj1/datasets/ds-1")


def test_an_older_langsmith_gets_its_examples_in_its_own_way(tmp_path: Path) -> None:
    with running("LangSmith") as service:
        service.server.takes_multipart = False
        mirror = opened(service, tmp_path)
        mirror.upload(dataset(item("q0", "a")), experiment(1), Deadline(30))
        mirror.close()
        assert service.items("deskhand-sample") == [{"question": "a"}]


def test_variables_meant_for_langsmiths_own_tracing_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = LangSmithServer()
    with running("LangSmith") as service, elsewhere.running():
        for name, value in {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_TRACING_SAMPLING_RATE": "0",
            "LANGSMITH_TRACING_MODE": "hybrid",
            "LANGSMITH_API_KEY": "lsv2_pt_anothers",
            "LANGCHAIN_ENDPOINT": elsewhere.url,
            "LANGCHAIN_TRACING_V2": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": elsewhere.url,
            "LANGSMITH_PROJECT": "anothers",
            "LANGSMITH_USE_PYO3_CLIENT": "1",
        }.items():
            monkeypatch.setenv(name, value)
        mirror = opened(service, tmp_path)
        mirror.send([trace(1), opinion(1)], Deadline(10))
        mirror.close()
        assert service.roots() == [UUID(int=1)]
        assert [p["name"] for p in service.server.projects.values()] == ["deskhand"]
        assert elsewhere.troubles.seen == []


def test_headers_for_another_collector_do_not_go_to_langfuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=topsecret")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=machine")
    with running("Langfuse") as service:
        mirror = opened(service, tmp_path)
        mirror.send([replace(trace(1))], Deadline(10))
        mirror.close()
        assert service.roots() == [UUID(int=1)]
        assert "topsecret" not in repr(service.server.headers)


def test_nothing_is_opened_where_nothing_is_set(tmp_path: Path) -> None:
    assert open_mirrors(load_settings({}, working_directory=tmp_path)) == ()


def test_half_a_pair_of_keys_is_refused(tmp_path: Path) -> None:
    settings = load_settings({"LANGFUSE_PUBLIC_KEY": "pk-lf-1"}, working_directory=tmp_path)
    with pytest.raises(SettingsInvalid, match="belong together"):
        open_mirrors(settings)
