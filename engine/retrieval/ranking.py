"""The score of a passage: what its vector, its sentences and its words say, and its document's.

Untrained: a sum of seven shares, each between 0 and 1, chosen where several corpora agree (see
the README's decisions). Sources of evidence, for a passage and for its whole document: cosine,
BM25 over the best match, words of the title, and pairs of words that stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.lexical import AVERAGE_TERMS, K1, B
from engine.retrieval.passage import Candidate, DocumentVectors
from engine.retrieval.query import QueryTerms
from engine.retrieval.weights import TermWeights

_PASSAGE, _SENTENCE, _CENTROID = 0.60, 0.10, 0.30
_BM25_PASSAGE, _BM25_DOCUMENT, _TITLE, _PAIRS = 0.15, 0.15, 0.10, 0.10
_WHOLE = _PASSAGE + _SENTENCE + _CENTROID + _BM25_PASSAGE + _BM25_DOCUMENT + _TITLE + _PAIRS
_JOINED = 0.4
"""Share of the joined turns' score for a question that follows up."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuery:
    """One text of a question as ranking sees it: its vector, its terms, and their IDF."""

    vector: Floats
    terms: QueryTerms
    weights: TermWeights


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates, best first; the arrays are in the order of `ids`.

    scores: in [0, 1]. cosines: of the passage. sentence_cosines: of each sentence.
    coverages: IDF-weighted share of the question's terms in the passage, its title or headings.
    features: of the whole ranking, for judging answerability.
    """

    ids: tuple[str, ...]
    scores: Floats
    cosines: Floats
    sentence_cosines: tuple[Floats, ...]
    coverages: Floats
    features: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stacked:
    """The candidates' vectors as matrices; rows of sentences and terms lie one after another."""

    dense: Floats
    sentences: NDArray[np.int8]
    sentence_starts: NDArray[np.intp]
    sequence: NDArray[np.uint32]
    sequence_starts: NDArray[np.intp]
    document_of: NDArray[np.intp]
    documents: list[DocumentVectors]


def rank(
    queries: Sequence[RankingQuery],
    candidates: Mapping[str, Candidate],
    documents: Mapping[str, DocumentVectors],
) -> Ranked:
    """Orders candidates; a pure function.

    queries: the last turn, then the joined turns if there is history.
    documents: by id; candidates whose document is not there are left out.
    """
    ids = [i for i, c in candidates.items() if c.document_id in documents]
    if not ids:
        none = np.empty(0, np.float32)
        return Ranked(
            ids=(), scores=none, cosines=none, sentence_cosines=(), coverages=none, features={}
        )
    stacked = _stack([candidates[i] for i in ids], documents)
    total, cosines, sentence_cosines, coverages, focus = _score(queries[0], stacked)
    for joined in queries[1:]:
        total = (1 - _JOINED) * total + _JOINED * _score(joined, stacked)[0]
    order = np.argsort(-total, kind="stable")
    each = np.split(sentence_cosines, stacked.sentence_starts[1:])
    return Ranked(
        ids=tuple(ids[i] for i in order),
        scores=np.clip(total[order] / _WHOLE, 0.0, 1.0),
        cosines=cosines[order],
        sentence_cosines=tuple(each[i] for i in order),
        coverages=coverages[order],
        features=_features(total, sentence_cosines, focus, stacked, order),
    )


def _stack(candidates: Sequence[Candidate], documents: Mapping[str, DocumentVectors]) -> _Stacked:
    rows = {d: n for n, d in enumerate(dict.fromkeys(c.document_id for c in candidates))}
    sequences = [
        part for c in candidates for part in (c.vectors.title_terms, c.vectors.terms, _GAP)
    ]
    sizes = [len(c.vectors.title_terms) + len(c.vectors.terms) + 1 for c in candidates]
    counts = [len(c.vectors.sentences) for c in candidates]
    return _Stacked(
        dense=np.stack([c.vectors.dense for c in candidates]).astype(np.float32),
        sentences=np.concatenate([c.vectors.sentences for c in candidates]),
        sentence_starts=np.cumsum([0, *counts[:-1]]),
        sequence=np.concatenate(sequences),
        sequence_starts=np.cumsum([0, *sizes[:-1]]),
        document_of=np.array([rows[c.document_id] for c in candidates]),
        documents=[documents[d] for d in rows],
    )


_GAP = np.zeros(1, np.uint32)
"""Stands after each candidate's terms: no term is 0, so no pair reaches across two passages and
no row is empty."""


def _score(query: RankingQuery, at: _Stacked) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Scores, passage cosines, sentence cosines, coverages, coverages of the focus alone."""
    cosines = at.dense @ query.vector
    sentence_cosines = (at.sentences.astype(np.float32) @ query.vector) / np.float32(127.0)
    best_sentence = np.maximum.reduceat(sentence_cosines, at.sentence_starts)
    idf = query.weights.in_passages
    counts = _term_counts(query.weights.terms, at)
    lengths = np.diff([*at.sequence_starts, len(at.sequence)]).astype(np.float32) - 1.0
    bm25 = _bm25(counts, lengths, AVERAGE_TERMS) @ (query.terms.weights * idf)
    scores = (
        _PASSAGE * cosines
        + _SENTENCE * best_sentence
        + _BM25_PASSAGE * _over_best(bm25)
        + _PAIRS * _pair_share(query, at)
        + _document_score(query, at)[at.document_of]
    )
    asked = np.where(idf > 0, idf, np.float32(query.weights.absent_idf))
    return (
        scores.astype(np.float32),
        cosines,
        sentence_cosines,
        _covered(counts, asked),
        _covered(counts, asked * query.terms.in_focus),
    )


def _covered(counts: Floats, asked: Floats) -> Floats:
    """Share in [0, 1] of the asked terms' weight that stands in each candidate."""
    share: Floats = ((counts > 0) @ asked) / max(float(asked.sum()), 1e-6)
    return share.astype(np.float32)


def _document_score(query: RankingQuery, at: _Stacked) -> Floats:
    centroids = np.stack([d.centroid for d in at.documents]).astype(np.float32)
    ids, idf = query.weights.terms, query.weights.in_documents
    counts: Floats = np.zeros((len(at.documents), len(ids)), np.float32)
    in_title = np.zeros((len(at.documents), len(ids)), bool)
    lengths = np.empty(len(at.documents), np.float32)
    for row, document in enumerate(at.documents):
        lengths[row] = float(document.counts.sum(dtype=np.int64))
        if len(ids):
            places = np.minimum(np.searchsorted(document.terms, ids), len(document.terms) - 1)
            counts[row] = np.where(document.terms[places] == ids, document.counts[places], 0)
            in_title[row] = np.isin(ids, document.title_terms, assume_unique=True)
    bm25: Floats = _bm25(counts, lengths, max(query.weights.mean_document_terms, 1.0)) @ (
        query.terms.weights * idf
    )
    title: Floats = in_title @ (query.terms.weights * query.weights.in_passages)
    score: Floats = (
        _CENTROID * (centroids @ query.vector)
        + _BM25_DOCUMENT * _over_best(bm25)
        + _TITLE * _over_best(title)
    )
    return score


def _term_counts(ids: NDArray[np.uint32], at: _Stacked) -> Floats:
    """How often each of the query's terms stands in each candidate, shape (n, terms)."""
    counts = np.zeros((len(at.sequence_starts), len(ids)), np.float32)
    if len(ids):
        places = np.minimum(np.searchsorted(ids, at.sequence), len(ids) - 1)
        where = np.flatnonzero(ids[places] == at.sequence)
        rows = np.searchsorted(at.sequence_starts, where, side="right") - 1
        np.add.at(counts, (rows, places[where]), 1.0)
    return counts


def _bm25(counts: Floats, lengths: Floats, average: float) -> Floats:
    """Saturated, length-normalised term frequencies; times IDF they sum to BM25."""
    norm = K1 * (1.0 - B + B * lengths / average)
    return (counts * (K1 + 1.0) / (counts + norm[:, None])).astype(np.float32)


def _pair_share(query: RankingQuery, at: _Stacked) -> Floats:
    """Share, by IDF, of the question's pairs of neighbouring terms that stand side by side."""
    zero = np.zeros(len(at.sequence_starts), np.float32)
    first, second = query.terms.sequence[:-1], query.terms.sequence[1:]
    different = first != second
    if not different.any():
        return zero
    pairs = np.unique(_pair_ids(first[different], second[different]))
    idf = dict(zip(query.weights.terms.tolist(), query.weights.in_passages.tolist(), strict=True))
    weights = np.array(
        [idf.get(p >> 32, 0.0) + idf.get(p & 0xFFFFFFFF, 0.0) for p in pairs.tolist()], np.float32
    )
    total = float(weights.sum())
    if total <= 0:
        return zero
    here = _pair_ids(at.sequence[:-1], at.sequence[1:])
    places = np.minimum(np.searchsorted(pairs, here), len(pairs) - 1)
    where = np.flatnonzero(pairs[places] == here)
    rows = np.searchsorted(at.sequence_starts, where, side="right") - 1
    found = np.zeros((len(zero), len(pairs)), bool)
    found[rows, places[where]] = True
    return (found @ weights / total).astype(np.float32)


def _pair_ids(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> NDArray[np.uint64]:
    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


def _over_best(values: Floats) -> Floats:
    """Values over the largest, 0 where nothing matches."""
    best = float(values.max(initial=0.0))
    return values / best if best > 0 else np.zeros_like(values)


def _features(
    total: Floats,
    sentence_cosines: Floats,
    focus: Floats,
    at: _Stacked,
    order: NDArray[np.intp],
) -> dict[str, float]:
    """What answerability is judged by; see `engine.answerability` for their meaning."""
    best_of = np.full(len(at.documents), -np.inf, np.float32)
    np.maximum.at(best_of, at.document_of, total)
    ranked = np.sort(best_of)[::-1]
    others = ranked[1:6]
    return {
        "sentence": float(sentence_cosines.max()),
        "gap": float(ranked[0] - others.mean()) if len(others) else float(ranked[0]),
        "focus": float(focus[order[:3]].max()),
    }
