"""Words to terms to BM25 vectors.

A term is the 32-bit hash of a stemmed lower-case word; stop words are dropped. Identifiers with
inner punctuation and a digit, a full stop or a colon (`4.1.1.2`, `CVE-2017-3156`, `load.rules`)
give both their parts and the whole, so that an exact one counts as a rare term; others
(`config_map`) give their parts.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from py_rust_stemmers import SnowballStemmer

from engine.retrieval.index import SparseVector

LEXICAL_VERSION = "2"
"""Changes when the same text would give other terms or weights."""

K1 = 1.2
B = 0.75
AVERAGE_TERMS = 128.0
"""BM25's usual constants; the average is fixed so that a passage's vector never changes."""

_WORD = re.compile(r"[^\W_]+(?:[._:/@#&+'’-]+[^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_STEMMER = SnowballStemmer("english")

STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being
    below between both but by can could did do does doing down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not of off on once only or other our ours ourselves out over own
    same she should so some such than that the their theirs them themselves then there these they
    this those through to too under until up very was we were what when where which while who whom
    why will with would you your yours yourself yourselves s t don doesn didn isn aren wasn weren
    won wouldn couldn shouldn hasn haven hadn ll ve re m d please""".split()
)


@lru_cache(maxsize=65_536)
def _term(word: str) -> int:
    return zlib.crc32(_STEMMER.stem_word(word).encode())


@lru_cache(maxsize=65_536)
def _raw_term(word: str) -> int:
    return zlib.crc32(b"=" + word.encode())


def words(text: str) -> list[str]:
    """Lower-case words in order, stop words included, identifiers split into their parts."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _PART.findall(folded)


def terms(text: str) -> NDArray[np.uint32]:
    """Terms of a text in order, with repeats; an identifier's whole follows its parts."""
    folded = unicodedata.normalize("NFKC", text).lower()
    out: list[int] = []
    for match in _WORD.finditer(folded):
        whole = match.group()
        parts = _PART.findall(whole)
        if len(parts) == 1:
            if whole not in STOP_WORDS:
                out.append(_term(whole))
            continue
        if parts[1:] in (["s"], ["t"], ["re"], ["ve"], ["ll"], ["d"], ["m"]):
            if parts[0] not in STOP_WORDS:
                out.append(_term(parts[0]))
            continue
        out.extend(_term(part) for part in parts if part not in STOP_WORDS)
        if any(c.isdigit() for c in whole) or "." in whole or ":" in whole:
            out.append(_raw_term(whole))
    return np.array(out, dtype=np.uint32)


def document_vector(term_sequence: NDArray[np.uint32]) -> SparseVector:
    """BM25 term weights of a passage without IDF: tf x (k1 + 1) / (tf + k1 x (1 - b + b x n/avg)).

    Source: Robertson and Zaragoza, The Probabilistic Relevance Framework (2009), eq. 3.15.
    """
    indices, counts = np.unique(term_sequence, return_counts=True)
    tf = counts.astype(np.float32)
    norm = K1 * (1.0 - B + B * len(term_sequence) / AVERAGE_TERMS)
    return SparseVector(indices=indices, values=(tf * (K1 + 1.0) / (tf + norm)).astype(np.float32))
