"""A person's answer as a passage: the question in front, then every line of what they wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from engine.knowledge.document import Passage, Sentence, SentenceKind
from engine.knowledge.sentences import split_sentences

ANSWER_TEXT_VERSION = "1"
"""Changes when the same answer would give another passage."""

LONGEST_QUESTION = 1_000
_FENCE = re.compile(r"^\s*```")
_BULLET = re.compile(r"^(\s*)(?:[•·▪‣◦●○■*–]|-(?!-))[ \t]+(?=\S)")
_STEP = re.compile(r"^(\s*)(\d{1,3})[.)][ \t]+(?=\S)")


def asked(question: str) -> str:
    """A question as one line, not too long to be a title's."""
    return " ".join(question.split())[:LONGEST_QUESTION]


def answer_passage(
    question: str, answer: str, *, count_tokens: Callable[[Sequence[str]], list[int]]
) -> Passage:
    """One passage however long the answer is, so that it can be quoted whole.

    Its first sentence is the question, as a heading; the others are the answer's, in order, and
    leave out nothing but blanks, marks of lists and fences.
    """
    builder = _Builder()
    builder.add(asked(question), SentenceKind.HEADING)
    code: list[str] | None = None
    for line in answer.replace("\r\n", "\n").split("\n"):
        if _FENCE.match(line):
            if code is not None:
                builder.code(code)
            inline = line.strip().removeprefix("```")
            if code is None and inline.endswith("```") and len(inline) > 3:
                builder.code([inline.removesuffix("```")])
                continue
            code = [] if code is None else None
        elif code is not None:
            code.append(line)
        else:
            builder.line(line)
    if code is not None:
        builder.code(code)
    return Passage(
        ordinal=0,
        text=builder.text,
        heading_path=(),
        sentences=tuple(builder.sentences),
        tokens=count_tokens([builder.text])[0],
    )


class _Builder:
    """Grows the text and its sentences together. A blank line begins another group, and so does a
    list or the end of one."""

    def __init__(self) -> None:
        self.text = ""
        self.sentences: list[Sentence] = []
        self._group = 0
        self._kind: SentenceKind | None = None
        self._apart = False

    def line(self, line: str) -> None:
        if not line.strip():
            self._apart = True
            return
        for kind, pattern in ((SentenceKind.STEP, _STEP), (SentenceKind.BULLET, _BULLET)):
            match = pattern.match(line)
            if match is not None:
                mark = f"{match[2]}. " if kind is SentenceKind.STEP else "- "
                self.add(line[match.end() :].strip(), kind, mark=match[1].expandtabs(4) + mark)
                return
        self.add(line.strip(), SentenceKind.PROSE)

    def code(self, lines: Sequence[str]) -> None:
        body = "\n".join(lines).strip("\n")
        if not body.strip():
            return
        self._open(SentenceKind.CODE)
        self.text += "```\n"
        self._span(body, SentenceKind.CODE)
        self.text += "\n```"
        self._apart = True

    def add(self, words: str, kind: SentenceKind, *, mark: str = "") -> None:
        self._open(kind)
        self.text += mark
        start = len(self.text)
        self.text += words
        spans = [(0, len(words))] if kind is SentenceKind.HEADING else split_sentences(words)
        for first, last in spans:
            self.sentences.append(
                Sentence(start=start + first, end=start + last, kind=kind, group=self._group)
            )
        self._apart = kind is SentenceKind.HEADING

    def _open(self, kind: SentenceKind) -> None:
        if self._apart or kind is not self._kind:
            self._group += self._kind is not None
        if self.text:
            self.text += "\n\n" if self._apart else "\n"
        self._kind, self._apart = kind, False

    def _span(self, words: str, kind: SentenceKind) -> None:
        start = len(self.text)
        self.text += words
        self.sentences.append(
            Sentence(start=start, end=len(self.text), kind=kind, group=self._group)
        )
