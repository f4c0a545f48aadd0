"""Langfuse: traces by OpenTelemetry, data sets, experiments and scores by its public API.

Since its version 4 an experiment is what the spans say; before, it was made of run items. Both are
sent: a version that no longer has run items says so, and is not asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from engine.adapters.langfuse_api import LangfuseApi, all_in_time
from engine.adapters.langfuse_spans import (
    ItemContext,
    in_batches,
    root_span_hex,
    spans_of,
    trace_hex,
)
from engine.adapters.patience import patiently
from engine.mirror_settings import LangfuseSettings
from engine.mirroring.mirror import Deadline, MirrorFault, Uploaded
from engine.mirroring.records import (
    AnswerTrace,
    DatasetItem,
    Experiment,
    ExperimentResult,
    MirroredDataset,
    Opinion,
    Record,
)

_MOST_BYTES = 2_000_000
"""Of a request; Langfuse takes 4.5 MB."""
_LONGEST_COMMENT = 500


class LangfuseMirror:
    """The port `engine.mirroring.mirror.Mirror`.

    Raises: SettingsInvalid for a host that holds credentials.
    """

    name = "Langfuse"

    def __init__(self, settings: LangfuseSettings, *, timeout_s: float) -> None:
        self._api = LangfuseApi(settings, timeout_s=timeout_s)

    def check(self) -> str:
        """See the port."""
        self._api.require("projects")
        return self._api.where

    def send(self, records: Sequence[Record], deadline: Deadline) -> None:
        """See the port. Opinions go one by one, after the traces."""
        traces = [spans_of(record) for record in records if isinstance(record, AnswerTrace)]
        for body in in_batches(traces, most_bytes=_MOST_BYTES):
            self._api.export(body)
        for record in records:
            if isinstance(record, Opinion):
                self._api.post("scores", _opinion(record))

    def upload(
        self, dataset: MirroredDataset, experiment: Experiment, deadline: Deadline
    ) -> Uploaded:
        """See the port."""
        dataset_id = patiently(partial(self._dataset, dataset), deadline)
        self._renew_items(dataset, deadline)
        items = {item.id: item for item in dataset.items}
        traced = 0
        notes: list[str] = []
        for at in range(0, len(experiment.results), 20):
            batch = experiment.results[at : at + 20]
            if not self._trace(batch, experiment, dataset_id, items, deadline):
                break
            traced += len(batch)
        results = experiment.results[:traced]
        if traced < len(experiment.results):
            notes.append(_missing("results", traced, len(experiment.results)))
        run_id = ""
        try:
            run_id = self._run_items(results, experiment, items, deadline)
            notes += self._scores(results, experiment, run_id, deadline)
        except MirrorFault as fault:
            notes.append(f"Scores are missing: {fault}.")
        return Uploaded(link=self._link(dataset_id, run_id), notes=tuple(notes))

    def close(self) -> None:
        """See the port."""
        self._api.close()

    def _dataset(self, dataset: MirroredDataset) -> str:
        """Its id; made where it is not there yet."""
        found = self._api.find("v2", "datasets", dataset.name)
        if found is None:
            body = {"name": dataset.name, "description": dataset.description}
            found = self._api.post("v2/datasets", body)
        return str(found.get("id") or "")

    def _renew_items(self, dataset: MirroredDataset, deadline: Deadline) -> None:
        """Items' ids come from what they say: a changed one is new, what is gone is archived."""
        wanted = {_item_id(dataset.name, item): item for item in dataset.items}
        there = patiently(partial(self._items_of, dataset.name), deadline)
        bodies = [
            {
                "id": item_id,
                "datasetName": dataset.name,
                "input": dict(item.question),
                "expectedOutput": dict(item.expected),
                "metadata": {**item.metadata, "case": item.id},
                "status": "ACTIVE",
            }
            for item_id, item in wanted.items()
            if item_id not in there
        ]
        bodies += [
            {"id": item_id, "datasetName": dataset.name, "status": "ARCHIVED"}
            for item_id in sorted(there - wanted.keys())
        ]
        calls = [partial(self._api.post, "dataset-items", body) for body in bodies]
        if all_in_time(calls, deadline) < len(calls):
            raise MirrorFault(f"{self._api.where} took too long", retryable=True)

    def _items_of(self, dataset: str) -> set[str]:
        rows = self._api.pages("dataset-items", datasetName=dataset)
        return {str(row.get("id")) for row in rows if row.get("status") != "ARCHIVED"}

    def _trace(
        self,
        results: Sequence[ExperimentResult],
        experiment: Experiment,
        dataset_id: str,
        items: dict[str, DatasetItem],
        deadline: Deadline,
    ) -> bool:
        """Sends the results' spans; false where the time ran out."""
        traces = [
            spans_of(
                result.trace,
                trace_id=_trace_id(experiment, result),
                item=ItemContext(
                    experiment_id=experiment.id.hex,
                    experiment_name=experiment.name,
                    dataset_id=dataset_id,
                    item_id=_item_id_of(result, experiment, items),
                    expected=items[result.item_id].expected if result.item_id in items else {},
                    metadata=experiment.metadata,
                ),
            )
            for result in results
        ]
        bodies = list(in_batches(traces, most_bytes=_MOST_BYTES))
        calls = [partial(self._api.export, body) for body in bodies]
        return all_in_time(calls, deadline) == len(calls)

    def _run_items(
        self,
        results: Sequence[ExperimentResult],
        experiment: Experiment,
        items: dict[str, DatasetItem],
        deadline: Deadline,
    ) -> str:
        """The run's id in versions before 4; empty where there are no such runs."""
        run_id = ""
        calls = []
        for result in results:
            if result.item_id not in items:
                continue
            body = {
                "runName": experiment.name,
                "runDescription": experiment.description,
                "metadata": {**experiment.metadata, **experiment.figures},
                "datasetItemId": _item_id_of(result, experiment, items),
                "traceId": trace_hex(_trace_id(experiment, result)),
                "observationId": root_span_hex(_trace_id(experiment, result)),
            }
            if not run_id:
                begin = partial(self._api.post_if_there, "dataset-run-items", body)
                made = patiently(begin, deadline)
                if made is None:
                    return ""
                run_id = str(made.get("datasetRunId") or "") or "unknown"
            else:
                calls.append(partial(self._api.post_if_there, "dataset-run-items", body))
        all_in_time(calls, deadline)
        return "" if run_id == "unknown" else run_id

    def _scores(
        self,
        results: Sequence[ExperimentResult],
        experiment: Experiment,
        run_id: str,
        deadline: Deadline,
    ) -> list[str]:
        """Scores the run, then its results; sentences about what could not be scored in time."""
        bodies = []
        if run_id:
            for name, value in experiment.figures.items():
                score_id = uuid5(experiment.id, name).hex
                bodies.append(
                    {
                        "id": score_id,
                        "datasetRunId": run_id,
                        "name": name,
                        "value": value,
                        "dataType": "NUMERIC",
                    }
                )
        for result in results:
            trace_id = _trace_id(experiment, result)
            for name, value in result.scores.items():
                bodies.append(
                    {
                        "id": uuid5(trace_id, name).hex,
                        "traceId": trace_hex(trace_id),
                        "observationId": root_span_hex(trace_id),
                        "name": name,
                        "value": value,
                        "dataType": "NUMERIC",
                        "comment": result.comment[:_LONGEST_COMMENT] or None,
                        "environment": result.trace.environment,
                    }
                )
        done = all_in_time([partial(self._api.post, "scores", body) for body in bodies], deadline)
        return [] if done == len(bodies) else [_missing("scores", done, len(bodies))]

    def _link(self, dataset_id: str, run_id: str) -> str:
        """Where people look at it; empty where the project cannot be told."""
        try:
            projects = (self._api.find("projects") or {}).get("data")
        except MirrorFault:
            return ""
        if not isinstance(projects, list) or not projects or not isinstance(projects[0], dict):
            return ""
        project = quote(str(projects[0].get("id") or ""), safe="")
        link = f"{self._api.host}/project/{project}/datasets/{quote(dataset_id, safe='')}"
        return f"{link}/runs/{quote(run_id, safe='')}" if run_id else link


def _item_id(dataset: str, item: DatasetItem) -> str:
    """Unique in the project: Langfuse takes an id for one data set only."""
    return uuid5(NAMESPACE_URL, f"deskhand:{dataset}:{item.hash}").hex


def _item_id_of(
    result: ExperimentResult, experiment: Experiment, items: dict[str, DatasetItem]
) -> str:
    item = items.get(result.item_id)
    return result.item_id if item is None else _item_id(experiment.dataset, item)


def _trace_id(experiment: Experiment, result: ExperimentResult) -> UUID:
    """One of the experiment's own: an answer from the cache is part of several."""
    return uuid5(experiment.id, result.item_id)


def _opinion(opinion: Opinion) -> dict[str, object]:
    return {
        "id": opinion.id.hex,
        "traceId": trace_hex(opinion.trace_id),
        "name": opinion.name,
        "value": opinion.score,
        "dataType": "BOOLEAN",
    }


def _missing(what: str, done: int, total: int) -> str:
    return f"Langfuse took {done:,} of {total:,} {what} in the time there was."
