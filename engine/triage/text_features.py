"""TF-IDF of words and of characters by NumPy alone: the arithmetic of scikit-learn's
`TfidfVectorizer`, without the second that importing it takes."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.triage.examples import MAX_CHARS

_TOKEN = re.compile(r"(?u)\b\w\w+\b")
_SPACES = re.compile(r"\s\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tfidf:
    """One fitted vectoriser.

    vocabulary: n-gram to column. idf: weight of each column. characters: n-grams of characters
    within words instead of n-grams of words. shortest, longest: n.
    """

    vocabulary: Mapping[str, int]
    idf: NDArray[np.float32]
    characters: bool
    shortest: int
    longest: int

    def sparse(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Columns and weights of a text, of length 1; none for a text of unknown n-grams.

        (1 + ln tf) x idf, divided by the row's Euclidean length.
        Source: scikit-learn's user guide, 7.2.3.4, with `sublinear_tf`.
        """
        folded = text[:MAX_CHARS].lower()
        grams = self._of_characters(folded) if self.characters else self._of_words(folded)
        vocabulary = self.vocabulary
        counts = Counter(vocabulary[gram] for gram in grams if gram in vocabulary)
        columns = np.fromiter(counts.keys(), np.int64, len(counts))
        weights = np.fromiter((1.0 + math.log(n) for n in counts.values()), np.float32, len(counts))
        weights *= self.idf[columns]
        length = float(np.sqrt(np.sum(weights * weights)))
        return columns, weights / np.float32(length) if length else weights

    def _of_words(self, text: str) -> Iterator[str]:
        tokens = _TOKEN.findall(text)
        for n in range(self.shortest, self.longest + 1):
            for start in range(len(tokens) - n + 1):
                yield " ".join(tokens[start : start + n])

    def _of_characters(self, text: str) -> Iterator[str]:
        for word in _SPACES.sub(" ", text).split():
            padded = f" {word} "
            for n in range(self.shortest, self.longest + 1):
                yield padded[:n]
                for start in range(1, len(padded) - n + 1):
                    yield padded[start : start + n]
                if len(padded) <= n:  # a short word counts once
                    break
