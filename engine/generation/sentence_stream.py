"""What a model writes, piece by piece -> sentences, each as soon as it is certain to be whole.

The text is read character by character, so that how it was cut on the way cannot matter. A
sentence is whole when the first character after its citation marks has been seen.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace

from engine.generation.citation_marks import MARKS, only_marks, take_marks
from engine.generation.draft import NoAnswer
from engine.generation.written_line import LineKind, WrittenLine, read_line
from engine.knowledge.sentences import ends_sentence

NO_ANSWER = "NO_ANSWER"
"""What the model is asked to write when the passages do not answer."""

_STOP = r"[.!?…。！？]+[\"'”’»)*_]*"
_CITED_END = re.compile(rf"(?:{_STOP}{MARKS}|{MARKS}[ \t]?{_STOP})(?=[ \t]*[^\s,;\[])")
_PLAIN_END = re.compile(rf"{_STOP}(?=[ \t])(?!{MARKS})")
_CODE_SPAN = re.compile(r"`[^`\n]{1,300}`")
_LOOK_AHEAD = 40  # characters that say whether a bare full stop ends a sentence
_LONGEST_LINE = 4_000
_SENTINEL = re.compile(rf"[\s*_`\"'.\[\]()\d]*{NO_ANSWER}[\s*_`\"'.\[\]()\d]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSentence:
    """A sentence as the model wrote it.

    text: without marks and list markers. layout, block: as in `DraftSentence`.
    marks: numbers of the passages it names, in order; they may name none that there is.
    """

    text: str
    layout: str
    marks: tuple[int, ...]
    block: int
    number: int = 0


Written = WrittenSentence | NoAnswer


class SentenceStream:
    """Takes pieces of text and gives whole sentences; one use for one answer."""

    def __init__(self) -> None:
        self._line = ""
        self._opened: WrittenLine | None = None  # of the line whose first sentences are out
        self._code: list[str] | None = None
        self._fence = ""
        self._header: tuple[str, ...] = ()
        self._row: str | None = None  # a table's first line, until the next says what it is
        self._held: WrittenSentence | None = None  # without marks yet; they may follow on a line
        self._block = 0
        self._last = LineKind.BLANK
        self._in_list = False
        self._number = 0

    def feed(self, piece: str) -> list[Written]:
        """The sentences that this piece makes whole, in order."""
        out: list[Written] = []
        for character in piece:
            if character == "\n":
                self._end_line(out)
            elif character != "\r":
                self._line += character
                if self._code is None and not character.isspace():
                    self._try_early(out)
                if len(self._line) > _LONGEST_LINE:
                    self._end_line(out)
        return out

    def close(self, *, whole: bool = True) -> list[Written]:
        """The last sentences. whole: false where the text broke off, so that its tail is none."""
        out: list[Written] = []
        if whole:
            self._end_line(out)
            if self._code is not None:
                self._end_code(out, "")
            self._end_table_head(out)
        self._release(out)
        return out

    # --- within a line

    def _try_early(self, out: list[Written]) -> None:
        """Gives the sentences of an unfinished line that are whole already."""
        before = self._line[-2:-1]
        if before and not (before.isspace() or before in "]*_\"'”’»)。！？"):
            return  # no sentence ends before the middle of a word
        opened = self._opened or read_line(self._line)
        if opened is None or opened.kind not in (LineKind.PROSE, LineKind.STEP, LineKind.BULLET):
            return
        if self._held is not None:
            if self._line.lstrip()[:1] == "[":
                return
            self._release(out)
        text = self._line if self._opened else opened.text
        while (end := _end(text)) is not None:
            if self._opened is None:
                self._start(opened, out)
                self._opened = opened
            self._say(out, text[:end], opened)
            opened = self._opened = opened.continued()
            text = self._line = text[end:].lstrip()

    def _end_line(self, out: list[Written]) -> None:
        line, self._line = self._line, ""
        opened, self._opened = self._opened, None
        if self._code is not None:
            self._code_line(line, out)
            return
        if opened is None and only_marks(line.strip()) and self._held is not None:
            marks = take_marks(line)[1]
            held, self._held = self._held, None
            out.append(replace(held, marks=marks))
            return
        kept = opened or read_line(line, whole=True)
        assert kept is not None  # a whole line is always read
        if kept.kind is LineKind.BLANK:
            if opened is None:
                self._end_table_head(out)
                self._header = ()
                self._last = LineKind.BLANK
            return
        self._release(out)
        if opened is None:
            self._start(kept, out)
        text = line if opened else kept.text
        if kept.kind is LineKind.FENCE:
            self._code, self._fence = [], kept.text
        elif kept.kind is LineKind.TABLE:
            self._table_line(line, out)
        elif kept.kind is not LineKind.HEADING:
            while text and (end := _end(text + " " * _LOOK_AHEAD)) is not None and end < len(text):
                self._say(out, text[:end], kept)
                kept, text = kept.continued(), text[end:].lstrip()
            if text.strip():
                self._say(out, text, kept, last=True)

    def _say(self, out: list[Written], text: str, line: WrittenLine, *, last: bool = False) -> None:
        if _SENTINEL.fullmatch(text):
            out.append(NoAnswer())
            return
        bare, marks = take_marks(text)
        if not any(character.isalnum() for character in bare):
            return
        made = WrittenSentence(
            text=bare, layout=line.layout, marks=marks, block=self._block, number=line.number
        )
        if last and not marks:
            self._held = made
        else:
            out.append(made)

    def _release(self, out: list[Written]) -> None:
        if self._held is not None:
            out.append(self._held)
            self._held = None

    # --- blocks

    def _start(self, line: WrittenLine, out: list[Written]) -> None:
        """Counts the block that a line begins or goes on with."""
        if line.kind is not LineKind.TABLE:
            self._end_table_head(out)
            self._header = ()
        listed = line.kind in (LineKind.STEP, LineKind.BULLET)
        if self._in_list:
            anew = line.number == 1 and self._number > 0 and not line.indented
            code = line.kind is LineKind.FENCE and self._last is not LineKind.BLANK
            goes_on = (listed and not anew) or code or (not listed and line.indented)
        else:
            goes_on = line.kind is self._last and line.kind in (LineKind.PROSE, LineKind.TABLE)
        if not goes_on:
            self._block += 1
            self._in_list, self._number = listed, 0
        self._number = line.number or self._number
        self._last = line.kind

    def _code_line(self, line: str, out: list[Written]) -> None:
        stripped = line.strip()
        if stripped.startswith(self._fence):
            rest = stripped.lstrip(self._fence[0])
            if not rest.strip() or only_marks(rest):
                self._end_code(out, rest)
                return
        assert self._code is not None
        self._code.append(line)

    def _end_code(self, out: list[Written], rest: str) -> None:
        lines, self._code = self._code or [], None
        body = textwrap.dedent("\n".join(lines)).strip("\n")
        if not body.strip():
            return
        text = f"{self._fence}\n{body}\n{self._fence}"
        marks = take_marks(rest)[1]
        made = WrittenSentence(text=text, layout="code", marks=marks, block=self._block)
        if marks:
            out.append(made)
        else:
            self._held = made

    def _table_line(self, line: str, out: list[Written]) -> None:
        cells = _cells(line)
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            self._header = _cells(self._row) if self._row is not None else ()
            self._row = None
        elif self._row is None and not self._header:
            self._row = line
        else:
            self._end_table_head(out)
            self._say_row(line, out)

    def _end_table_head(self, out: list[Written]) -> None:
        row, self._row = self._row, None
        if row is not None:
            self._say_row(row, out)

    def _say_row(self, line: str, out: list[Written]) -> None:
        bare, marks = take_marks(line)
        cells = _cells(bare)
        names = self._header if len(self._header) == len(cells) else ("",) * len(cells)
        pairs = zip(names, cells, strict=True)
        text = "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)
        if text:
            out.append(WrittenSentence(text=text, layout="row", marks=marks, block=self._block))


def _end(text: str) -> int | None:
    """Where the first sentence of an unfinished line ends; None while that is not certain."""
    code = _code_spans(text) if "`" in text else []

    def within_code(at: int) -> bool:
        return any(start < at < end - 1 for start, end in code)

    cited = next((m for m in _CITED_END.finditer(text) if not within_code(m.start())), None)
    for plain in _PLAIN_END.finditer(text, 0, cited.start() if cited else len(text)):
        if within_code(plain.start()):
            continue
        if len(text) < plain.end() + _LOOK_AHEAD:
            return None
        if ends_sentence(text[: plain.end() + _LOOK_AHEAD], 0, plain.start(), plain.end()):
            return plain.end()
    return cited.end() if cited else None


def _code_spans(text: str) -> list[tuple[int, int]]:
    """Where code stands in a line; what was opened and not closed yet goes on to its end."""
    spans = [match.span() for match in _CODE_SPAN.finditer(text)]
    loose = text.find("`", spans[-1][1] if spans else 0)
    return [*spans, (loose, len(text) + 2)] if loose >= 0 else spans


def _cells(line: str | None) -> tuple[str, ...]:
    inner = (line or "").strip().strip("|")
    return tuple(cell.strip() for cell in inner.split("|"))
