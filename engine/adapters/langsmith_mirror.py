"""LangSmith by its own client, without the client's threads, queue, retries and sampling."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID, uuid5

from engine.adapters.http_faults import answered, unreachable
from engine.adapters.langsmith_runs import multipart, runs_of
from engine.adapters.patience import patiently
from engine.mirror_settings import LangSmithSettings
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
from engine.server_address import server_of

if TYPE_CHECKING:
    from langsmith import Client

T = TypeVar("T")

_BATCH = 20
"""Results in one request: each is a run for the answer, one for each stage, and its scores."""
_EXAMPLES = 100
_SETTING = "LANGSMITH_API_KEY"


class LangSmithMirror:
    """The port `engine.mirroring.mirror.Mirror`. Imports the client at its first call.

    Beside what is handed over, only the client's version and platform are sent: variables of the
    environment that switch LangSmith's own tracing on, or send it elsewhere, change nothing here.

    Raises: SettingsInvalid for an endpoint that holds credentials.
    """

    name = "LangSmith"

    def __init__(self, settings: LangSmithSettings, *, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._where = f"{self.name} at {server_of(settings.endpoint, 'LANGSMITH_ENDPOINT')}"
        self._client: Client | None = None
        self._project_id: UUID | None = None

    def check(self) -> str:
        """See the port. What the service says of itself it tells without a key."""
        with self._faults():
            next(self._opened().list_projects(limit=1), None)
        return self._where

    def send(self, records: Sequence[Record], deadline: Deadline) -> None:
        """See the port. Opinions go one by one, after the traces."""
        project = self._settings.project
        traces = [record for record in records if isinstance(record, AnswerTrace)]
        self._ingest([run for trace in traces for run in runs_of(trace, project=project)], [])
        for record in records:
            if isinstance(record, Opinion):
                self._give_opinion(record)

    def upload(
        self, dataset: MirroredDataset, experiment: Experiment, deadline: Deadline
    ) -> Uploaded:
        """See the port: an example for each item, a project that refers to the data set."""
        dataset_id, url = self._in_time(deadline, partial(self._dataset, dataset))
        self._renew_examples(dataset_id, dataset, deadline)
        create = partial(
            self._opened().create_project,
            experiment.name,
            description=experiment.description,
            metadata={**experiment.metadata, **experiment.figures},
            reference_dataset_id=dataset_id,
            upsert=True,
            num_examples=len(experiment.results),
        )
        project = self._in_time(deadline, create)
        hashes = {item.id: item.hash for item in dataset.items}
        notes: tuple[str, ...] = ()
        for at in range(0, len(experiment.results), _BATCH):
            batch = experiment.results[at : at + _BATCH]
            add = partial(self._add_results, batch, experiment, hashes, dataset_id, project.id)
            try:
                self._in_time(deadline, add)
            except MirrorFault as fault:
                notes = (
                    f"{self.name} took {at:,} of {len(experiment.results):,} results: {fault}.",
                )
                break
        self._close_experiment(project.id, experiment)
        link = f"{url}/compare?selectedSessions={project.id}" if url else project.url or ""
        return Uploaded(link=link, notes=notes)

    def close(self) -> None:
        """See the port."""
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=0)

    def _add_results(
        self,
        results: Sequence[ExperimentResult],
        experiment: Experiment,
        hashes: dict[str, str],
        dataset_id: UUID,
        project_id: UUID,
    ) -> None:
        runs: list[dict[str, Any]] = []
        feedback: list[dict[str, Any]] = []
        for result in results:
            run_id = uuid5(experiment.id, result.item_id)
            item_hash = hashes.get(result.item_id)
            example_id = None if item_hash is None else _example_id(dataset_id, item_hash)
            runs += runs_of(
                result.trace, project=experiment.name, run_id=run_id, example_id=example_id
            )
            for key, score in result.scores.items():
                feedback.append(
                    {
                        "id": str(uuid5(run_id, key)),
                        "run_id": str(run_id),
                        "trace_id": str(run_id),
                        "session_id": str(project_id),
                        "key": key,
                        "score": round(score, 4),
                        "comment": result.comment or None,
                        "feedback_source": {"type": "api", "metadata": {}},
                    }
                )
        self._ingest(runs, feedback)

    def _close_experiment(self, project_id: UUID, experiment: Experiment) -> None:
        """An end makes LangSmith show the experiment as complete; not worth failing for."""
        ends = [result.trace.started_at for result in experiment.results]
        try:
            with self._faults():
                self._opened().update_project(
                    project_id, end_time=max(ends, default=experiment.started_at)
                )
        except MirrorFault:
            return

    def _dataset(self, dataset: MirroredDataset) -> tuple[UUID, str]:
        """Its id and address, made where it is not there yet."""
        from langsmith.utils import LangSmithNotFoundError

        client = self._opened()
        try:
            found = client.read_dataset(dataset_name=dataset.name)
        except LangSmithNotFoundError:
            found = client.create_dataset(dataset.name, description=dataset.description)
        return found.id, found.url or ""

    def _renew_examples(
        self, dataset_id: UUID, dataset: MirroredDataset, deadline: Deadline
    ) -> None:
        """Examples' ids come from what the items say: a changed item is a new example."""
        wanted = {_example_id(dataset_id, item.hash): item for item in dataset.items}
        there = self._in_time(deadline, partial(self._examples_of, dataset_id))
        new = [
            _example(example_id, item)
            for example_id, item in wanted.items()
            if example_id not in there
        ]
        gone = list(there - wanted.keys())
        for at in range(0, len(new), _EXAMPLES):
            some = new[at : at + _EXAMPLES]
            self._in_time(deadline, partial(self._create_examples, dataset_id, some))
        for at in range(0, len(gone), _EXAMPLES):
            ids = gone[at : at + _EXAMPLES]
            self._in_time(deadline, partial(self._opened().delete_examples, ids))

    def _examples_of(self, dataset_id: UUID) -> set[UUID]:
        return {example.id for example in self._opened().list_examples(dataset_id=dataset_id)}

    def _create_examples(self, dataset_id: UUID, examples: list[dict[str, Any]]) -> None:
        from langsmith.utils import LangSmithConflictError

        with suppress(LangSmithConflictError):  # taken when it did not seem so
            self._opened().create_examples(dataset_id=dataset_id, examples=examples)

    def _give_opinion(self, opinion: Opinion) -> None:
        from langsmith.utils import LangSmithConflictError

        client = self._opened()
        with self._faults():
            if self._project_id is None:
                self._project_id = client.read_project(project_name=self._settings.project).id
            try:
                client.create_feedback(
                    opinion.trace_id,
                    opinion.name,
                    score=opinion.score,
                    feedback_id=opinion.id,
                    trace_id=opinion.trace_id,
                    session_id=self._project_id,
                    stop_after_attempt=1,
                )
            except LangSmithConflictError:
                client.update_feedback(opinion.id, score=opinion.score)

    def _ingest(self, runs: Sequence[dict[str, Any]], feedback: Sequence[dict[str, Any]]) -> None:
        if not runs and not feedback:
            return
        from langsmith.utils import LangSmithConflictError

        with self._faults():
            self._opened().request_with_retries(
                *("POST", "/runs/multipart"),
                request_kwargs={"files": multipart(runs, feedback)},
                to_ignore=(LangSmithConflictError,),  # it was there already
            )

    def _in_time(self, deadline: Deadline, call: Callable[[], T]) -> T:
        """Raises: MirrorFault."""

        def once() -> T:
            with self._faults():
                return call()

        return patiently(once, deadline)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """What the client raises as a MirrorFault; its own messages hold texts and half a key."""
        import requests

        try:
            yield
        except MirrorFault:
            raise
        except Exception as error:
            response = _response_of(error)
            if response is not None:
                raise answered(
                    response.status_code, response.headers, where=self._where, setting=_SETTING
                ) from None
            if isinstance(_innermost(error, requests.RequestException), requests.RequestException):
                raise unreachable(self._where) from None
            raise MirrorFault(
                f"{self._where} gave an answer that is none ({type(error).__name__})"
            ) from None

    def _opened(self) -> Client:
        if self._client is None:
            from langsmith import Client
            from urllib3.util import Retry

            # Its messages at every level hold what was sent, or stack traces.
            logging.getLogger("langsmith").setLevel(logging.CRITICAL + 1)
            key = self._settings.api_key.get_secret_value() if self._settings.api_key else ""
            milliseconds = round(self._timeout_s * 1000)
            with self._faults():
                self._client = Client(
                    # Unlike `api_url`, this leaves no room for the environment.
                    api_urls={self._settings.endpoint: key},
                    auto_batch_tracing=False,
                    tracing_mode="langsmith",
                    tracing_sampling_rate=1.0,
                    retry_config=Retry(0),
                    timeout_ms=(milliseconds, milliseconds),
                    omit_traced_runtime_info=True,
                    disable_prompt_cache=True,
                )
        return self._client


def _example_id(dataset_id: UUID, item_hash: str) -> UUID:
    return uuid5(dataset_id, item_hash)


def _example(example_id: UUID, item: DatasetItem) -> dict[str, Any]:
    return {
        "id": example_id,
        "inputs": dict(item.question),
        "reference_outputs": dict(item.expected),
        "metadata": {**item.metadata, "case": item.id},
    }


def _response_of(error: BaseException) -> Any:
    import requests

    found = _innermost(error, requests.HTTPError)
    return None if found is None else found.response


def _innermost(error: BaseException | None, kind: type[Any]) -> Any:
    """The first of this kind among the error and those behind it."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None
