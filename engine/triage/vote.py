"""Category by vote of the documents found, for a knowledge base whose documents carry one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.retrieval.hit import Hit
from engine.trace import TriageVerdict

_VOTERS = 5


def vote(hits: Sequence[Hit]) -> TriageVerdict:
    """The category that most of the best hits' documents carry, weighted by score.

    category_confidence is the share of the votes it got; hits whose document has no category
    vote for none. Nothing found, or no category won: both are None. Priority is never known.
    """
    votes: dict[str | None, float] = defaultdict(float)
    for hit in hits[:_VOTERS]:
        votes[hit.passage.category] += hit.score**2
    total = sum(votes.values())
    if total <= 0:
        return TriageVerdict()
    category, weight = max(votes.items(), key=lambda item: item[1])
    if category is None:
        return TriageVerdict()
    return TriageVerdict(category=category, category_confidence=round(weight / total, 4))
