"""The score of a passage: a convex mix of what the two searches and its sentences say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.index import IndexAnswer, RankedPoints
from engine.retrieval.passage import Candidate

_SPARSE_SHARE = 0.3
_SENTENCE_SHARE = 0.5
_JOINED_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingQuery:
    """A question as ranking sees it: `vectors[i]` and `terms[i]` are of the same text.

    The first text is the whole question, then the lead if `has_lead`, then the joined turns if
    `has_joined`.
    """

    vectors: tuple[NDArray[np.float32], ...]
    terms: tuple[NDArray[np.uint32], ...]
    has_lead: bool
    has_joined: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates, best first; the arrays are in the order of `ids`.

    scores: in [0, 1]. cosines: of the passage. sentence_cosines: of each sentence.
    coverages: IDF-weighted share of the question's terms in the passage, its title or headings.
    features: of the whole ranking, for judging answerability.
    """

    ids: tuple[str, ...]
    scores: NDArray[np.float32]
    cosines: NDArray[np.float32]
    sentence_cosines: tuple[NDArray[np.float32], ...]
    coverages: NDArray[np.float32]
    features: dict[str, float]


def rank(query: RankingQuery, answer: IndexAnswer, candidates: Mapping[str, Candidate]) -> Ranked:
    """Orders the candidates of an index's answer; a pure function."""
    ids = list(candidates)
    if not ids:
        empty = np.empty(0, np.float32)
        return Ranked(
            ids=(), scores=empty, cosines=empty, sentence_cosines=(), coverages=empty, features={}
        )
    dense = np.stack([candidates[i].vectors.dense for i in ids]).astype(np.float32)
    sentences = [candidates[i].vectors.sentences for i in ids]
    flat = np.concatenate(sentences).astype(np.float32) / 127.0
    ends = np.cumsum([len(s) for s in sentences])
    total = np.zeros(len(ids), np.float32)
    cosines = sentence_cosines = None
    for position, vector in enumerate(query.vectors):
        share = _share(query, position)
        passage_cosine = dense @ vector
        each = np.split(flat @ vector, ends[:-1])
        best = np.array([s.max() if len(s) else 0.0 for s in each], np.float32)
        mixed = (1 - _SENTENCE_SHARE) * passage_cosine + _SENTENCE_SHARE * np.maximum(
            best, passage_cosine
        )
        sparse = _by_id(answer.sparse[position], ids)
        total += share * ((1 - _SPARSE_SHARE) * mixed + _SPARSE_SHARE * sparse)
        if position == 0:
            cosines, sentence_cosines = passage_cosine, each
    assert cosines is not None
    assert sentence_cosines is not None
    order = np.argsort(-total, kind="stable")
    coverages = np.zeros(len(ids), np.float32)
    return Ranked(
        ids=tuple(ids[i] for i in order),
        scores=np.clip(total[order], 0.0, 1.0),
        cosines=cosines[order],
        sentence_cosines=tuple(sentence_cosines[i] for i in order),
        coverages=coverages,
        features={"top": float(total[order[0]]), "cosine": float(cosines.max())},
    )


def _share(query: RankingQuery, position: int) -> float:
    joined = _JOINED_SHARE if query.has_joined else 0.0
    if query.has_joined and position == len(query.vectors) - 1:
        return joined
    return (1.0 - joined) / (2 if query.has_lead else 1)


def _by_id(ranked: RankedPoints, ids: list[str]) -> NDArray[np.float32]:
    top = float(ranked.scores[0]) if len(ranked.ids) else 1.0
    found = dict(zip(ranked.ids, ranked.scores.tolist(), strict=True))
    return np.array([found.get(i, 0.0) for i in ids], np.float32) / max(top, 1e-6)
