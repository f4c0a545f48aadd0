"""The `audience` of front matter that is broken elsewhere: who may read must not be lost to it."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

_KEY = re.compile(r"^[ \t]*([\"']?)audience\1[ \t]*:", re.IGNORECASE | re.MULTILINE)
_TOP_KEY = re.compile(r"^([\"']?)audience\1[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FLOW = re.compile(r"\A\s*\{.*audience", re.IGNORECASE | re.DOTALL)
_FIELD = re.compile(r"[ \t#-]|[\"']?[A-Za-z][\w .-]{0,60}[\"']?[ \t]*:|$")
_MAX_CHARS = 16_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def names_audience(inside: str) -> bool:
    """True when a line of the block begins with the key, at whatever depth."""
    return _KEY.search(inside) is not None or _FLOW.match(inside) is not None


def times_named(inside: str) -> int:
    """How often the key stands at the block's top level."""
    return len(_TOP_KEY.findall(inside))


def opening_lines(text: str) -> str:
    """The lines that look like fields, up to the first that does not: a block left open."""
    lines = []
    for line in text.split("\n"):
        if not _FIELD.match(line):
            break
        lines.append(line)
    return "\n".join(lines)


def read_audience(inside: str) -> str | list[str]:
    """The value of the one `audience` in a block that `names_audience`: a word or a list of them.

    Raises: ValueError when there are several, or it is not understood on its own.
    """
    keys = list(_KEY.finditer(inside))
    if len(keys) != 1:
        raise ValueError("not named once")
    block = _own_lines(inside[keys[0].start() :].split("\n"))
    if len(block) > _MAX_CHARS:
        raise ValueError("too long")
    try:
        loaded = yaml.load(block, Loader=_Loader)  # noqa: S506 - a safe loader either way
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("not YAML on its own") from error
    values = list(loaded.values()) if isinstance(loaded, dict) else []
    if len(values) != 1:
        raise ValueError("not one field")
    value = values[0]
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ValueError("neither a word nor a list of words")
    return words if isinstance(value, list) else str(value)


def _own_lines(lines: list[str]) -> str:
    """The key's line and those that belong to it: deeper ones, items, an open bracket's rest."""
    indent = _indent(lines[0])
    own, opened = [lines[0]], _brackets(lines[0])
    for line in lines[1:]:
        words = line.strip()
        if words and not words.startswith("#") and opened <= 0:
            depth = _indent(line)
            if depth < indent or (depth == indent and not words.startswith("-")):
                break
        own.append(line)
        opened += _brackets(line)
    return "\n".join(own)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _brackets(line: str) -> int:
    return line.count("[") - line.count("]")


def without_audience(front_matter: Mapping[str, object]) -> dict[str, object]:
    """Front matter that says nothing of who may read."""
    return {key: value for key, value in front_matter.items() if key != "audience"}
