"""Pieces -> a passage's text as a reader sees it, with the place of each citable span."""

from __future__ import annotations

from collections.abc import Sequence

from engine.knowledge.document import Sentence, SentenceKind
from engine.knowledge.pieces import Piece

_CODE_FENCE = "```"


def render_passage(pieces: Sequence[Piece]) -> tuple[str, tuple[Sentence, ...]]:
    """The text, and a sentence for each piece: exact slices of it, in order.

    Code stands between fences; the rows of a table below its header, which is written again
    where a table goes on in another passage.
    """
    out: list[str] = []
    length = 0
    sentences: list[Sentence] = []

    def put(text: str) -> None:
        nonlocal length
        out.append(text)
        length += len(text)

    previous: Piece | None = None
    for piece in pieces:
        same = previous is not None and previous.group == piece.group
        in_code = previous is not None and previous.kind is SentenceKind.CODE
        if previous is not None and in_code and not (same and piece.kind is SentenceKind.CODE):
            put(f"\n{_CODE_FENCE}")
        if previous is not None:
            put(piece.before if same or piece.before == "\n\n" else _apart(piece, previous))
        if piece.kind is SentenceKind.CODE and not (same and in_code):
            put(f"{_CODE_FENCE}\n")
        is_row = piece.kind is SentenceKind.ROW
        if is_row and piece.header and not (same and previous and previous.kind is piece.kind):
            rule = " --- |" * (piece.header.count(" | ") + 1)
            put(f"| {piece.header} |\n|{rule}\n")
        put(piece.prefix)
        sentences.append(
            Sentence(
                start=length,
                end=length + len(piece.words),
                kind=piece.kind,
                group=piece.group,
                page=piece.page,
                header=piece.header,
            )
        )
        put(piece.words)
        put(piece.suffix)
        previous = piece
    if previous is not None and previous.kind is SentenceKind.CODE:
        put(f"\n{_CODE_FENCE}")
    return "".join(out), tuple(sentences)


def _apart(piece: Piece, previous: Piece) -> str:
    """What separates a piece from one it did not stand below in the document."""
    listed = {SentenceKind.STEP, SentenceKind.BULLET}
    if piece.kind in listed and previous.kind in listed | {SentenceKind.CODE, SentenceKind.ROW}:
        return "\n"
    if previous.kind is SentenceKind.PROSE and piece.kind is SentenceKind.PROSE:
        return piece.before
    return "\n\n" if piece.kind not in listed else "\n"
