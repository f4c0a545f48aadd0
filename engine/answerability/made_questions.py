"""Questions made of a passage's own words, as somebody might type them."""

from __future__ import annotations

import random
import re

from engine.knowledge.document import SentenceKind
from engine.retrieval.passage import LivePassage

_OPENINGS = ("", "", "how ", "what ", "can I ", "when ", "where ", "who ")
_WORD = re.compile(r"[\w'-]+")
_LEAST_WORDS = 5
_MOST_KEPT = 8
_KEPT_SHARE = 0.6
_TOPIC_SHARE = 0.6
"""Share of questions that name what the document is about."""

_SMALL_WORDS = frozenset(
    """a an and are as at be been but by can could did do does for from had has have he her his how
    i if in is it its may must my no nor not of on or our shall she should so than that the their
    them then there these they this those to us was we were what when where which who whom why will
    with would you your""".split()
)


def made_question(live: LivePassage, rng: random.Random) -> str | None:
    """A question that this passage answers: some words of one sentence, in order, often with a few
    of the title's; None where no sentence is long enough."""
    spans = [
        span
        for span in live.passage.sentences
        if span.kind is not SentenceKind.HEADING
        and len(live.sentence_text(span).split()) >= _LEAST_WORDS
    ]
    if not spans:
        return None
    words = _telling(live.sentence_text(rng.choice(spans)))
    if len(words) < 3:
        return None
    wanted = min(rng.randint(3, _MOST_KEPT), max(2, int(len(words) * _KEPT_SHARE)))
    kept = [words[i] for i in sorted(rng.sample(range(len(words)), wanted))]
    topic = _telling(" ".join((live.title, *live.passage.heading_path[-1:])))
    if topic and rng.random() < _TOPIC_SHARE:
        kept = rng.sample(topic, min(len(topic), rng.randint(1, 3))) + kept
    return rng.choice(_OPENINGS) + " ".join(kept)


def _telling(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if word.lower() not in _SMALL_WORDS]
