"""A draft -> Markdown with [n] marks, and the citations they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from engine.generation.draft import Draft, DraftSentence, Span
from engine.generation.span_text import item_marker
from engine.trace import Citation


def render_draft(draft: Draft) -> tuple[str, tuple[Citation, ...]]:
    """Markdown in which every sentence, item, row and code block ends with its marks, and the
    citations in the order of their first use, numbered from 1.

    Each cited span has one number. Prose that goes on with a step or bullet stands on its line;
    bullets within a step's list are indented below it. Steps count from 1, or from the document's
    number where the quoted part of its list begins later. An empty draft gives "" and ().
    """
    cited: dict[tuple[str, int, int], Citation] = {}
    blocks: list[str] = []
    previous: DraftSentence | None = None
    step = 0
    for sentence in draft.sentences:
        marks = _marks(sentence.spans, cited)
        joined = previous is not None and _continues(previous, sentence)
        if sentence.layout == "step":
            fresh = previous is None or not step or not _one_list(previous, sentence)
            step = _first_number(sentence) if fresh else step + 1
            line = f"{step}. {sentence.text} {marks}"
            blocks.append(("\n\n" if fresh else "\n") + line)
        elif sentence.layout == "bullet":
            below = bool(step) and previous is not None and _one_list(previous, sentence)
            listed = (previous is not None and previous.layout in ("bullet", "row")) or below
            gap = "\n" if listed or _is_item_line(previous, sentence) else "\n\n"
            blocks.append(f"{gap}{'   ' if below else ''}- {sentence.text} {marks}")
            step = step if below else 0
        elif sentence.layout == "row":
            gap = "\n" if previous is not None and previous.layout in ("row", "bullet") else "\n\n"
            blocks.append(f"{gap}- {sentence.text} {marks}")
            step = 0
        elif sentence.layout == "code":
            indent = "   " if step else ""
            code = f"{sentence.text}\n{marks}"
            blocks.append(("\n" if step else "\n\n") + _indented(code, indent))
        elif joined and previous is not None and previous.layout != "code":
            blocks.append(f" {sentence.text} {marks}")
        else:
            same = previous is not None and previous.layout == "prose" and not step
            blocks.append(" " if same and _one_passage(previous, sentence) else "\n\n")
            blocks.append(f"{sentence.text} {marks}")
            step = 0
        previous = sentence
    return "".join(blocks).strip(), tuple(cited.values())


def _marks(spans: Sequence[Span], cited: dict[tuple[str, int, int], Citation]) -> str:
    numbers: list[int] = []
    for span in spans:
        key = (span.passage.id, span.sentence.start, span.sentence.end)
        if key not in cited:
            cited[key] = _citation(span, len(cited) + 1)
        if cited[key].n not in numbers:
            numbers.append(cited[key].n)
    return "".join(f"[{n}]" for n in numbers)


def _citation(span: Span, n: int) -> Citation:
    live = span.passage
    headings = [heading for heading in live.passage.heading_path if heading]
    if headings and headings[0].casefold() == live.title.casefold():
        headings = headings[1:]
    page = span.sentence.page
    return Citation(
        n=n,
        document_name=live.document_name,
        chunk_id=live.id,
        title=live.byline or " > ".join([live.title or live.document_name, *headings]),
        url=live.url,
        page=page,
        snippet=span.text,
        full_content=live.passage.text,
        trust=live.trust,
    )


def _first_number(sentence: DraftSentence) -> int:
    if sentence.block is not None:
        return max(1, sentence.number)
    marker = item_marker(sentence.spans[0].passage, sentence.spans[0].sentence)
    return max(1, (marker[1] if marker else None) or 1)


def _one_list(one: DraftSentence, other: DraftSentence) -> bool:
    """Whether two sentences stand in one list: as their writer set them, or were quoted from one.

    Code within it counts by its document.
    """
    if one.block is not None or other.block is not None:
        return one.block == other.block
    first, second = one.spans[0], other.spans[0]
    same_document = first.passage.document_id == second.passage.document_id
    if one.layout in ("code", "row"):
        return same_document
    return same_document and first.sentence.group == second.sentence.group


def _one_passage(one: DraftSentence | None, other: DraftSentence) -> bool:
    if one is None or one.block is not None or other.block is not None:
        return one is not None and one.block == other.block
    return one.spans[0].passage.id == other.spans[0].passage.id


def _continues(previous: DraftSentence, sentence: DraftSentence) -> bool:
    """Whether prose goes on with the item that was quoted before it."""
    return (
        sentence.layout == "prose"
        and _one_list(previous, sentence)
        and (previous.layout in ("step", "bullet", "prose"))
        and _one_passage(previous, sentence)
    )


def _is_item_line(previous: DraftSentence | None, sentence: DraftSentence) -> bool:
    """Whether the line above is an item of the same list that went on in prose."""
    return previous is not None and previous.layout == "prose" and _one_list(previous, sentence)


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{line}" if line else line for line in text.split("\n"))
