"""The files between the bench and a peer's process; both sides use this module.

The other side runs in an environment of its own, so nothing but NumPy is imported here. A folder
holds `passages.jsonl` and `questions.jsonl` (a JSON string a line), `passages.npy` and
`questions.npy` (float32 unit rows in the same order), `wanted.json`, and, once a peer is done,
`<peer>.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What every peer is given.

    passage_vectors, question_vectors: float32 unit rows, in the order of the texts.
    warm_up: how many of the questions are asked before the timed ones, from the first on.
    k: passages wanted for each question.
    """

    passages: Sequence[str]
    passage_vectors: NDArray[np.float32]
    questions: Sequence[str]
    question_vectors: NDArray[np.float32]
    warm_up: int
    k: int

    def __post_init__(self) -> None:
        """Raises ValueError where texts and vectors do not belong together."""
        for what, texts, vectors in (
            ("passages", self.passages, self.passage_vectors),
            ("questions", self.questions, self.question_vectors),
        ):
            if vectors.ndim != 2 or len(vectors) != len(texts):
                raise ValueError(f"{len(texts)} {what} cannot have vectors of {vectors.shape}")
        if not 0 <= self.warm_up <= len(self.questions):
            raise ValueError(f"{self.warm_up} of {len(self.questions)} questions cannot warm up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a peer found for the questions after the warm-up, in their order.

    version: of the peer's package. index_s: seconds to build its index.
    ms: of each search. ranked: positions of passages, best first, at most k for each question.
    """

    version: str
    index_s: float
    ms: tuple[float, ...]
    ranked: tuple[tuple[int, ...], ...]


def write_exchange(exchange: Exchange, folder: Path) -> None:
    """Writes everything a peer is given into an existing folder."""
    _write_texts(folder / "passages.jsonl", exchange.passages)
    _write_texts(folder / "questions.jsonl", exchange.questions)
    np.save(folder / "passages.npy", exchange.passage_vectors.astype(np.float32))
    np.save(folder / "questions.npy", exchange.question_vectors.astype(np.float32))
    wanted = {"warm_up": exchange.warm_up, "k": exchange.k}
    (folder / "wanted.json").write_text(json.dumps(wanted), encoding="utf-8")


def read_exchange(folder: Path) -> Exchange:
    """What `write_exchange` wrote.

    Raises: OSError, ValueError or KeyError for a folder that holds something else.
    """
    wanted = json.loads((folder / "wanted.json").read_text(encoding="utf-8"))
    return Exchange(
        passages=_read_texts(folder / "passages.jsonl"),
        passage_vectors=np.load(folder / "passages.npy", allow_pickle=False),
        questions=_read_texts(folder / "questions.jsonl"),
        question_vectors=np.load(folder / "questions.npy", allow_pickle=False),
        warm_up=int(wanted["warm_up"]),
        k=int(wanted["k"]),
    )


def write_found(found: Found, path: Path) -> None:
    """Writes what a peer found."""
    path.write_text(json.dumps(asdict(found)), encoding="utf-8")


def parse_found(said: dict[str, Any], exchange: Exchange) -> Found:
    """What a peer said it found.

    Raises: ValueError or KeyError where it is not an answer to this exchange.
    """
    found = Found(
        version=str(said["version"]),
        index_s=float(said["index_s"]),
        ms=tuple(float(ms) for ms in said["ms"]),
        ranked=tuple(tuple(int(position) for position in row) for row in said["ranked"]),
    )
    asked = len(exchange.questions) - exchange.warm_up
    if len(found.ms) != asked or len(found.ranked) != asked:
        raise ValueError(f"{len(found.ranked)} answers to {asked} questions")
    for row in found.ranked:
        if len(row) > exchange.k or any(not 0 <= p < len(exchange.passages) for p in row):
            raise ValueError("passages were named that were not given, or too many")
    return found


def _write_texts(path: Path, texts: Sequence[str]) -> None:
    # ASCII alone: a line separator within a text must not end its line.
    path.write_text("".join(f"{json.dumps(text)}\n" for text in texts), encoding="ascii")


def _read_texts(path: Path) -> list[str]:
    texts = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{path.name} holds something that is no text")
    return texts
