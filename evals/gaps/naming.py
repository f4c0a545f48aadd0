"""What a cluster of questions is called: the words that it has and others do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.lexical import STOP_WORDS

_WORDS = 3
_PATTERN = r"(?u)\b[^\W\d_][\w'’.-]*\w\b"


def names_of(clusters: Sequence[Sequence[str]], others: Sequence[str] = ()) -> list[str]:
    """A name for each cluster: its most characteristic words and pairs of them.

    others: questions of no cluster, which tell what is common. A name may be empty where a cluster
    has no words. Source: class-based TF-IDF, Grootendorst, BERTopic (2022), eq. 2: the frequency
    of a term in a class times log(1 + mean terms of a class / the term's frequency in all).
    """
    if not clusters:
        return []
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(
        ngram_range=(1, 2), stop_words=sorted(STOP_WORDS), token_pattern=_PATTERN
    )
    texts = [" \n ".join(cluster) for cluster in clusters]
    try:
        counts = vectorizer.fit_transform([*texts, *others])
    except ValueError:  # nothing but stop words
        return ["" for _ in clusters]
    terms = vectorizer.get_feature_names_out()
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    mean = frequency.sum() / counts.shape[0]
    rows = counts[: len(clusters)].toarray() * np.log1p(mean / frequency)
    return [_name(row, terms) for row in rows]


def representative(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> int:
    """The row nearest to the centre, the first of equals."""
    return int(np.argmax(vectors @ centre))


def _name(row: NDArray[np.float64], terms: NDArray[np.str_]) -> str:
    """The best terms, without words that another already says."""
    chosen: list[str] = []
    for place in np.argsort(-row, kind="stable"):
        term = str(terms[place])
        if row[place] <= 0 or len(chosen) == _WORDS:
            break
        said = {word for each in chosen for word in each.split()}
        if not set(term.split()) & said:
            chosen.append(term)
    return ", ".join(chosen)
