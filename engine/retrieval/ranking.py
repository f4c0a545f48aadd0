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
_TIER = 0.05
"""Of the whole score, for each tier of trust: what answers about as well goes first where more is
known of who wrote it; what answers much better still does."""
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
    centroids: Floats
    document_lengths: Floats
    document_terms: NDArray[np.uint32]
    document_counts: NDArray[np.uint16]
    document_starts: NDArray[np.intp]
    title_terms: NDArray[np.uint32]
    title_starts: NDArray[np.intp]


@np.errstate(all="ignore")  # matrix products of finite numbers raise false alarms on some machines
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
    trusted = total - _set_back([candidates[i] for i in ids])
    order = np.argsort(-trusted, kind="stable")
    ends = [*stacked.sentence_starts[1:].tolist(), len(sentence_cosines)]
    bounds = list(zip(stacked.sentence_starts.tolist(), ends, strict=True))
    return Ranked(
        ids=tuple(ids[i] for i in order.tolist()),
        scores=np.clip(trusted[order] / _WHOLE, 0.0, 1.0),
        cosines=cosines[order],
        sentence_cosines=tuple(sentence_cosines[slice(*bounds[i])] for i in order.tolist()),
        coverages=coverages[order],
        features=_features(total, sentence_cosines, focus, stacked, order),
    )


def _set_back(candidates: Sequence[Candidate]) -> Floats:
    """How far each stands back behind text of more trusted sources, where any was found."""
    ranks = np.array([c.trust.rank for c in candidates], np.float32)
    back: Floats = (ranks - ranks.min()) * np.float32(_TIER * _WHOLE)
    return back


def _stack(candidates: Sequence[Candidate], documents: Mapping[str, DocumentVectors]) -> _Stacked:
    rows = {d: n for n, d in enumerate(dict.fromkeys(c.document_id for c in candidates))}
    whole = [documents[d] for d in rows]
    vectors = [c.vectors for c in candidates]
    sequences = [part for v in vectors for part in (v.title_terms, v.terms, _GAP)]
    sizes = [len(v.title_terms) + len(v.terms) + 1 for v in vectors]
    document_counts = np.concatenate([d.counts for d in whole])
    document_starts = _starts([len(d.terms) for d in whole])
    return _Stacked(
        dense=_matrix([v.dense for v in vectors]),
        sentences=np.concatenate([v.sentences for v in vectors]),
        sentence_starts=_starts([len(v.sentences) for v in vectors]),
        sequence=np.concatenate(sequences),
        sequence_starts=_starts(sizes),
        document_of=np.array([rows[c.document_id] for c in candidates]),
        centroids=_matrix([d.centroid for d in whole]),
        document_lengths=_sums(document_counts, document_starts),
        document_terms=np.concatenate([d.terms for d in whole]),
        document_counts=document_counts,
        document_starts=document_starts,
        title_terms=np.concatenate([d.title_terms for d in whole]),
        title_starts=_starts([len(d.title_terms) for d in whole]),
    )


def _matrix(rows: Sequence[NDArray[np.float16]]) -> Floats:
    """Rows of one length as a matrix; a third of the time of `np.stack`."""
    return np.concatenate(rows).reshape(len(rows), -1).astype(np.float32)


def _sums(values: NDArray[np.uint16], starts: NDArray[np.intp]) -> Floats:
    """The sum of each row, 0 for an empty one."""
    before = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    sums: Floats = np.diff(before[np.append(starts, len(values))]).astype(np.float32)
    return sums


def _starts(sizes: Sequence[int]) -> NDArray[np.intp]:
    """Where each row begins when rows of these sizes lie one after another."""
    return np.cumsum([0, *sizes[:-1]])


_GAP = np.zeros(1, np.uint32)
"""Stands after each candidate's terms: no term is 0, so no pair reaches across two passages and
no row is empty."""


def _score(query: RankingQuery, at: _Stacked) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Scores, passage cosines, sentence cosines, coverages, coverages of the focus alone."""
    cosines = at.dense @ query.vector
    sentence_cosines = (at.sentences.astype(np.float32) @ query.vector) / np.float32(127.0)
    best_sentence = np.maximum.reduceat(sentence_cosines, at.sentence_starts)
    idf = query.weights.in_passages
    counts = _term_counts(query.weights.terms, at.sequence, at.sequence_starts, len(cosines))
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
    ids, idf = query.weights.terms, query.weights.in_documents
    count = len(at.centroids)
    counts = _term_counts(ids, at.document_terms, at.document_starts, count, at.document_counts)
    average = max(query.weights.mean_document_terms, 1.0)
    bm25 = _bm25(counts, at.document_lengths, average) @ (query.terms.weights * idf)
    in_title = _term_counts(ids, at.title_terms, at.title_starts, count) > 0
    title = in_title @ (query.terms.weights * query.weights.in_passages)
    score: Floats = (
        _CENTROID * (at.centroids @ query.vector)
        + _BM25_DOCUMENT * _over_best(bm25)
        + _TITLE * _over_best(title)
    )
    return score


def _term_counts(
    ids: NDArray[np.uint32],
    stacked: NDArray[np.uint32],
    starts: NDArray[np.intp],
    rows: int,
    weights: NDArray[np.uint16] | None = None,
) -> Floats:
    """How often each of the query's terms stands in each row, shape (rows, terms).

    weights: what each stacked term counts; None means 1.
    """
    where, places = _matches(ids, stacked)
    cells = _row_of(where, starts) * len(ids) + places
    found = np.bincount(
        cells, None if weights is None else weights[where], minlength=rows * len(ids)
    )
    return found.astype(np.float32).reshape(rows, len(ids))


def _matches(
    ids: NDArray[np.uint32], stacked: NDArray[np.uint32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions in `stacked` of any of the sorted ids, and which id stands there.

    Terms are hashes, so a table of their low 16 bits leaves few to search for: ten times as fast
    as searching for each.
    """
    if not len(ids):
        nowhere = np.empty(0, np.intp)
        return nowhere, nowhere
    table = np.zeros(0x10000, bool)
    table[ids & 0xFFFF] = True
    near = np.flatnonzero(table[stacked & 0xFFFF])
    places = np.minimum(np.searchsorted(ids, stacked[near]), len(ids) - 1)
    same = ids[places] == stacked[near]
    return near[same], places[same]


def _row_of(positions: NDArray[np.intp], starts: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.searchsorted(starts, positions, side="right") - 1


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
    at_first, _ = _matches(np.unique(first), at.sequence[:-1])
    here = _pair_ids(at.sequence[at_first], at.sequence[at_first + 1])
    places = np.minimum(np.searchsorted(pairs, here), len(pairs) - 1)
    same = pairs[places] == here
    found = np.zeros((len(zero), len(pairs)), bool)
    found[_row_of(at_first[same], at.sequence_starts), places[same]] = True
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
    best_of = np.full(len(at.centroids), -np.inf, np.float32)
    np.maximum.at(best_of, at.document_of, total)
    ranked = np.sort(best_of)[::-1]
    others = ranked[1:6]
    return {
        "sentence": float(sentence_cosines.max()),
        "gap": float(ranked[0] - others.mean()) if len(others) else float(ranked[0]),
        "focus": float(focus[order[:3]].max()),
    }
