"""The text of a presentation's slides, for files whose pictures the library stumbles over."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from engine.knowledge.grid import markdown_cell

_SLIDE = re.compile(r"^ppt/slides/slide(\d+)\.xml$")
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDES = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_TITLES = frozenset({"title", "ctrTitle"})


def slides_to_markdown(file: Path | BinaryIO) -> list[str]:
    """Each slide's title and paragraphs, in the order of their file names; empty if unreadable.

    The caller has checked the archive: its parts declare no entities and inflate to little.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = [(int(m.group(1)), n) for n in archive.namelist() if (m := _SLIDE.match(n))]
            return [_slide(archive.read(name)) for _, name in sorted(names)]
    except (zipfile.BadZipFile, ElementTree.ParseError, OSError, ValueError, KeyError):
        return []


def _slide(data: bytes) -> str:
    root = ElementTree.fromstring(data)  # noqa: S314 - entities are refused before
    blocks: list[str] = []
    for shape in root.iter(f"{_SLIDES}sp"):
        kind = shape.find(f".//{_SLIDES}ph")
        is_title = kind is not None and kind.get("type") in _TITLES
        paragraphs = [
            "".join(run.text or "" for run in paragraph.iter(f"{_DRAWING}t")).strip()
            for paragraph in shape.iter(f"{_DRAWING}p")
        ]
        filled = [markdown_cell(paragraph) for paragraph in paragraphs if paragraph]
        if filled and is_title:
            blocks.insert(0, f"## {' '.join(filled)}")
        else:
            blocks += filled
    return "\n\n".join(blocks)
