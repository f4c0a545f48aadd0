"""Blocks -> pieces: the smallest parts a passage is put together from, one citable span each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from engine.knowledge.block import Block, BlockKind
from engine.knowledge.document import SentenceKind
from engine.knowledge.sentences import MAX_SENTENCE_CHARS, split_sentences

_INTRO_CHARS = 400
_EMPTY_CELL = "-"  # so that the cells of a row stay under their columns
_LONGEST_LEAD = 300  # a whole paragraph this short stays with the list it stands before


@dataclass(slots=True, kw_only=True)
class Piece:
    """A line or sentence as a passage shows it.

    before: what stands between it and the piece above it: " ", a line break or an empty line.
    prefix, suffix: around the citable span: a list marker with its indent, a row's pipes.
    words: the citable span.
    opens_part: whether a passage may begin here when its unit is too large to stay whole.
    tokens: word pieces of prefix, words and suffix; 0 until counted.
    """

    words: str
    kind: SentenceKind
    group: int
    page: int | None
    before: str = "\n\n"
    prefix: str = ""
    suffix: str = ""
    header: str = ""
    opens_part: bool = True
    tokens: int = 0

    @property
    def text(self) -> str:
        """The piece as it stands in a passage."""
        return f"{self.prefix}{self.words}{self.suffix}"


@dataclass(slots=True, kw_only=True)
class Unit:
    """Pieces that belong together: a paragraph, a list with the sentence that leads into it, ...

    stretch: how many times the target size the unit may have and still be kept whole.
    lead: how many of the first pieces lead into the list, table or code below them.
    """

    pieces: list[Piece] = field(default_factory=list)
    stretch: float = 1.0
    lead: int = 0

    @property
    def tokens(self) -> int:
        """Word pieces of all its pieces."""
        return sum(piece.tokens for piece in self.pieces)


@dataclass(slots=True, kw_only=True)
class Section:
    """What stands between two headings.

    path: the headings above it, outermost first.
    page: page of its heading, or of its first unit; None where the format has no pages.
    """

    path: tuple[str, ...]
    units: list[Unit] = field(default_factory=list)
    page: int | None = None

    @property
    def tokens(self) -> int:
        """Word pieces of all its units, without its heading."""
        return sum(unit.tokens for unit in self.units)


def sections_of(blocks: Sequence[Block], *, title: str) -> list[Section]:
    """The sections of a document in order; a first-level heading equal to `title` opens none.

    A heading with nothing below it, not even another heading, becomes a section whose only
    piece is the heading itself, so that its words are not lost.
    """
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    run: list[Block] = []
    bare: Block | None = None  # a heading that nothing stands below yet
    groups = _Groups()

    def close(page: int | None) -> None:
        path = tuple(text for _, text in stack)
        if run:
            units = _units(run, groups)
            sections.append(Section(path=path, units=units, page=page))
        run.clear()

    page: int | None = None
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            if not run and bare is None:
                page = block.page
            run.append(block)
            bare = None
            continue
        close(page)
        if bare is not None and block.level <= bare.level:
            sections.append(_bare_section(stack, bare, groups))
        while stack and stack[-1][0] >= block.level:
            stack.pop()
        page = block.page
        if block.level == 1 and _same(block.text, title):
            bare = None
        else:
            stack.append((block.level, block.text))
            bare = block
    close(page)
    if bare is not None:
        sections.append(_bare_section(stack, bare, groups))
    return sections


def heading_piece(text: str, *, level: int, group: int, page: int | None) -> Piece:
    """A sub-heading as a line within a passage."""
    return Piece(
        words=text,
        kind=SentenceKind.HEADING,
        group=group,
        page=page,
        prefix="#" * max(2, min(level, 6)) + " ",
    )


class _Groups:
    """Hands out the numbers that spans of one list, table, code block or paragraph share."""

    def __init__(self) -> None:
        self._last = -1
        self._lists: dict[int, int] = {}

    def new(self) -> int:
        self._last += 1
        return self._last

    def of_list(self, list_id: int) -> int:
        if list_id not in self._lists:
            self._lists[list_id] = self.new()
        return self._lists[list_id]


def _same(text: str, title: str) -> bool:
    return " ".join(text.split()).casefold() == " ".join(title.split()).casefold()


def _bare_section(stack: list[tuple[int, str]], bare: Block, groups: _Groups) -> Section:
    piece = heading_piece(bare.text, level=3, group=groups.new(), page=bare.page)
    path = tuple(text for _, text in stack[:-1])
    return Section(path=path, units=[Unit(pieces=[piece])], page=bare.page)


def _units(blocks: Sequence[Block], groups: _Groups) -> list[Unit]:
    units: list[Unit] = []
    list_id = 0
    for block in blocks:
        if block.list_id:
            if block.list_id != list_id:
                units.append(_with_lead(units, Unit(stretch=1.25)))
            units[-1].pieces.extend(_item_pieces(block, groups, first=not _own(units[-1])))
        elif block.kind is BlockKind.PARAGRAPH:
            units.append(Unit(pieces=list(_sentences(block, groups.new(), SentenceKind.PROSE))))
        else:
            unit = _with_lead(units, Unit(stretch=2.0))
            unit.pieces.extend(_rows_or_code(block, groups.new()))
            units.append(unit)
        list_id = block.list_id
    return [unit for unit in units if unit.pieces]


def _own(unit: Unit) -> int:
    """How many pieces a unit holds besides its lead."""
    return len(unit.pieces) - unit.lead


def _with_lead(units: list[Unit], unit: Unit) -> Unit:
    """Moves the sentence that leads into a list, table or code from the unit above into it."""
    above = units[-1] if units else None
    if above is None or above.lead or not above.pieces:
        return unit
    last = above.pieces[-1]
    if last.kind is not SentenceKind.PROSE or len(last.words) > _INTRO_CHARS:
        return unit
    if last.words.endswith((":", "：")):
        unit.pieces = [above.pieces.pop()]
    elif sum(len(piece.words) for piece in above.pieces) <= _LONGEST_LEAD:
        unit.pieces, above.pieces = above.pieces, []
    unit.lead = len(unit.pieces)
    if not above.pieces:
        units.pop()
    return unit


def _page_at(block: Block, offset: int) -> int | None:
    if block.turn is not None and offset >= block.turn[0]:
        return block.turn[1]
    return block.page


def _sentences(block: Block, group: int, kind: SentenceKind) -> Iterator[Piece]:
    """A paragraph's sentences; a line break the author meant stays one."""
    previous_end = 0
    for start, end in split_sentences(block.text):
        gap = block.text[previous_end:start]
        before = "\n\n" if start == 0 else "\n" if "\n" in gap else " " if gap else ""
        yield Piece(
            words=block.text[start:end],
            kind=kind,
            group=group,
            page=_page_at(block, start),
            before=before,
        )
        previous_end = end


def _item_pieces(block: Block, groups: _Groups, *, first: bool) -> Iterator[Piece]:
    """One block of a list; `first` when it opens the list."""
    group = groups.of_list(block.list_id)
    indent = "   " * min(block.depth, 6)
    if block.kind is not BlockKind.ITEM:
        for piece in _rows_or_code(block, groups.new()):
            yield replace(piece, opens_part=False)
        return
    hanging = indent + " " * (len(block.marker) + 1 if block.marker else 3)
    kind = SentenceKind.STEP if block.marker[:1].isdigit() else SentenceKind.BULLET
    for number, piece in enumerate(_sentences(block, group, kind)):
        if number == 0:
            prefix = f"{indent}{block.marker} " if block.marker else hanging
            yield replace(
                piece,
                before="\n\n" if first else "\n",
                prefix=prefix,
                opens_part=block.depth == 0 and bool(block.marker),
            )
        else:
            prefix = hanging if piece.before == "\n" else ""
            yield replace(piece, prefix=prefix, opens_part=False)


def _rows_or_code(block: Block, group: int) -> Iterator[Piece]:
    if block.kind is BlockKind.TABLE:
        yield from _row_pieces(block, group)
        return
    for number, part in enumerate(code_parts(block.text)):
        yield Piece(
            words=part,
            kind=SentenceKind.CODE,
            group=group,
            page=block.page,
            before="\n\n" if number == 0 else "\n",
        )


def _row_pieces(block: Block, group: int) -> Iterator[Piece]:
    header = " | ".join(cell or _EMPTY_CELL for cell in block.header)
    for number, row in enumerate(block.rows):
        # A row is cut only where one of its cells alone is longer than a span may be.
        line = " | ".join(cell or _EMPTY_CELL for cell in row)
        fits = len(line) <= MAX_SENTENCE_CHARS
        spans = [(0, len(line))] if fits else split_sentences(line, max_chars=MAX_SENTENCE_CHARS)
        for part, (start, end) in enumerate(spans):
            yield Piece(
                words=line[start:end],
                kind=SentenceKind.ROW,
                group=group,
                page=block.page,
                before=" " if part else ("\n" if number else "\n\n"),
                prefix="" if part else "| ",
                suffix=" |" if part == len(spans) - 1 else "",
                header=header[:MAX_SENTENCE_CHARS],
                opens_part=True,
            )


def code_parts(code: str, max_chars: int = MAX_SENTENCE_CHARS) -> Iterator[str]:
    """Code in stretches of whole lines of at most `max_chars`; only a longer line is cut."""
    if len(code) <= max_chars:
        yield code.strip()
        return
    held: list[str] = []
    size = 0
    for line in code.split("\n"):
        for start in range(0, max(len(line), 1), max_chars):
            part = line[start : start + max_chars]
            if held and size + len(part) > max_chars:
                if text := "\n".join(held).strip():
                    yield text
                held, size = [], 0
            held.append(part)
            size += len(part) + 1
    if text := "\n".join(held).strip():
        yield text
