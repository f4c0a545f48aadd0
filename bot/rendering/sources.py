"""The numbered list of sources below an answer, and a button for each passage."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rendering import limits
from bot.rendering.elements import Element, button, link, rich_text, section, text
from bot.rendering.limits import cut, json_length
from bot.rendering.message import Block
from bot.rendering.neutral import one_line, web_address
from engine.trust import Trust

_TRUST = {
    Trust.OFFICIAL.value: "official",
    Trust.TEAM.value: "of colleagues",
    Trust.OPEN.value: "anybody may have written it",
}
_MARK = re.compile(r"\[(\d{1,3})\]")
_TITLE = 150
_NAME = 100
_BLOCK_JSON = 3_000
_MOST_BUTTONS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One passage that an answer rests on. numbers: the marks that lead to it, at least one.
    trust: the tier of its source; empty where an older answer does not say.
    """

    numbers: tuple[int, ...]
    title: str
    name: str
    url: str | None
    pages: tuple[int, ...]
    trust: str

    @property
    def marks(self) -> str:
        """As they stand in the answer."""
        return "".join(f"[{number}]" for number in self.numbers)

    @property
    def place(self) -> str:
        """The pages, or nothing."""
        if not self.pages:
            return ""
        return f", page{'s' if len(self.pages) > 1 else ''} {', '.join(map(str, self.pages))}"

    @property
    def trusted(self) -> list[Element]:
        """How far its source is trusted, for who reviews an answer; empty where not known."""
        words = _TRUST.get(self.trust)
        return [text(f", {words}")] if words else []

    @property
    def words(self) -> str:
        """The line without its link."""
        return f"{self.marks} {self.title}{self.place}"


def sources_of(trace: Mapping[str, Any], shown: str) -> tuple[Source, ...]:
    """The cited passages whose marks stand in the shown text, in the order of their numbers."""
    marks = {int(number) for number in _MARK.findall(shown)}
    passages: dict[str, list[Mapping[str, Any]]] = {}
    for citation in trace["citations"]:
        if citation["n"] in marks:
            passages.setdefault(citation["chunk_id"], []).append(citation)
    return tuple(source_of(citations) for citations in passages.values())


def source_of(citations: Sequence[Mapping[str, Any]]) -> Source:
    """The source that these citations of one passage share."""
    first = citations[0]
    url = web_address(first["url"])
    name = one_line(first["document_name"])
    pages = sorted({c["page"] for c in citations if isinstance(c["page"], int)})
    return Source(
        numbers=tuple(dict.fromkeys(c["n"] for c in citations)),
        title=cut(one_line(first["title"]) or name or "a document", _TITLE),
        name=cut(name, _NAME),
        url=url if url and limits.length(url) <= limits.URL else None,
        pages=tuple(pages),
        trust=str(first.get("trust", "")),
    )


def source_line(source: Source) -> list[Element]:
    """Marks, title, page; the title is a link where the document has a web address."""
    marks = text(f"{source.marks} ")
    if source.url:
        return [marks, link(source.url, source.title), *([text(source.place)] * bool(source.pages))]
    named = source.name and source.name != source.title
    return [marks, text(source.title + source.place + (f" ({source.name})" if named else ""))]


def source_blocks(sources: Sequence[Source]) -> list[Block]:
    """The list under its heading; none without sources."""
    if not sources:
        return []
    sections = [section(text("Sources", bold=True))]
    sections += [section(*source_line(source)) for source in sources]
    blocks: list[list[Element]] = [[]]
    for line in sections:
        if blocks[-1] and json_length([*blocks[-1], line]) > _BLOCK_JSON:
            blocks.append([])
        blocks[-1].append(line)
    return [rich_text(*lines) for lines in blocks]


def source_words(sources: Sequence[Source]) -> list[str]:
    """The list as plain lines; none without sources."""
    return ["Sources:", *(source.words for source in sources)] if sources else []


def passage_buttons(sources: Sequence[Source], trace_id: str) -> list[Element]:
    """A button for each source that shows its passage; action `passage:N`, value the trace's id.

    With more sources than a row of buttons takes, the first ones have one.
    """
    return [
        button(
            f"Show passage {source.numbers[0]}",
            action_id=f"passage:{source.numbers[0]}",
            value=trace_id,
            label=f"Show passage {source.numbers[0]}: {source.title}",
        )
        for source in sources[:_MOST_BUTTONS]
    ]
