"""Blocks that a page's end or an interruption has torn apart, put together again."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.knowledge.block import Block, BlockKind

_SENTENCE_OPEN = re.compile(r"[^.!?:;。！？]\Z")
_JOINED_CHARS = 4000


def join_paragraphs(blocks: list[Block]) -> list[Block]:
    """Joins a paragraph that a page's end cut in the middle of a sentence."""
    out: list[Block] = []
    for block in blocks:
        last = out[-1] if out else None
        if (
            last is not None
            and last.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM)
            and block.kind is BlockKind.PARAGRAPH
            and last.page is not None
            and block.page is not None
            and block.page == last.page + 1
            and last.turn is None
            and _SENTENCE_OPEN.search(last.text)
            and block.text[0].islower()
            and len(last.text) + len(block.text) < _JOINED_CHARS
        ):
            hyphen = re.search(r"[a-z]-\Z", last.text)
            head = last.text[:-1] if hyphen else f"{last.text} "
            out[-1] = replace(last, text=head + block.text, turn=(len(head), block.page))
        else:
            out.append(block)
    return out


def resume_lists(blocks: list[Block]) -> list[Block]:
    """Gives a numbered list that paragraphs or code interrupt one `list_id` throughout."""
    out: list[Block] = []
    open_id, next_number, since = 0, 0, 0
    renamed: dict[int, int] = {}
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            open_id = 0
        elif block.list_id == 0:
            since += 1
            if since > 3:
                open_id = 0
        else:
            list_id = renamed.get(block.list_id, block.list_id)
            if block.depth == 0 and block.marker[:1].isdigit():
                number = int(block.marker[:-1])
                if open_id and list_id != open_id and number == next_number:
                    renamed[block.list_id] = list_id = open_id
                    _adopt(out, since, open_id)
                open_id, next_number, since = list_id, number + 1, 0
            elif list_id != open_id:
                since += 1
            block = replace(block, list_id=list_id)
        out.append(block)
    return out


def _adopt(out: list[Block], count: int, list_id: int) -> None:
    """Makes the last `count` blocks part of the item before them."""
    for position in range(len(out) - count, len(out)):
        block = out[position]
        kind = BlockKind.ITEM if block.kind is BlockKind.PARAGRAPH else block.kind
        depth = block.depth + 1 if block.list_id else 0
        out[position] = replace(block, kind=kind, list_id=list_id, depth=depth)
