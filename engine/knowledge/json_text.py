"""JSON -> Markdown a reader can follow: a table for rows, nested bullets for the rest."""

from __future__ import annotations

import json

from engine.knowledge.grid import grid_to_markdown, markdown_cell

_MAX_DEPTH = 8
_MAX_COLUMNS = 40


def json_to_markdown(text: str) -> str:
    """Rows of one shape become a table, objects nested bullets "key: value".

    Raises: ValueError if it is not JSON.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    lines: list[str] = []
    _write(lines, value, 0)
    return "\n".join(lines).strip("\n") + "\n"


def _write(lines: list[str], value: object, depth: int) -> None:
    if _is_rows(value):
        lines += ["", _rows(value), ""]
    elif isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, item in value.items():
            _entry(lines, f"{markdown_cell(str(key))}:", item, depth)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for item in value:
            if isinstance(item, dict | list):
                _write(lines, item, depth)
                lines.append("")
            else:
                lines.append(f"{'  ' * depth}- {_scalar(item)}")
    else:
        lines.append(f"{'  ' * depth}- {_scalar(value)}")


def _entry(lines: list[str], label: str, value: object, depth: int) -> None:
    indent = "  " * depth
    if isinstance(value, dict | list) and value and not _is_rows(value):
        if isinstance(value, list) and all(not isinstance(item, dict | list) for item in value):
            lines.append(f"{indent}- {label} {', '.join(_scalar(item) for item in value)}")
            return
        lines.append(f"{indent}- {label}")
        _write(lines, value, depth + 1)
    elif _is_rows(value):
        lines += ["", label, "", _rows(value), ""]
    elif value not in ({}, [], None, ""):
        lines.append(f"{indent}- {label} {_scalar(value)}")


def _is_rows(value: object) -> bool:
    """Whether it is at least two flat objects that share their keys."""
    if not isinstance(value, list) or len(value) < 2:
        return False
    first = value[0]
    if not isinstance(first, dict) or not 0 < len(first) <= _MAX_COLUMNS:
        return False
    return all(
        isinstance(item, dict)
        and item.keys() <= first.keys()
        and not any(isinstance(cell, dict | list) for cell in item.values())
        for item in value
    )


def _rows(value: object) -> str:
    assert isinstance(value, list)
    keys = list(value[0])
    return grid_to_markdown(
        [[str(key) for key in keys], *([_plain(item.get(key)) for key in keys] for item in value)]
    )


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _scalar(value: object) -> str:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)[:2000]
    return markdown_cell(_plain(value))
