"""Texts as signatures from which their likeness can be told, and the texts cannot.

A text is its set of four-character pieces, after case, accents' form and punctuation are taken
away. Its signature is the low byte of 128 minima under 128 hash functions (Broder 1997; bytes of
them as in Li and Koenig, b-bit minwise hashing, 2010): two signatures agree in a share of places
that is the Jaccard similarity J of the sets, plus 1/256 of the rest by chance. At J = .7 the
estimate's standard error is .04.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.errors import DeskhandError

SLOTS: Final = 128
NEAR: Final = 0.7
"""From this similarity on two texts count as one: a typing error in a short question, or a word
more in a long one, leaves them above it, another product or country does not."""

_PIECE = 4
_BAND = 4
_MOST_CHARS = 4_000
_ROWS_AT_ONCE = 8_192
_PAIRS_AT_ONCE = 200_000
_NOT_WORD = re.compile(r"[\W_]+")
_RANDOM = np.random.default_rng(20_260_301)
_FACTORS = _RANDOM.integers(0, 2**63, SLOTS, np.uint64) * np.uint64(2) + np.uint64(1)
_OFFSETS = _RANDOM.integers(0, 2**63, SLOTS, np.uint64)


@dataclass(frozen=True, slots=True)
class Signatures:
    """names: what a person finds each text by, such as an id or `line 7`. slots: texts x 128."""

    names: tuple[str, ...]
    slots: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, order=True)
class NearPair:
    """Two texts of two sets that are nearly one. similarity: as estimated, up to 1."""

    first: str
    second: str
    similarity: float


def signatures_of(texts: Iterable[tuple[str, str]]) -> Signatures:
    """Signatures of named texts; one without a letter or a digit has none.

    Pure processor work, 5,000 short texts a second and more: call it in a thread.
    """
    names: list[str] = []
    parts: list[NDArray[np.uint8]] = []
    for batch in _batches(texts):
        names += [name for name, _ in batch]
        parts.append(_minima([pieces for _, pieces in batch]))
    empty = np.empty((0, SLOTS), np.uint8)
    return Signatures(tuple(names), np.concatenate([empty, *parts]))


def near_pairs(first: Signatures, second: Signatures, *, most: int = 20) -> tuple[NearPair, ...]:
    """Pairs of nearly the same text, at most `most` of them: each name of `first` once, with the
    likest text of `second`, in the order of `first`.

    Texts are compared where 4 neighbouring places agree, which finds J = .7 in 9,998 of 10,000.
    """
    found: dict[str, tuple[float, int]] = {}
    for rows, others in _candidates(first.slots, second.slots):
        agree = (first.slots[rows] == second.slots[others]).mean(axis=1)
        alike = np.clip((agree - 1 / 256) / (1 - 1 / 256), 0.0, 1.0)
        near = np.flatnonzero(alike >= NEAR)
        near = near[np.lexsort((others[near], alike[near], rows[near]))]
        # The last of each row's is its likest: texts of a crowd have thousands of others each.
        for place in near[np.append(np.diff(rows[near]) != 0, True)[: len(near)]]:
            name, likeness = first.names[int(rows[place])], float(alike[place])
            found[name] = max(found.get(name, (0.0, -1)), (likeness, int(others[place])))
    pairs = [
        NearPair(name, second.names[found[name][1]], round(found[name][0], 3))
        for name in dict.fromkeys(first.names)
        if name in found
    ]
    return tuple(pairs[:most])


def dump_signatures(signatures: Signatures) -> bytes:
    """Signatures as a file."""
    file = io.BytesIO()
    np.savez_compressed(file, names=np.array(signatures.names, "U"), slots=signatures.slots)
    return file.getvalue()


def read_signatures(body: bytes) -> Signatures:
    """What `dump_signatures` wrote.  Raises: DeskhandError where it is something else."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            names, slots = file["names"], file["slots"]
    except (OSError, ValueError, KeyError, EOFError):
        raise DeskhandError(
            "what is kept of the training texts cannot be read; train the model again"
        ) from None
    if slots.dtype != np.uint8 or slots.shape != (len(names), SLOTS):
        raise DeskhandError(
            "what is kept of the training texts is of another version; train the model again"
        )
    return Signatures(tuple(map(str, names)), slots)


def _batches(
    texts: Iterable[tuple[str, str]],
) -> Iterator[list[tuple[str, NDArray[np.uint64]]]]:
    """Named pieces, so many texts at a time that their hashes stay small."""
    batch: list[tuple[str, NDArray[np.uint64]]] = []
    rows = 0
    for name, text in texts:
        pieces = _pieces(text)
        if not len(pieces):
            continue
        if batch and rows + len(pieces) > _ROWS_AT_ONCE:
            yield batch
            batch, rows = [], 0
        batch.append((name, pieces))
        rows += len(pieces)
    if batch:
        yield batch


def normalised(text: str) -> str:
    """The text as it is compared: letters and digits, a blank between words."""
    return _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text[:_MOST_CHARS]).casefold()).strip()


def _pieces(text: str) -> NDArray[np.uint64]:
    """A hash of each four characters, blanks around the text; empty for an empty text."""
    words = normalised(text)
    if not words:
        return np.empty(0, np.uint64)
    padded = f" {words} ".ljust(_PIECE)
    codes = np.frombuffer(padded.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    hashed = np.zeros(len(codes) - _PIECE + 1, np.uint64)
    for place in range(_PIECE):
        hashed = hashed * np.uint64(0x110000) + codes[place : len(codes) - _PIECE + 1 + place]
    return _mixed(hashed)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """splitmix64's last steps (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _minima(pieces: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint8]:
    starts = np.cumsum([0, *(len(each) for each in pieces[:-1])])
    hashed = np.concatenate(pieces)[:, None] * _FACTORS + _OFFSETS
    least = np.minimum.reduceat(hashed, starts, axis=0)
    return (_mixed(least) & np.uint64(0xFF)).astype(np.uint8)


def _candidates(
    first: NDArray[np.uint8], second: NDArray[np.uint8]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows of both that agree in a whole band, so many pairs at a time."""
    if not len(first) or not len(second):
        return
    for start in range(0, SLOTS, _BAND):
        mine = np.ascontiguousarray(first[:, start : start + _BAND]).view(np.uint32)[:, 0]
        theirs = np.ascontiguousarray(second[:, start : start + _BAND]).view(np.uint32)[:, 0]
        order = np.argsort(theirs, kind="stable")
        ranked = theirs[order]
        low, high = (np.searchsorted(ranked, mine, side) for side in ("left", "right"))
        counts = high - low
        rows = np.flatnonzero(counts)
        while len(rows):
            # As many rows as fit; one row alone may have more pairs than that.
            fit = max(1, int(np.searchsorted(np.cumsum(counts[rows]), _PAIRS_AT_ONCE)))
            part, rows = rows[:fit], rows[fit:]
            of = np.repeat(part, counts[part])
            within = np.arange(len(of)) - np.repeat(
                np.cumsum(counts[part]) - counts[part], counts[part]
            )
            yield of, order[low[of] + within]
