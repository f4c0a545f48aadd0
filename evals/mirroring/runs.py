"""A run of an evaluation as an experiment on a mirrored data set."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from engine.errors import DeskhandError
from engine.fault_place import place
from engine.mirroring.mirror import Deadline, Mirror, Uploaded
from engine.mirroring.opening import MOST_CHARS, open_mirrors, open_redactor
from engine.mirroring.records import (
    DatasetItem,
    Experiment,
    ExperimentResult,
    MirroredDataset,
    redacted_item,
    redacted_trace,
)
from engine.redaction import Redactor
from engine.settings import Settings
from evals.case import Case
from evals.mirroring.answer import answer_trace, question_json
from evals.run_record import RunRecord

log = logging.getLogger(__name__)

_GRACE_S = 1.0
"""Beyond the time for the upload, for what it says of itself in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredRun:
    """links: addresses by the service's name. notes: sentences about what is missing there."""

    links: Mapping[str, str]
    notes: tuple[str, ...]


def mirrors_are_set(settings: Settings) -> bool:
    """Whether there is a service to mirror to, set by half or whole."""
    langfuse = settings.langfuse
    return any((settings.langsmith.api_key, langfuse.public_key, langfuse.secret_key))


async def mirror_run(
    record: RunRecord,
    cases: Sequence[Case],
    answers: Mapping[str, Mapping[str, Any]],
    settings: Settings,
) -> MirroredRun:
    """Uploads a run to every service that is set, all at once; does nothing where none is.

    answers: by the case's id, as `render_trace` gives them; a result without one is left out, and
    noted.
    Whatever the services do, it ends within `settings.mirror.upload_s` and raises nothing.
    """
    try:
        mirrors = open_mirrors(settings)
    except DeskhandError as error:
        return MirroredRun(links={}, notes=(str(error),))
    if not mirrors:
        return MirroredRun(links={}, notes=())
    upload = _Upload(record, tuple(cases), answers, settings.openai.model, open_redactor(settings))
    limit_s = settings.mirror.upload_s
    done = await asyncio.gather(*(_uploaded(mirror, upload, limit_s) for mirror in mirrors))
    left_out = sum(result.case_id not in answers for result in record.results)
    note = f"{left_out:,} results whose answers were not stored, such as faults, are not mirrored."
    return MirroredRun(
        links={
            mirror.name: result.link
            for mirror, result in zip(mirrors, done, strict=True)
            if result.link
        },
        notes=(*((note,) if left_out else ()), *(said for found in done for said in found.notes)),
    )


async def _uploaded(mirror: Mirror, upload: _Upload, limit_s: float) -> Uploaded:
    """In a thread that is a daemon, so that nobody waits for it beyond the time."""
    loop = asyncio.get_running_loop()
    deadline = Deadline(limit_s)
    outcome: asyncio.Future[Uploaded] = loop.create_future()

    def hand_over(result: Uploaded) -> None:
        if not outcome.done():
            outcome.set_result(result)

    def work() -> None:
        result = upload.to(mirror, deadline)
        with contextlib.suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(hand_over, result)

    threading.Thread(target=work, name=f"deskhand-{mirror.name.lower()}-run", daemon=True).start()
    try:
        async with asyncio.timeout(limit_s + _GRACE_S):
            return await outcome
    except TimeoutError:
        return Uploaded(link="", notes=(f"{mirror.name} did not take the run in {limit_s:g} s.",))
    finally:
        deadline.stop()


@dataclass(frozen=True, slots=True)
class _Upload:
    record: RunRecord
    cases: tuple[Case, ...]
    answers: Mapping[str, Mapping[str, Any]]
    model: str
    redactor: Redactor

    def to(self, mirror: Mirror, deadline: Deadline) -> Uploaded:
        """Never raises."""
        try:
            dataset = mirrored_dataset(self.record, self.cases)
            items = tuple(
                redacted_item(item, self.redactor, most_chars=MOST_CHARS) for item in dataset.items
            )
            done = mirror.upload(replace(dataset, items=items), self._experiment(), deadline)
        except DeskhandError as error:
            return Uploaded(link="", notes=(f"The run is not in {mirror.name}: {error}.",))
        except Exception as error:  # a vendor's library may raise anything
            what = f"{type(error).__name__} at {place(error)}"
            log.error("the run is not in %s: %s", mirror.name, what)
            return Uploaded(link="", notes=(f"The run is not in {mirror.name}; the log says why.",))
        finally:
            mirror.close()
        return done

    def _experiment(self) -> Experiment:
        experiment = experiment_of(self.record, self.cases, self.answers, model=self.model)
        results = tuple(
            replace(
                result,
                trace=redacted_trace(result.trace, self.redactor, most_chars=MOST_CHARS),
                comment=self.redactor.redact(result.comment),
            )
            for result in experiment.results
        )
        return replace(experiment, results=results)


def dataset_name(record: RunRecord) -> str:
    """One name for each set of cases that is asked again and again, whatever the target's words.

    A part of a set is a set of its own: what a run does not ask must not look removed.
    """
    named = [record.dataset]
    if record.target != record.dataset and not set("/.\\") & set(record.target):
        named.append(record.target)
    return "-".join(["deskhand", *named, *([record.split] if record.split else [])])


def mirrored_dataset(record: RunRecord, cases: Sequence[Case]) -> MirroredDataset:
    """The data set of a run as it is now."""
    return MirroredDataset(
        name=dataset_name(record),
        description=f"Cases of Deskhand's evaluation of {record.dataset}.",
        items=tuple(_item(case) for case in cases),
    )


def experiment_of(
    record: RunRecord,
    cases: Sequence[Case],
    answers: Mapping[str, Mapping[str, Any]],
    *,
    model: str,
) -> Experiment:
    """The run's results that have an answer, with their columns as scores."""
    questions = {case.question.id: case.question for case in cases}
    results = [
        ExperimentResult(
            item_id=result.case_id,
            trace=answer_trace(
                *(answers[result.case_id], questions[result.case_id]),
                started_at=record.started_at,
                model=model,
                environment="experiment",
                tags=("deskhand", result.outcome),
            ),
            scores=dict(result.columns),
            comment=" ".join(result.problems),
        )
        for result in record.results
        if result.case_id in answers and result.case_id in questions
    ]
    return Experiment(
        id=_run_uuid(record.id),
        name=f"{dataset_name(record)} {record.started_at:%Y-%m-%d %H:%M} {record.id[:8]}",
        dataset=dataset_name(record),
        description=f"{record.target}, judged by {record.judge}",
        started_at=record.started_at,
        results=tuple(results),
        figures={figure.metric: figure.value for figure in record.figures},
        metadata={
            "run": record.id,
            "fingerprint": record.fingerprint,
            "judge": record.judge,
            "state": record.state.value,
            "dataset_hash": record.dataset_hash,
            "cost_usd": record.cost_usd,
        },
    )


def _item(case: Case) -> DatasetItem:
    asked = question_json(case.question)
    expected = {
        "answer": case.expected_answer,
        "documents": dict(case.gains),
        "outcome": case.expected_outcome.value if case.expected_outcome else "",
        "must_contain": list(case.must_contain),
        "must_not_contain": list(case.must_not_contain),
        "category": case.category,
        "priority": case.priority,
    }
    expected = {name: value for name, value in expected.items() if value}
    metadata = {"kind": case.kind, "tags": sorted(case.tags)}
    said = json.dumps([case.question.id, asked, expected, metadata], sort_keys=True)
    return DatasetItem(
        id=case.question.id,
        hash=hashlib.sha256(said.encode()).hexdigest(),
        question=asked,
        expected=expected,
        metadata=metadata,
    )


def _run_uuid(run_id: str) -> UUID:
    try:
        return UUID(run_id)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"deskhand:run:{run_id}")
