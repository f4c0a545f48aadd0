"""What the check said of each drafted sentence, as a Trace keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.cited_links import CitedLinks
from engine.containment import contain
from engine.generation.draft import DraftSentence
from engine.trace import SentenceCheck
from engine.verification.support_checker import Support

UNREADABLE = Support(0.0, False, "It rests on what may not be read here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSentence:
    """A drafted sentence after its check. kept: it stands in the draft."""

    sentence: DraftSentence
    support: Support
    kept: bool


def quoted_support(share: float, kept: bool) -> Support:
    """A quotation's support. share: of its words that stand in its spans, in their order."""
    if kept:
        return Support(share, True, "It stands word for word in the evidence.")
    return Support(share, False, "It does not stand in the evidence as it is quoted.")


def sentence_checks(
    judged: Sequence[JudgedSentence], *, marked: bool, links: CitedLinks
) -> tuple[SentenceCheck, ...]:
    """The checks in order; kept sentences are numbered as `render_draft` numbers their marks.

    marked: whether there is a draft with marks at all.
    """
    numbers: dict[tuple[str, int, int], int] = {}
    checks = []
    for one in judged:
        marks: list[int] = []
        for span in one.sentence.spans if one.kept and marked else ():
            key = (span.passage.id, span.sentence.start, span.sentence.end)
            marks.append(numbers.setdefault(key, len(numbers) + 1))
        checks.append(
            SentenceCheck(
                text="" if one.support is UNREADABLE else _text(one.sentence, links),
                citations=tuple(dict.fromkeys(marks)),
                kept=one.kept,
                support=round(one.support.probability, 4),
                why=one.support.why,
            )
        )
    return tuple(checks)


def _text(sentence: DraftSentence, links: CitedLinks) -> str:
    allowed, written = links.of_all(
        [(span.text, span.passage.url, span.passage.trust) for span in sentence.spans]
    )
    return contain(sentence.text, allowed, written)
