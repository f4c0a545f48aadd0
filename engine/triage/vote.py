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
    shares = vote_shares(hits)
    category, share = max(shares.items(), key=lambda item: item[1], default=(None, 0.0))
    if category is None:
        return TriageVerdict()
    return TriageVerdict(category=category, category_confidence=round(share, 4))


def vote_shares(hits: Sequence[Hit]) -> dict[str | None, float]:
    """Share of the votes of each category, in order of rank; empty where nothing was found."""
    votes: dict[str | None, float] = defaultdict(float)
    for hit in hits[:_VOTERS]:
        votes[hit.passage.category] += hit.score**2
    total = sum(votes.values())
    return {category: weight / total for category, weight in votes.items()} if total > 0 else {}
