"""The inline part of Markdown -> the words a reader sees."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markdown_it.token import Token

from engine.knowledge.html_fragment import is_html_tag, tag_name

# Past this many characters the inline grammar, which is not linear for hostile input, is not
# run; a few regular expressions do instead.
MAX_PARSED_CHARS = 8_000
_MAX_BRACKETS = 300

_MARKUP = re.compile(r"[\\`*_\[\]<>&!~\n]")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\s]{0,1000}(?:\s\"[^\"\n]{0,200}\")?\)")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,3}(?=\S)([^*\n]{1,500}?)(?<=\S)\*{1,3}(?![\w*])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HTML = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u3000]+")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FILE_NAME = re.compile(r"^[\w.-]+\.(?:png|jpe?g|gif|svg|webp|bmp|emf|wmf)$", re.I)
_GENERIC_ALT = re.compile(r"^(?:screen ?shot|image|img|logo|icon|picture|photo|thumbnail)\b", re.I)


def is_plain(markdown: str) -> bool:
    """Whether an inline text holds nothing that Markdown would read: most do not."""
    return _MARKUP.search(markdown) is None


def is_parsable(markdown: str) -> bool:
    """Whether the inline grammar may be run: it is not linear in length or in brackets."""
    return len(markdown) <= MAX_PARSED_CHARS and markdown.count("[") <= _MAX_BRACKETS


def render_inline(children: Sequence[Token], *, breaks: Sequence[bool] = ()) -> str:
    """The text of an inline token's children.

    Links become their text, images their alternative text (dropped where it says nothing),
    emphasis its words; code keeps its backticks and struck-out text its "~~". HTML tags go,
    placeholders such as <ServerName> stay.

    breaks: for each soft line break, whether it stays a line break; the rest become blanks.
    """
    parts: list[str] = []
    soft = 0
    for token in children:
        kind = token.type
        if kind == "text":
            parts.append(token.content)
        elif kind == "softbreak":
            parts.append("\n" if soft < len(breaks) and breaks[soft] else " ")
            soft += 1
        elif kind == "hardbreak":
            parts.append("\n")
        elif kind == "code_inline":
            parts.append(f"`{token.content.replace('`', chr(39))}`")
        elif kind == "html_inline":
            parts.append(_inline_html(token.content))
        elif kind == "image":
            parts.append(_alternative(render_inline(token.children or ())))
        elif kind in ("s_open", "s_close"):
            parts.append("~~")
    return tidy("".join(parts))


def reduce_inline(markdown: str) -> str:
    """The same for a text too long for the inline grammar: nearly the same words, linear."""
    text = _LINK.sub(r"\1", markdown.replace("\\\n", "\n"))
    text = _EMPHASIS.sub(r"\1", text)
    text = _HTML.sub(lambda match: _inline_html(match.group(0)), text)
    return tidy(html.unescape(_ESCAPE.sub(r"\1", text)).replace("\n", " "))


def is_bold_only(children: Sequence[Token]) -> bool:
    """Whether a paragraph is nothing but one stretch of bold words, as many headings are."""
    tokens = [token for token in children if token.type != "text" or token.content.strip()]
    return (
        len(tokens) >= 3
        and tokens[0].type == "strong_open"
        and tokens[-1].type == "strong_close"
        and sum(token.type == "strong_open" for token in tokens) == 1
        and all(token.type != "hardbreak" for token in tokens)
    )


def tidy(text: str) -> str:
    """Blanks collapsed, invisible characters dropped, no blanks around line breaks."""
    text = _SPACES.sub(" ", _INVISIBLE.sub("", text))
    if "\n" not in text:
        return text.strip()
    return "\n".join(line for raw in text.split("\n") if (line := raw.strip()))


def _inline_html(tag: str) -> str:
    if not is_html_tag(tag):
        return tag
    return "\n" if tag_name(tag) == "br" else ""


def _alternative(words: str) -> str:
    words = words.strip()
    useless = " " not in words or _FILE_NAME.match(words) or _GENERIC_ALT.match(words)
    return "" if useless else words
