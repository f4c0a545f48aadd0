"""The sheets, rows and columns of a workbook that its readers do not see."""

from __future__ import annotations

import re
import zipfile
from xml.etree import ElementTree as Xml

from engine.adapters.office_part import parsed_part, written_part

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TARGETS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)")
_FILTERS = b"<filterColumn"
_COLUMN = re.compile(r"[A-Z]{1,3}")
_MOST_PART_BYTES = 100 * 1024 * 1024


def hidden_cells(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], list[str]]:
    """The parts that change, and the texts of hidden rows and of other hidden cells.

    Rows that a filter or a closed group hides stay, as every reader opens these.

    Raises: KeyError, ValueError, xml.etree.ElementTree.ParseError.
    """
    names = set(archive.namelist())
    unseen = _hidden_sheets(archive)
    filtered = any(
        _FILTERS in archive.read(name) for name in names if name.startswith("xl/tables/")
    )
    strings: list[str] | None = None
    changed, texts = dict[str, bytes](), list[str]()
    for name in sorted(n for n in names if re.fullmatch(r"xl/worksheets/[\w-]+\.xml", n)):
        data = archive.read(name)
        if len(data) > _MOST_PART_BYTES or not (name in unseen or _HIDDEN.search(data)):
            continue
        root = parsed_part(data)
        strings = _strings(archive) if strings is None else strings
        keeps_rows = filtered or _FILTERS in data
        found = _taken_out(root, strings, whole=name in unseen, keeps_rows=keeps_rows)
        if found:
            texts += found
            changed[name] = written_part(root)
    return changed, texts


def _hidden_sheets(archive: zipfile.ZipFile) -> set[str]:
    book = parsed_part(archive.read("xl/workbook.xml"))
    hidden = {
        sheet.get(_RELATION, "")
        for sheet in book.iter(f"{_S}sheet")
        if sheet.get("state") in ("hidden", "veryHidden")
    }
    if not hidden:
        return set()
    links = parsed_part(archive.read("xl/_rels/workbook.xml.rels"))
    targets = (each.get("Target", "") for each in links.iter(_TARGETS) if each.get("Id") in hidden)
    return {t.removeprefix("/") if t.startswith("/") else f"xl/{t}" for t in targets}


def _strings(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    items = parsed_part(archive.read("xl/sharedStrings.xml")).iter(f"{_S}si")
    return ["".join(each.text or "" for each in item.iter(f"{_S}t")) for item in items]


def _taken_out(
    root: Xml.Element, strings: list[str], *, whole: bool, keeps_rows: bool
) -> list[str]:
    """Takes hidden cells out of a sheet; their texts by row."""
    spans = [
        (int(column.get("min", "1")), int(column.get("max", "1")))
        for column in root.iter(f"{_S}col")
        if column.get("hidden") in ("1", "true") and not column.get("outlineLevel")
    ]
    texts = []
    for row in root.iter(f"{_S}row"):
        is_hidden = row.get("hidden") in ("1", "true") and not row.get("outlineLevel")
        all_of_it = whole or (is_hidden and not keeps_rows)
        gone = [c for n, c in enumerate(row, 1) if all_of_it or _lies_in(c, n, spans)]
        if not gone:
            continue
        texts.append(" ".join(_text(cell, strings) for cell in gone))
        for cell in gone:
            row.remove(cell)
    return texts


def _lies_in(cell: Xml.Element, position: int, spans: list[tuple[int, int]]) -> bool:
    """position: in its row, which is its column where the cell does not name one."""
    if not spans:
        return False
    column = 0
    match = _COLUMN.match(cell.get("r", ""))
    for letter in match[0] if match else "":
        column = column * 26 + ord(letter) - 64
    return any(first <= (column or position) <= last for first, last in spans)


def _text(cell: Xml.Element, strings: list[str]) -> str:
    value = cell.findtext(f"{_S}v") or ""
    if cell.get("t") == "s" and value.isdecimal() and int(value) < len(strings):
        return strings[int(value)]
    return value or "".join(each.text or "" for each in cell.iter(f"{_S}t"))
