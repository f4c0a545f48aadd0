"""A parsed document -> passages, cut on its structure and made of whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from engine.knowledge.blocks import read_blocks
from engine.knowledge.document import ParsedDocument, Passage, SentenceKind
from engine.knowledge.passage_text import render_passage
from engine.knowledge.pieces import Piece, Section, Unit, code_parts, heading_piece, sections_of
from engine.knowledge.sentences import split_sentences

CHUNKER_VERSION = "2"
"""Recorded with the index; changes whenever the same document would give other passages."""

CountTokens = Callable[[Sequence[str]], list[int]]

_OVERLAP_TOKENS = 60  # a longer sentence is not repeated


def chunk_document(
    parsed: ParsedDocument,
    *,
    count_tokens: CountTokens,
    target_tokens: int = 256,
    overlap_sentences: int = 1,
) -> list[Passage]:
    """The passages of a document in reading order; empty if it holds no words.

    Sections are kept apart, except very small neighbours under one heading on one page, which
    share a passage with their headings as lines in it. A section larger than `target_tokens` is
    cut between sentences, list items, rows or lines of code, never inside one; a table or code
    block of up to twice the target stays whole, and a list up to a quarter more. Parts of one
    section repeat the last `overlap_sentences` sentences, the sentence that leads into a list,
    or a table's header. Time is linear in the text.

    count_tokens: word pieces of each text, as the embedder counts them.
    target_tokens: the size a passage should have at most, in word pieces.
    """
    sections = sections_of(read_blocks(parsed.pages), title=parsed.title)
    _count(sections, count_tokens, target_tokens)
    drafts: list[tuple[tuple[str, ...], list[Piece]]] = []
    for group in _merged(sections, target_tokens):
        if len(group) > 1:
            path, pieces = _one_passage(group)
            drafts.append((path, pieces))
            continue
        packer = _Packer(target_tokens, overlap_sentences)
        for pieces in packer.pack(group[0]):
            drafts.append((group[0].path, pieces))
    rendered = [render_passage(pieces) for _, pieces in drafts]
    counts = count_tokens([text for text, _ in rendered])
    return [
        Passage(
            ordinal=ordinal,
            text=text,
            heading_path=path,
            sentences=sentences,
            tokens=tokens,
            page=sentences[0].page,
        )
        for ordinal, ((path, _), (text, sentences), tokens) in enumerate(
            zip(drafts, rendered, counts, strict=True)
        )
    ]


def _count(sections: Iterable[Section], count_tokens: CountTokens, target: int) -> None:
    """Fills in every piece's tokens, and cuts sentences that alone are larger than the target."""
    units = [unit for section in sections for unit in section.units]
    counts = iter(count_tokens([piece.text for unit in units for piece in unit.pieces]))
    oversized = False
    for unit in units:
        for piece in unit.pieces:
            piece.tokens = next(counts)
        if any(_is_oversized(piece, target) for piece in unit.pieces):
            oversized = True
            unit.pieces = [part for piece in unit.pieces for part in _cut(piece, target)]
    if oversized:
        fresh = [piece for unit in units for piece in unit.pieces if not piece.tokens]
        for piece, tokens in zip(fresh, count_tokens([p.text for p in fresh]), strict=True):
            piece.tokens = tokens


def _is_oversized(piece: Piece, target: int) -> bool:
    whole = piece.kind in (SentenceKind.ROW, SentenceKind.CODE)
    return piece.tokens > target * (2 if whole else 1)


def _cut(piece: Piece, target: int) -> list[Piece]:
    """An oversized piece in parts of about the target's size; others as they are."""
    if not _is_oversized(piece, target):
        return [piece]
    limit = max(40, len(piece.words) * target // (piece.tokens + 1))
    if piece.kind is SentenceKind.CODE:
        lines = list(code_parts(piece.words, limit))
        return [
            replace(piece, words=part, before=piece.before if number == 0 else "\n", tokens=0)
            for number, part in enumerate(lines)
        ]
    spans = split_sentences(piece.words, lines_end_sentences=False, max_chars=limit)
    return [
        replace(
            piece,
            words=piece.words[start:end],
            before=piece.before if number == 0 else _gap(piece.words, spans[number - 1][1], start),
            prefix=piece.prefix if number == 0 else "",
            suffix=piece.suffix if number == len(spans) - 1 else "",
            opens_part=True,
            tokens=0,
        )
        for number, (start, end) in enumerate(spans)
    ]


def _gap(text: str, start: int, end: int) -> str:
    between = text[start:end]
    return "\n" if "\n" in between else " " if between else ""


def _merged(sections: Sequence[Section], target: int) -> list[list[Section]]:
    """Runs of sections that share a passage; most runs hold one section."""
    small = target // 4
    groups: list[list[Section]] = []
    size, base = 0, ()  # type: int, tuple[str, ...]
    for section in sections:
        heading = 8  # about what a heading line takes
        joint = _joint(groups[-1], base, section) if groups else None
        total = size + section.tokens + heading
        tiny = size < small or (section.tokens < small and total <= target * 3 // 4)
        if joint is not None and tiny and total <= target:
            groups[-1].append(section)
            size, base = total, joint
        else:
            groups.append([section])
            size, base = section.tokens, section.path
    return groups


def _joint(
    group: Sequence[Section], base: tuple[str, ...], section: Section
) -> tuple[str, ...] | None:
    """The heading path a run would have with `section` in it; None where they do not belong."""
    if group[-1].page != section.page:
        return None
    if (len(group) == 1 and section.path[: len(base)] != base) or section.path == base:
        base = base[:-1] if section.path != base else base
    if section.path[: len(base)] != base:
        return None
    return base if len(section.path) - len(base) <= 2 else None


def _one_passage(group: Sequence[Section]) -> tuple[tuple[str, ...], list[Piece]]:
    """A run of small sections as one passage, their headings as lines in it."""
    paths = [section.path for section in group]
    base = paths[0]
    for path in paths[1:]:
        while path[: len(base)] != base:
            base = base[:-1]
    pieces: list[Piece] = []
    shown = base
    for section in group:
        for depth, text in enumerate(section.path):
            if section.path[: depth + 1] != shown[: depth + 1]:
                number = section.units[0].pieces[0].group
                pieces.append(heading_piece(text, level=depth + 2, group=number, page=section.page))
        shown = section.path
        pieces += [piece for unit in section.units for piece in unit.pieces]
    return base, pieces


class _Packer:
    """Fills passages with the units of one section."""

    def __init__(self, target: int, overlap: int) -> None:
        self._target = target
        self._overlap = overlap
        self._repeatable = min(_OVERLAP_TOKENS, target // 4)
        self._done: list[list[Piece]] = []
        self._pieces: list[Piece] = []
        self._tokens = 0
        self._repeated = 0  # how many of the first pieces repeat the passage before

    def pack(self, section: Section) -> list[list[Piece]]:
        """The pieces of each passage."""
        total = section.tokens
        # Passages of about one size instead of full ones and a scrap; what they repeat of each
        # other and whole paragraphs need some room.
        aim = min(self._target, total / max(1, -(-total // self._target)) * 1.25)
        for unit in section.units:
            self._turn_page(unit.pieces[0])
            if self._tokens + unit.tokens <= self._limit(aim, unit.tokens):
                self._extend(unit.pieces)
            elif unit.tokens <= self._target * unit.stretch:
                self._start(repeat=unit.lead == 0)
                self._extend(unit.pieces)
            else:
                self._fill(unit, aim)
        self._join_scrap()
        self._close()
        return self._done

    def _join_scrap(self) -> None:
        """Adds a last passage of a few words to the one before it on the same page."""
        fresh = self._pieces[self._repeated :]
        scrap = sum(piece.tokens for piece in fresh)
        if not self._done or not fresh or scrap >= self._target // 8:
            return
        before = self._done[-1]
        size = scrap + sum(piece.tokens for piece in before)
        if size <= self._target * 9 // 8 and before[-1].page == fresh[-1].page:
            before += fresh
            self._pieces = []

    def _limit(self, aim: float, coming: int) -> float:
        """How full a passage may get: to the aim, past it where that is nearer to it, and full
        rather than leave a scrap behind."""
        if self._tokens < self._target // 4:
            return self._target
        return min(self._target, max(aim, self._tokens + coming if coming < aim / 4 else 0))

    def _fill(self, unit: Unit, aim: float) -> None:
        """Spreads a unit too large for one passage over several."""
        lead = unit.pieces[: unit.lead]
        for number, part in enumerate(_parts(unit)):
            if sum(piece.tokens for piece in part) <= self._target * max(1.0, unit.stretch):
                self._place(part, aim, lead if number else [])
                continue
            # One item with a long list below it: its own words lead into each part of that.
            opening = part[:1] if number and part[0].words.endswith(":") else []
            for place, piece in enumerate(part):
                self._place([piece], aim, (lead if number else []) + (opening if place else []))

    def _place(self, part: Sequence[Piece], aim: float, lead: Sequence[Piece]) -> None:
        """Adds `part`, in a new passage that opens with `lead` where this one is full."""
        size = sum(piece.tokens for piece in part)
        self._turn_page(part[0])
        if self._pieces and self._tokens + size > self._limit(aim, size):
            self._start(repeat=not lead)
            if lead and sum(piece.tokens for piece in lead) <= _OVERLAP_TOKENS:
                self._extend(lead)
                self._repeated = len(lead)
        self._extend(part)

    def _turn_page(self, piece: Piece) -> None:
        """A passage with enough in it does not run over onto another page."""
        page = self._pieces[-1].page if self._pieces else piece.page
        if piece.page != page and self._tokens >= self._target // 4:
            self._start(repeat=False)

    def _extend(self, pieces: Sequence[Piece]) -> None:
        self._pieces += pieces
        self._tokens += sum(piece.tokens for piece in pieces)

    def _start(self, *, repeat: bool) -> None:
        """Closes the passage and opens the next, with the last sentences again if `repeat`."""
        again = self._tail() if repeat else []
        self._close()
        self._pieces, self._repeated = again, len(again)
        self._tokens = sum(piece.tokens for piece in again)

    def _tail(self) -> list[Piece]:
        tail: list[Piece] = []
        fresh = self._pieces[self._repeated :]
        for piece in reversed(fresh[1:][-self._overlap :] if self._overlap else []):
            if piece.kind is not SentenceKind.PROSE or piece.tokens > self._repeatable:
                break
            tail.insert(0, piece)
        return tail

    def _close(self) -> None:
        if len(self._pieces) > self._repeated:
            self._done.append(self._pieces)
        self._pieces, self._tokens, self._repeated = [], 0, 0


def _parts(unit: Unit) -> list[list[Piece]]:
    """A unit's pieces, cut wherever a passage may begin; the lead stays with the first part."""
    parts: list[list[Piece]] = [unit.pieces[: unit.lead]] if unit.lead else []
    for number, piece in enumerate(unit.pieces[unit.lead :]):
        if (piece.opens_part and not (number == 0 and parts)) or not parts:
            parts.append([piece])
        else:
            parts[-1].append(piece)
    return parts
