"""What can be evaluated: the shipped sample, saved cases, a file of cases, a folder of a set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.errors import WrongUse
from evals.cases.dataset import Dataset, load_dataset
from evals.cases.hashing import Split, case_hash
from evals.cases.own import own_cases_path
from evals.corpora import SAMPLE
from evals.suites.metric import Suite

SAMPLE_TARGET, OWN_TARGET = "sample", "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A data set, and where its questions are asked.

    name: by which two runs of it are the same; a path is absolute. suites: what is computed; home:
    of an engine of its own, which holds the set's documents; None asks the live knowledge. fits:
    the engine learns what the documents answer, as an ingestion ends in production; the sample is
    too small to learn from, so there the shipped model is measured.
    """

    name: str
    dataset: Dataset
    suites: tuple[Suite, ...]
    home: Path | None
    fits: bool = True

    def case_hashes(self) -> tuple[str, ...]:
        """Of each case, in order."""
        return tuple(case_hash(case) for case in self.dataset.cases)


def target_name(named: str) -> str:
    """The name of a target as runs are stored under it.

    Raises: WrongUse where there is no such target: the sentence says what there is.
    """
    if named in (SAMPLE_TARGET, OWN_TARGET) or named in {suite.value for suite in Suite}:
        return named
    path = Path(named).expanduser()
    if not named or not path.exists():
        suites = ", ".join(suite.value for suite in Suite)
        raise WrongUse(
            f"{named[:80]!r} is nothing to evaluate; there are {SAMPLE_TARGET}, the suites "
            f"{suites}, {OWN_TARGET} (cases saved with `deskhand eval cases add`), a FILE.jsonl "
            "of cases, and a FOLDER of a data set"
        )
    return str(path.resolve())


def load_target(
    name: str, home: Path, suites: tuple[Suite, ...], split: Split | None = None
) -> Target:
    """A target by the name that `target_name` gave. Blocks.

    home: of the settings. suites: what is wanted of it; a target that is a suite has that alone.
    split: the part of its cases.

    Raises: WrongUse where it cannot be read, holds no case, or lacks every suite that is wanted.
    """
    homes = home / "evals" / "homes"
    own_suite = tuple(suite for suite in Suite if suite.value == name)
    if own_suite or name == SAMPLE_TARGET:
        wanted = tuple(suite for suite in (own_suite or tuple(Suite)) if suite in suites)
        if not wanted:
            raise WrongUse(f"{name} has no other suite; leave out --suite")
        dataset = load_dataset(SAMPLE, split=split)
        return Target(
            name=name, dataset=dataset, suites=wanted, home=homes / SAMPLE_TARGET, fits=False
        )
    if name == OWN_TARGET:
        path = own_cases_path(home)
        if not path.is_file():
            raise WrongUse("no case is saved yet; `deskhand eval cases add` saves one")
        dataset = load_dataset(path, split=split)
        return Target(name=name, dataset=dataset, suites=suites, home=None)
    dataset = load_dataset(Path(name), split=split)
    key = hashlib.sha256(name.encode()).hexdigest()[:16]
    return Target(
        name=name, dataset=dataset, suites=suites, home=homes / key if dataset.sources else None
    )
