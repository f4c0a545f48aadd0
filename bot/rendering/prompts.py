"""What the app suggests to ask in a new conversation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.rendering.limits import cut
from bot.rendering.neutral import one_line

MOST = 4
_TOPIC = 60
TITLE = "You could ask"


def suggested_prompts(topics: Sequence[str]) -> list[dict[str, str]]:
    """At most four prompts for `assistant.threads.setSuggestedPrompts`.

    None without topics: a prompt that no document answers is worse than none.

    topics: titles of documents that everyone in the conversation may read, best first.
    """
    known = dict.fromkeys(topic for title in topics if (topic := cut(one_line(title), _TOPIC)))
    made = [
        {"title": f"About: {t}", "message": f"What do I need to know about {t}?"} for t in known
    ]
    return made[:MOST]
