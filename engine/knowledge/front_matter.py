"""The `---` block with which a Markdown page states things about itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import yaml

from engine.errors import DocumentUnreadable
from engine.knowledge.front_matter_audience import (
    names_audience,
    opening_lines,
    read_audience,
    times_named,
)

_OPENING = re.compile(r"\A((?:[ \t\ufeff\u200b]*\n)*)\ufeff?---[ \t]*\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"^([A-Za-z][\w .-]{0,60}?)[ \t]*:(?:[ \t]+(.*))?$")
_MAX_CHARS = 64_000
_MAX_VALUES = 10_000


# libyaml's loader is ten times faster; both refuse tags that would build Python objects.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def split_front_matter(text: str, *, name: str) -> tuple[dict[str, object], str]:
    """What a page says about itself, and the page without it.

    Keys are in lower case; dates come as ISO strings. YAML that does not parse is read line by
    line as `key: value`, so that a stray colon costs one field and never the page. A page that
    only opens with a horizontal rule is returned whole. name: of the page, for sentences.

    `audience` is never lost to a fault elsewhere: it is then read on its own, also from a block
    that is too long, comes after blank lines or is not closed.

    Raises: DocumentUnreadable when it names an audience that cannot be understood.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return {}, text
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        inside = opening_lines(text[opening.end() : opening.end() + _MAX_CHARS])
        return (_audience(inside, name), text) if names_audience(inside) else ({}, text)
    inside, rest = text[opening.end() : closing.start()], text[closing.end() :]
    if (opening[1] or len(inside) > _MAX_CHARS) and not names_audience(inside):
        return {}, text
    try:
        plain = _parsed(inside)
    except (yaml.YAMLError, ValueError, RecursionError):
        fields = _loose_fields(inside)
        if names_audience(inside):
            fields |= _audience(inside, name)
        return (fields, rest) if fields else ({}, text)
    if isinstance(plain, dict):
        fields = {key.strip().lower(): value for key, value in plain.items()}
        _refuse_unclear(fields, inside, name)
        return fields, rest
    if names_audience(inside):
        return _audience(inside, name), rest
    return ({}, rest) if plain is None else ({}, text)


def _parsed(inside: str) -> object:
    """Raises: yaml.YAMLError, ValueError, RecursionError."""
    if len(inside) > _MAX_CHARS:
        raise ValueError("too long")
    return _plain(yaml.load(inside, Loader=_Loader), _Budget())  # noqa: S506 - a safe loader


def _audience(inside: str, name: str) -> dict[str, object]:
    try:
        return {"audience": read_audience(inside)}
    except ValueError:
        raise _unclear(name) from None


def _refuse_unclear(fields: Mapping[str, object], inside: str, name: str) -> None:
    """Said twice, one would win by chance; said and not among the fields, a text swallowed it."""
    times = times_named(inside)
    if times > 1 or (times and "audience" not in fields):
        raise _unclear(name)


def _unclear(name: str) -> DocumentUnreadable:
    return DocumentUnreadable(
        f"{name} names an audience that cannot be understood; write it once, on a line of its own "
        "such as audience: [group:S0LEADS]"
    )


def _loose_fields(inside: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in inside.splitlines():
        match = _KEY_LINE.match(line)
        if match and match.group(2):
            value = match.group(2).strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            fields[match.group(1).strip().lower()] = value
    return fields


class _Budget:
    """How many values may still be copied: aliases can make a few lines expand to gigabytes."""

    def __init__(self) -> None:
        self._left = _MAX_VALUES

    def spend(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise ValueError("too many values")


def _plain(value: object, budget: _Budget) -> object:
    """A value as JSON can hold it."""
    budget.spend()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, budget) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, budget) for item in value]
    return str(value)
