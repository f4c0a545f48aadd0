"""The `---` block with which a Markdown page states things about itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

import yaml

_FENCED = re.compile(r"\A\ufeff?---[ \t]*\n(.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY_LINE = re.compile(r"^([A-Za-z][\w .-]{0,60}?)[ \t]*:(?:[ \t]+(.*))?$")
_MAX_CHARS = 64_000
_MAX_VALUES = 10_000


# libyaml's loader is ten times faster; both refuse tags that would build Python objects.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """What a page says about itself, and the page without it.

    Keys are in lower case; dates come as ISO strings. YAML that does not parse is read line by
    line as `key: value`, so that a stray colon costs one field and never the page. A page that
    only opens with a horizontal rule is returned whole.
    """
    head = text[:_MAX_CHARS]
    match = _FENCED.match(head)
    if match is None:
        return {}, text
    inside, rest = match.group(1), text[match.end() :]
    try:
        loaded = yaml.load(inside, Loader=_Loader)  # noqa: S506 - a safe loader either way
        plain = _plain(loaded, _Budget())
    except (yaml.YAMLError, ValueError, RecursionError):
        plain = _loose_fields(inside)
        if not plain:
            return {}, text
    if isinstance(plain, dict):
        return {key.strip().lower(): value for key, value in plain.items()}, rest
    return ({}, rest) if plain is None else ({}, text)


def _loose_fields(inside: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in inside.splitlines():
        match = _KEY_LINE.match(line)
        if match and match.group(2):
            value = match.group(2).strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            fields[match.group(1)] = value
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
