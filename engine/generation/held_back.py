"""What of a passage no model is told and no answer rests on: orders planted in it."""

from __future__ import annotations

from engine.generation.planted_orders import is_planted, may_be_planted
from engine.knowledge.document import SentenceKind
from engine.retrieval.passage import LivePassage

_LEFT_OUT = "[left out]"


def planted_sentences(live: LivePassage) -> frozenset[int]:
    """Positions of the sentences that order a machine about or bait their reader, with the rest of
    their paragraph; of a list, a table or code only the sentence, row or line.
    """
    if not may_be_planted(live.passage.text):
        return frozenset()
    sentences = live.passage.sentences
    found = [i for i, each in enumerate(sentences) if is_planted(live.sentence_text(each))]
    prose = SentenceKind.PROSE
    groups = {sentences[i].group for i in found if sentences[i].kind is prose}
    around = {i for i, s in enumerate(sentences) if s.kind is prose and s.group in groups}
    return frozenset((*found, *around))


def told_text(live: LivePassage) -> str:
    """The passage as a model is shown it."""
    text, begin, parts = live.passage.text, 0, list[str]()
    for position in sorted(planted_sentences(live)):
        sentence = live.passage.sentences[position]
        if sentence.start < begin:
            continue
        parts += [text[begin : sentence.start], _LEFT_OUT]
        begin = sentence.end
    return "".join([*parts, text[begin:]])
