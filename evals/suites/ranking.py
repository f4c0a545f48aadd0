"""Columns of a ranking of documents, by ir-measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RANKED = 10
"""Documents of a ranking that are scored: as many as an answer lists."""

RANKING_COLUMNS = ("hit_at_1", "hit_at_5", "recall_at_5", "ndcg_at_10", "mrr_at_10")
_FINENESS = 1000


def ranking_scores(ranked: Sequence[str], gains: Mapping[str, float]) -> dict[str, float]:
    """The ranking columns of one question.

    ranked: names, best first, each once. gains: gold names; a gain of 0 or less is not gold.
    Without gold nothing can be said, so nothing is; with gold and an empty ranking all are 0.
    Source: ir-measures (MacAvaney, Macdonald and Ounis, 2022) over trec_eval: Success@1, Success@5,
    R@5, nDCG@10 with linear gains and log2 discount, RR@10.
    """
    gold = {name: gain for name, gain in gains.items() if gain > 0}
    if not gold:
        return {}
    if not ranked:
        return dict.fromkeys(RANKING_COLUMNS, 0.0)
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    wanted = (Success @ 1, Success @ 5, R @ 5, nDCG @ 10, RR @ 10)
    measures = dict(zip(wanted, RANKING_COLUMNS, strict=True))
    # trec_eval knows whole gains only; nDCG does not change with their scale.
    scale = 1 if all(float(gain).is_integer() for gain in gold.values()) else _FINENESS
    qrels = [ir_measures.Qrel("q", n, max(1, round(g * scale))) for n, g in gold.items()]
    run = [
        ir_measures.ScoredDoc("q", name, float(-place))
        for place, name in enumerate(ranked[:RANKED])
    ]
    found = {measures[m.measure]: m.value for m in ir_measures.iter_calc(measures, qrels, run)}
    return {name: float(found.get(name, 0.0)) for name in RANKING_COLUMNS}
