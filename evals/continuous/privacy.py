"""Whose questions may be quoted in a report that others read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from evals.continuous.scored_question import ScoredQuestion

IsPublic = Callable[[str], Awaitable[bool]]
"""Whether every member may look into a channel; False where that is not known."""


async def may_quote(
    question: ScoredQuestion, *, is_public: IsPublic | None, include_texts: bool
) -> bool:
    """Whether the question's words may be shown.

    What was asked in a public channel may; what was asked outside Slack, such as on the command
    line, with `include_texts`. A direct message, a private channel and a channel of which nothing
    is known never.
    """
    if question.channel is not None:
        return is_public is not None and await is_public(question.channel)
    return question.user is None and include_texts
