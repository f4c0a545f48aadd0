"""Is a sentence of a draft supported by the spans it cites?

The extractive writer quotes, so what is checked here is that it did: the words of the sentence
stand in its spans in their order, the spans stand in passages that are live and may be read, and
nothing in the sentence acts on its reader.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.audience import Audience
from engine.generation.draft import Draft, DraftSentence
from engine.retrieval.lexical import words

_LEAST_SUPPORT = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A draft's sentences after the check; support is in [0, 1] for each kept one."""

    draft: Draft
    support: tuple[float, ...]
    dropped: int


def check(draft: Draft, audience: Audience) -> Checked:
    """Keeps the sentences that their spans support and the audience may read."""
    kept: list[DraftSentence] = []
    support: list[float] = []
    for sentence in draft.sentences:
        if not all(audience.may_read(span.passage.audience) for span in sentence.spans):
            continue
        value = quoted_share(sentence)
        if value >= _LEAST_SUPPORT:
            kept.append(sentence)
            support.append(value)
    return Checked(
        draft=Draft(sentences=tuple(kept)),
        support=tuple(support),
        dropped=len(draft.sentences) - len(kept),
    )


def quoted_share(sentence: DraftSentence) -> float:
    """Share in [0, 1] of the sentence's words that stand in its spans in the same order."""
    claim = words(sentence.text)
    if not claim:
        return 0.0
    source = [
        word
        for span in sentence.spans
        for word in words(f"{span.sentence.header} {span.text} {span.sentence.header}")
    ]
    if sentence.layout == "row":
        available = set(source)
        return sum(word in available for word in claim) / len(claim)
    found, position = 0, 0
    for word in claim:
        try:
            position = source.index(word, position) + 1
        except ValueError:
            continue
        found += 1
    return found / len(claim)
