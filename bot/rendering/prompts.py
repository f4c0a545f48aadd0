"""What the app suggests to ask in a new conversation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.rendering.limits import cut
from bot.rendering.neutral import one_line

MOST = 4
_TOPIC = 60
_QUESTION = 200
TITLE = "You could ask"


def suggested_prompts(topics: Sequence[str], questions: Sequence[str] = ()) -> list[dict[str, str]]:
    """At most four prompts for `assistant.threads.setSuggestedPrompts`.

    None without topics: a prompt that no document answers is worse than none.

    topics: titles of documents that everyone in the conversation may read, best first. questions:
    what many ask and everyone in the conversation may be told, before the topics.
    """
    asked = dict.fromkeys(q for question in questions if (q := cut(one_line(question), _QUESTION)))
    known = dict.fromkeys(topic for title in topics if (topic := cut(one_line(title), _TOPIC)))
    made = [
        # What a person answered is known by its question.
        {"title": t, "message": t}
        if t.endswith("?")
        else {"title": f"About: {t}", "message": f"What do I need to know about {t}?"}
        for t in known
    ]
    return [*({"title": cut(q, _TOPIC), "message": q} for q in asked), *made][:MOST]
