"""What models were trained on and what they are measured by stay apart.

A trained model's texts are kept as signatures, no text can be read from them. They lie beside the
model in the same store, under its version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import engine
from engine.errors import WrongUse
from engine.storage.models import ModelStore, StoredModel
from engine.triage.examples import read_examples
from engine.triage.judge import is_shipped
from evals.case import Case
from evals.cases.own import read_own_cases
from evals.cases.signatures import (
    NearPair,
    Signatures,
    dump_signatures,
    near_pairs,
    normalised,
    read_signatures,
    signatures_of,
)

SEED: Final = Path(engine.__file__).parent / "triage" / "starter" / "seed.jsonl"
"""What the shipped triage model was trained on."""

_SHOWN = 5
_LEAST_ALONE = 15
"""Characters."""


class TrainedOn(StrEnum):
    """Which model texts were used for; the value is the model's name in the store."""

    TRIAGE = "triage"
    JUDGE = "judge"
    LEARNED = "learned"


_WORDS: Final = {
    TrainedOn.TRIAGE: "the triage model was trained on",
    TrainedOn.JUDGE: "the judge was calibrated on",
    TrainedOn.LEARNED: "was learned from people's answers in",
}


async def keep_training_texts(
    store: ModelStore,
    tenant: str,
    what: TrainedOn,
    version: str,
    texts: Iterable[tuple[str, str]],
    at: datetime,
) -> None:
    """Keeps signatures of named texts (such as `line 7`) beside the model of this version.

    Raises: StorageUnavailable.
    """
    body = await asyncio.to_thread(lambda: dump_signatures(signatures_of(texts)))
    model = StoredModel(
        name=_stored_name(what), version=version, made_at=at, card={"of": what.value}, body=body
    )
    await store.save(tenant, model)


async def refuse_trained_cases(
    store: ModelStore, tenant: str, cases: Sequence[Case]
) -> tuple[str, ...]:
    """Refuses cases that a model in use was trained on; without an own triage model, that is the
    shipped one.

    Gives a sentence for each model of which that cannot be told, since it was made before its
    texts were kept.

    Raises: WrongUse that names the pairs; StorageUnavailable.
    """
    notes = []
    signed = await asyncio.to_thread(lambda: signatures_of(case_texts(cases)))
    for what in TrainedOn:
        # A judge's own name tells its model and prompt, so its labels are looked for themselves.
        named = _stored_name(what) if what is TrainedOn.JUDGE else what.value
        version = await store.newest_version(tenant, named)
        if version is None or (what is TrainedOn.TRIAGE and is_shipped(version)):
            if what is TrainedOn.TRIAGE:
                shipped = await asyncio.to_thread(_shipped_seed)
                await _refuse(signed, shipped, "the shipped triage model was trained on")
            continue
        kept = await store.get(tenant, _stored_name(what), version)
        if kept is None:
            notes.append(
                f"the {what.value} model was made before its training texts were noted, so "
                "whether these cases are among them is not known; train it again"
            )
            continue
        trained = await asyncio.to_thread(read_signatures, kept.body)
        await _refuse(signed, trained, _WORDS[what])
    return tuple(notes)


async def refuse_case_texts(home: Path, texts: Sequence[tuple[str, str]]) -> None:
    """Refuses training texts that are saved cases of `home`.

    texts: each with what a person finds it by, such as `line 7`.

    Raises: WrongUse that names the pairs.
    """
    pairs = await asyncio.to_thread(_own_pairs, home, texts)
    if pairs:
        raise WrongUse(
            f"the file has texts that are saved evaluation cases: {_shown(pairs)}; take them out "
            "of one of the two"
        )


def overlap(
    cases: Sequence[Case], texts: Iterable[tuple[str, str]], *, most: int = 20
) -> tuple[NearPair, ...]:
    """Pairs of a case's id and a training text's name that are nearly the same text."""
    return near_pairs(signatures_of(case_texts(cases)), signatures_of(texts), most=most)


def case_texts(cases: Iterable[Case]) -> Iterator[tuple[str, str]]:
    """Each text of a case that a training text may repeat, with the case's id.

    A ticket counts as a whole; its mail and its question also alone, if they are not so short that
    many tickets share them.
    """
    for case in cases:
        question = case.question
        mail = "\n".join(t for t in (question.subject, question.body) if t.strip())
        yield question.id, f"{mail}\n{question.text}"
        if mail and question.text.strip():
            for alone in (mail, question.text):
                if len(normalised(alone)) >= _LEAST_ALONE:
                    yield question.id, alone


async def _refuse(cases: Signatures, trained: Signatures, which: str) -> None:
    pairs = await asyncio.to_thread(near_pairs, cases, trained)
    if pairs:
        raise WrongUse(
            f"the data set has questions that {which}: {_shown(pairs)}; take them out of one of "
            "the two"
        )


@lru_cache(maxsize=1)
def _shipped_seed() -> Signatures:
    found = read_examples(SEED)
    numbered = zip(found.lines, found.examples, strict=True)
    return signatures_of((f"line {line} of {SEED.name}", each.text) for line, each in numbered)


def _own_pairs(home: Path, texts: Sequence[tuple[str, str]]) -> tuple[NearPair, ...]:
    own = read_own_cases(home)
    if own is None or not own.cases:
        return ()
    numbered = {name: f"{name} (line {number})" for name, number in own.numbers.items()}
    named = ((numbered[name], text) for name, text in case_texts(own.cases))
    return near_pairs(signatures_of(texts), signatures_of(named))


def _shown(pairs: Sequence[NearPair]) -> str:
    seen = [f"{pair.first} and {pair.second}" for pair in pairs]
    more = ", and more" if len(seen) > _SHOWN else ""
    return ", ".join(seen[:_SHOWN]) + more


def _stored_name(what: TrainedOn) -> str:
    return f"{what.value}_texts"
