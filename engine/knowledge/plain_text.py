"""Plain text -> Markdown: headings, lists and paragraphs found in how the lines are laid out."""

from __future__ import annotations

import re

from engine.knowledge.line_breaks import kept_breaks, looks_like_code

_ESCAPED = re.compile(r"([\\`*_\[\]<>&~|{}])")
_ESCAPED_START = re.compile(r"^([#+=>-]|\d{1,9}[.)])")
_BULLET = re.compile(r"^(\s*)([*•·▪‣◦●○■–]|-(?!-))[ \t]+(\S.*)$")
_LONE_BULLET = re.compile(r"^\s*[*•·▪‣◦●○■–-]\s*$")
_NUMBER = re.compile(r"^(\s*)\(?(\d{1,3})[.)][ \t]+(\S.*)$")
_RULE = re.compile(r"^\s*([=\-~_*#+])(?:\s?\1){2,}\s*$")
_NUMBERED_HEADING = re.compile(r"^(\d{1,2}(?:\.\d{1,2}){1,4})\.?\s+[A-Z\"“]")
_TITLE_LABEL = re.compile(r"\A\s*(?:Title|TITLE|Subject|SUBJECT)[ \t]*:[ \t]*(\S.*)\n")
_TEXT_LABEL = re.compile(r"\A\s*(?:Text|TEXT|Body|BODY|Content|Description)[ \t]*:[ \t]*\n")
_MARKDOWN_SIGNS = re.compile(
    r"^#{1,6} \S|^```|^~~~|^\|.*\|[ \t]*$|\[[^\]\n]{1,200}\]\((?:https?:|/|#|mailto:|\.)|\*\*\S|"
    r"^>[ \t]?\S|^\[!\w+\]|`[^`\n]+`",
    re.MULTILINE,
)
_HEADING_CHARS = 80


def looks_like_markdown(text: str) -> bool:
    """Whether a text of unknown type carries Markdown's own signs (not just lists)."""
    head = text[:200_000]
    return sum(1 for _, _ in zip(_MARKDOWN_SIGNS.finditer(head), range(3), strict=False)) >= (
        1 if len(head) < 4000 else 2
    )


def plain_text_to_markdown(text: str) -> str:
    """The same text as Markdown; every character that Markdown would read is escaped.

    A heading is a short line in capitals, an underlined line, a line numbered "1.2", or a short
    line without a stop after at least two empty ones. Lines broken only because they were full
    are joined again; other breaks stay. Indentation is not code; lines that read as code are.
    """
    text = text.expandtabs(4)
    out: list[str] = []
    title = _TITLE_LABEL.match(text)
    if title:
        out.append(f"# {_escape(title.group(1).strip())}")
        text = text[title.end() :]
        label = _TEXT_LABEL.match(text)
        text = text[label.end() :] if label else text
    paragraph: list[str] = []
    blanks = 0
    for line in text.split("\n"):
        if line.strip():
            paragraph.append(line.rstrip())
            continue
        if paragraph:
            _paragraph(out, paragraph, blanks)
            paragraph, blanks = [], 0
        blanks += 1
    if paragraph:
        _paragraph(out, paragraph, blanks)
    return "\n".join(out) + "\n"


def heading_text(line: str, blanks_before: int) -> str | None:
    """The heading in a line that stands alone after `blanks_before` empty lines, or None."""
    words = line.strip()
    if not 3 <= len(words) <= _HEADING_CHARS or words[-1] in ".,;:" or "…" in words:
        return None
    if _NUMBERED_HEADING.match(words):
        return words
    opens = words[0].isupper() or words[0].isdigit()
    plain = not re.search(r"[={}<>|\\`;]|https?:|^\d+[.)]\s", words)
    return words if blanks_before >= 2 and opens and plain else None


def is_capital_heading(line: str) -> bool:
    """Whether a line is a heading by its capitals: "RESOLVING THE PROBLEM"."""
    words = line.strip()
    letters = [char for char in words if char.isalpha()]
    return (
        len(letters) >= 4
        and len(words) <= _HEADING_CHARS
        and len(words.split()) <= 10
        and words[0].isalnum()
        and not re.search(r"[=_{}<>|\\`]|[.,;]$|[A-Z]\d|\d[A-Z]|\d{3}|//", words)
        and len(letters) >= 0.6 * len(words)
        and all(char.isupper() for char in letters)
    )


def _paragraph(out: list[str], lines: list[str], blanks: int) -> None:
    """Adds the Markdown of one run of non-empty lines."""
    if len(lines) == 1:
        found = heading_text(lines[0], blanks if out else 0)
        if found and not _BULLET.match(lines[0]):
            out += ["", f"## {_escape(found)}"]
            return
    if len(lines) >= 3 and looks_like_code(lines):
        _code(out, lines)
        return
    pending: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _RULE.match(line):
            if pending and line.strip()[0] in "=-~" and len(pending[-1].strip()) <= _HEADING_CHARS:
                heading = pending.pop()
                _flush(out, pending)
                out += ["", f"## {_escape(heading.strip())}"]
            else:
                _flush(out, pending)
            pending = []
        elif _is_heading_within(lines, number, following):
            _flush(out, pending)
            out += ["", f"## {_escape(line.strip())}"]
            pending = []
        else:
            pending.append(line)
    _flush(out, pending)


def _is_heading_within(lines: list[str], number: int, following: str) -> bool:
    line = lines[number]
    if not is_capital_heading(line) or is_capital_heading(following):
        return False
    if number == 0:
        return True
    # In the middle of a run of lines a lone acronym is more likely a value than a heading.
    return len(line.strip()) >= 8 and not is_capital_heading(lines[number - 1])


def _flush(out: list[str], lines: list[str]) -> None:
    """Adds paragraphs and lists from lines that hold no heading any more."""
    chunk: list[str] = []  # the lines of the paragraph or item being read
    prefix = ""  # "- " or "3. " once inside an item
    item_indent = -1
    out.append("")
    for line in lines:
        if _LONE_BULLET.match(line):
            _join(out, chunk, prefix)
            chunk = []
            continue
        bullet, number = _BULLET.match(line), _NUMBER.match(line)
        match = bullet or number
        if match is None:
            indent = len(line) - len(line.lstrip())
            if prefix and chunk and indent < item_indent and not _runs_on(chunk[-1], line):
                _join(out, chunk, prefix)
                out.append("")
                chunk, prefix = [], ""
            chunk.append(line.strip())
            continue
        _join(out, chunk, prefix)
        if not prefix and out[-1]:
            out.append("")
        item_indent = len(match.group(1))
        prefix = f"{number.group(2)}. " if number and not bullet else "- "
        chunk = [match.group(3)]
    _join(out, chunk, prefix)


def _runs_on(line: str, following: str) -> bool:
    """Whether an unindented line still belongs to the list item above it."""
    return len(line) > 50 and following[:1].islower()


def _join(out: list[str], chunk: list[str], prefix: str) -> None:
    if not chunk:
        return
    pad = " " * len(prefix)
    text = prefix + _escape(chunk[0])
    for kept, line in zip(kept_breaks(chunk), chunk[1:], strict=False):
        text += (f"\\\n{pad}" if kept else " ") + _escape(line)
    out.append(text)


def _escape(line: str) -> str:
    return _ESCAPED_START.sub(_escape_start, _ESCAPED.sub(r"\\\1", line))


def _escape_start(match: re.Match[str]) -> str:
    found = match.group(1)
    return f"{found[:-1]}\\{found[-1]}"


def _code(out: list[str], lines: list[str]) -> None:
    indent = min(len(line) - len(line.lstrip()) for line in lines)
    fence = "`" * max(3, 1 + max((len(r) for ln in lines for r in re.findall("`+", ln)), default=0))
    out += ["", fence, *(line[indent:] for line in lines), fence, ""]
