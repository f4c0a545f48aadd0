"""What publishing tools leave in Markdown (Jekyll, Docs, MkDocs), reduced to what readers see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.knowledge.plain_text import heading_text

_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})", re.MULTILINE)
_LIQUID_COMMENT = re.compile(r"\{%-?\s{0,9}(end)?comment\s{0,9}-?%\}")
_LIQUID_TAG = re.compile(r"\{%-?\s*(\w+)([^%{}]{0,600})-?%\}")
_LIQUID_VALUE = re.compile(r"\{\{[^{}\n]{0,200}\}\}")
_QUOTED = re.compile(r"[\"']([^\"']*)[\"']")
_ATTRIBUTES = re.compile(r"[ \t]*\{:[^{}\n]{0,200}\}|[ \t]+\{#[^{}\n]{0,200}\}[ \t]*$", re.M)
_ALERT = re.compile(
    r"^([ \t]*(?:>[ \t]*)+)\[!([A-Za-z]{3,20})\][ \t]*(?:\n[ \t]*(?:>[ \t]*)+(?=[^\s>*+\-\d|#`]))?",
    re.M,
)
_DOCS_DIRECTIVE = re.compile(
    r"\[!(?:INCLUDE|div|VIDEO)\b(?:[^\[\]\n]{1,300}|\[[^\[\]\n]{0,300}\]){0,4}\](?:\([^()\n]{0,500}\))?"
)
_COLON_IMAGE = re.compile(r":::image\b([^\n]{0,1000}?):::")
_ALT_TEXT = re.compile(r'alt-text="([^"]*)"')
_COLON_FENCE = re.compile(
    r"^[ \t]*:{3,}[ \t]*\{?\.?(note|tip|warning|important|caution|danger|info)?\b[^\n]*$",
    re.M | re.I,
)
_ADMONITION = re.compile(
    r'^(!!!|\?\?\?\+?|===)[ \t]*(\w+)?[^\n"]*(?:"([^"\n]*)")?[ \t]*\n'
    r"((?:(?: {4}|\t)[^\n]*\n?|[ \t]*\n)+)",
    re.M,
)
_DEFINITION = re.compile(r"^(?=\S)([^\n|#>*]{1,120}?)[ \t]*\n:[ \t]+(?=\S)", re.M)
_LOST_STEP = re.compile(r"^(?![ \t]*(?:\d{1,3}[.)]|[-*+>|#]))([^\n]+)\n(?=(\d{1,3})\. \S)", re.M)
_TWO_EMPTY_LINES = re.compile(r"\n[ \t]{0,99}\n[ \t]{0,99}\n")
_OPENING_LINE = re.compile(r"\A\s*?(?<![^\n])[ \t]?(\S[^\n]{0,80})[ \t]\n[ \t]*\n")


def without_noise(markdown: str) -> str:
    """The same page for a reader: template tags, attribute lists and directives are gone,
    admonitions open with their kind ("Note: ..."), fenced code is untouched.
    """
    if "\r" in markdown:
        markdown = markdown.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(part if fenced else _clean(part) for fenced, part in _segments(markdown))


def _segments(markdown: str) -> Iterator[tuple[bool, str]]:
    """(is fenced code, text) in order; together the whole page."""
    start, opened, position = 0, "", 0
    while True:
        match = _FENCE.search(markdown, position)
        if match is None:
            yield bool(opened), markdown[start:]
            return
        line_end = markdown.find("\n", match.end())
        line_end = len(markdown) if line_end == -1 else line_end + 1
        position = line_end
        fence = match.group(1)
        if not opened:
            yield False, markdown[start : match.start()]
            start, opened = match.start(), fence
        elif fence[0] == opened[0] and len(fence) >= len(opened):
            yield True, markdown[start:line_end]
            start, opened = line_end, ""


def _clean(text: str) -> str:
    if "{" in text:
        if "{%" in text:
            text = _LIQUID_TAG.sub(_liquid, _without_comments(text))
        text = _ATTRIBUTES.sub("", _LIQUID_VALUE.sub("", text))
    if "[!" in text:
        text = _ALERT.sub(_alert, _DOCS_DIRECTIVE.sub("", text))
    if ":::" in text:
        text = _COLON_FENCE.sub(_colon_fence, _COLON_IMAGE.sub(_colon_image, text))
    if "!!!" in text or "???" in text or "===" in text:
        text = _ADMONITION.sub(_admonition, text)
    if "\n:" in text:
        text = _DEFINITION.sub(_definition, text)
    text = _LOST_STEP.sub(_lost_step, text)
    text = _OPENING_LINE.sub(_opening, text)
    return _spaced_headings(text) if _TWO_EMPTY_LINES.search(text) else text


def _without_comments(text: str) -> str:
    parts: list[str] = []
    position, opened = 0, -1
    for match in _LIQUID_COMMENT.finditer(text):
        if match.group(1) and opened >= 0:
            parts.append(text[position:opened])
            position, opened = match.end(), -1
        elif not match.group(1) and opened < 0:
            opened = match.start()
    parts.append(text[position:])
    return "".join(parts)


def _liquid(match: re.Match[str]) -> str:
    tag, rest = match.group(1), match.group(2)
    quoted = _QUOTED.search(rest)
    if tag == "slack_channel" and quoted:
        return f"\\#{quoted.group(1)}"
    if tag in ("page", "link", "download", "asset", "post_url"):
        return "/link"  # only ever a link's target
    if tag == "alert":
        heading = re.search(r"heading\s*[:=]\s*[\"']([^\"'\n]+)", rest)
        return f"**{heading.group(1)}**\n" if heading else ""
    return ""


def _alert(match: re.Match[str]) -> str:
    return f"{match.group(1)}{match.group(2).capitalize()}: "


def _colon_image(match: re.Match[str]) -> str:
    alt = _ALT_TEXT.search(match.group(1))
    return f"![{alt.group(1)}](image)" if alt else ""


def _colon_fence(match: re.Match[str]) -> str:
    return f"\n{match.group(1).capitalize()}:\n" if match.group(1) else "\n"


def _admonition(match: re.Match[str]) -> str:
    label = match.group(3) or ("" if match.group(1) == "===" else (match.group(2) or ""))
    body = re.sub(r"^(?: {4}|\t)", "", match.group(4), flags=re.M)
    if not label:
        return f"\n{body}\n"
    opens_with_words = body.lstrip()[:1].isalnum()
    return f"\n{label.capitalize()}:{' ' if opens_with_words else chr(10) * 2}{body.lstrip()}\n"


def _definition(match: re.Match[str]) -> str:
    term = match.group(1)
    return f"{term} " if term[-1] in "?!.:" else f"{term}: "


def _lost_step(match: re.Match[str]) -> str:
    """An empty line before "2. ...", which Markdown would else read as part of a paragraph."""
    return f"{match.group(1)}\n\n" if match.group(2) != "1" else match.group(0)


def _spaced_headings(text: str) -> str:
    """Makes headings of short lines that stand alone after at least two empty ones."""
    lines = text.split("\n")
    blanks = 0
    for number, line in enumerate(lines):
        if not line.strip():
            blanks += 1
            continue
        alone = number + 1 < len(lines) and not lines[number + 1].strip()
        if blanks >= 2 and alone and len(line) <= 90 and line.lstrip()[0] not in "#-*+>|!<[":
            indent = len(line) - len(line.lstrip())
            heading = heading_text(line, blanks) if indent < 4 else None
            lines[number] = f"## {heading}" if heading else line
        blanks = 0
    return "\n".join(lines)


def _opening(match: re.Match[str]) -> str:
    heading = heading_text(match.group(1), 2)
    return f"## {heading}\n\n" if heading and heading[0].isalpha() else match.group(0)
