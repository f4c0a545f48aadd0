"""Office files without the text that their readers do not see, which the library reads too.

Only texts are taken out; parts, styles and places stay as they are.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from engine.adapters.document_formats import DocumentFormat
from engine.adapters.hidden_cells import hidden_cells
from engine.adapters.office_part import parsed_part, written_part
from engine.knowledge.document import Hidden, Hiding
from engine.knowledge.hidden import hidden_parts

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_WORD_PART = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_SLIDE_PART = re.compile(r"ppt/slides/slide\d+\.xml")
_WORD_SIGN = re.compile(rb"vanish|:color [^<>]{0,80}[Ff]{6}|:sz [^<>]{0,40}\"[0-3]\"")
_MOST_PART_BYTES = 100 * 1024 * 1024
_OFF = frozenset({"0", "false", "off"})
_TINY_HALF_POINTS, _TINY_HUNDREDTHS = 3, 200
_SHAPES = frozenset(f"{_P}{name}" for name in ("sp", "graphicFrame", "grpSp", "cxnSp"))


class Shown(NamedTuple):
    """A file as its readers see it. data: None where the file is that already."""

    data: bytes | None
    hidden: tuple[Hidden, ...]


def without_hidden_text(path: Path, kind: DocumentFormat) -> Shown:
    """The office file without hidden text; formats of other kinds as they are.

    The caller has checked the archive: its parts declare no entities and inflate to little. One
    that is damaged is left to the library, which says so.
    """
    look = {
        DocumentFormat.DOCX: _hidden_words,
        DocumentFormat.PPTX: _hidden_on_slides,
        DocumentFormat.XLSX: hidden_cells,
    }.get(kind)
    if look is None:
        return Shown(None, ())
    try:
        with zipfile.ZipFile(path) as archive:
            changed, texts = look(archive)
            if not changed:
                return Shown(None, ())
            hiding = _HIDING[kind]
            return Shown(_rewritten(archive, changed), hidden_parts(hiding, texts))
    except (zipfile.BadZipFile, Xml.ParseError, KeyError, ValueError, OSError):
        return Shown(None, ())


_HIDING = {
    DocumentFormat.DOCX: Hiding.VANISHED,
    DocumentFormat.PPTX: Hiding.SLIDE,
    DocumentFormat.XLSX: Hiding.CELLS,
}


def _rewritten(archive: zipfile.ZipFile, changed: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as copy:
        for part in archive.infolist():
            copy.writestr(part.filename, changed.get(part.filename) or archive.read(part))
    return out.getvalue()


def _hidden_words(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], list[str]]:
    names = [name for name in archive.namelist() if _WORD_PART.fullmatch(name)]
    parts = {name: archive.read(name) for name in names}
    styles = archive.read("word/styles.xml") if "word/styles.xml" in archive.namelist() else b""
    vanished = _vanished_styles(styles) if b"vanish" in styles else frozenset()
    changed, texts = dict[str, bytes](), list[str]()
    for name, data in parts.items():
        if len(data) > _MOST_PART_BYTES or not (vanished or _WORD_SIGN.search(data)):
            continue
        root = parsed_part(data)
        on_ground = root.find(f"{_W}background") is not None
        if found := _emptied(_runs(root, vanished, on_ground=on_ground), f"{_W}t"):
            texts += found
            changed[name] = written_part(root)
    return changed, texts


def _vanished_styles(data: bytes) -> frozenset[str]:
    """Ids of the styles whose text does not show, by themselves or by what they are based on."""
    own, base = dict[str, bool](), dict[str, str]()
    for style in parsed_part(data).iter(f"{_W}style"):
        name = style.get(f"{_W}styleId", "")
        own[name] = _is_on(style.find(f"{_W}rPr/{_W}vanish"))
        based = style.find(f"{_W}basedOn")
        base[name] = based.get(f"{_W}val", "") if based is not None else ""

    def vanishes(name: str) -> bool:
        seen = set[str]()
        while name in own and name not in seen:
            if own[name]:
                return True
            seen.add(name)
            name = base[name]
        return False

    return frozenset(filter(vanishes, own))


def _runs(root: Xml.Element, vanished: frozenset[str], *, on_ground: bool) -> Iterator[Xml.Element]:
    """Hidden runs. on_ground: what they stand on may have a colour, on which white is seen."""
    waiting = [(root, on_ground, False)]
    while waiting:
        element, ground, is_vanished = waiting.pop()
        if element.tag in (f"{_W}tbl", f"{_W}txbxContent"):
            ground = True
        elif element.tag == f"{_W}p":
            ground = ground or element.find(f"{_W}pPr/{_W}shd") is not None
            is_vanished = _value(element, f"{_W}pPr/{_W}pStyle") in vanished
        elif element.tag == f"{_W}r" and _is_hidden_run(element, vanished, is_vanished, ground):
            yield element
            continue
        waiting += [(child, ground, is_vanished) for child in element]


def _is_hidden_run(
    run: Xml.Element, vanished: frozenset[str], in_vanished: bool, on_ground: bool
) -> bool:
    looks = run.find(f"{_W}rPr")
    if looks is None:
        return in_vanished
    vanish = looks.find(f"{_W}vanish")
    if vanish is not None:
        return _is_on(vanish)
    if in_vanished or _value(looks, f"{_W}rStyle") in vanished:
        return True
    size = _value(looks, f"{_W}sz")
    if size.isdecimal() and int(size) <= _TINY_HALF_POINTS:
        return True
    has_ground = any(looks.find(f"{_W}{name}") is not None for name in ("shd", "highlight"))
    is_white = _value(looks, f"{_W}color").upper() == "FFFFFF"
    return is_white and not has_ground and not on_ground


def _is_on(switch: Xml.Element | None) -> bool:
    return switch is not None and switch.get(f"{_W}val", "true") not in _OFF


def _value(element: Xml.Element, path: str) -> str:
    found = element.find(path)
    return found.get(f"{_W}val", "") if found is not None else ""


def _emptied(elements: Iterator[Xml.Element], tag: str) -> list[str]:
    """Takes the words out of the elements; what they were, one text for each."""
    texts = []
    for element in elements:
        words = [each for each in element.iter(tag) if each.text]
        if words:
            texts.append("".join(each.text or "" for each in words))
        for each in words:
            each.text = ""
    return texts


def _hidden_on_slides(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], list[str]]:
    size = parsed_part(archive.read("ppt/presentation.xml")).find(f"{_P}sldSz")
    width, height = (
        (int(size.get(name, "0")) for name in ("cx", "cy")) if size is not None else (0, 0)
    )
    changed, texts = dict[str, bytes](), list[str]()
    for name in filter(_SLIDE_PART.fullmatch, archive.namelist()):
        data = archive.read(name)
        if len(data) > _MOST_PART_BYTES:
            continue
        root = parsed_part(data)
        hidden = iter([root]) if root.get("show") in _OFF else _shapes(root, width, height)
        if found := _emptied(hidden, f"{_A}t"):
            texts += found
            changed[name] = written_part(root)
    return changed, texts


def _shapes(root: Xml.Element, width: int, height: int) -> Iterator[Xml.Element]:
    """What lies outside of the slide, is switched off, or too small to be read."""
    tree = root.find(f"{_P}cSld/{_P}spTree")
    for shape in tree if tree is not None else ():
        if shape.tag not in _SHAPES:
            continue
        about = next(shape.iter(f"{_P}cNvPr"), None)
        if (about is not None and about.get("hidden") in ("1", "true")) or _is_outside(
            shape, width, height
        ):
            yield shape
    for run in root.iter(f"{_A}r"):
        size = run.find(f"{_A}rPr")
        points = size.get("sz", "") if size is not None else ""
        if points.isdecimal() and int(points) <= _TINY_HUNDREDTHS:
            yield run


def _is_outside(shape: Xml.Element, width: int, height: int) -> bool:
    at = next((each for each in shape.iter() if each.tag in (f"{_A}xfrm", f"{_P}xfrm")), None)
    off, ext = (at.find(f"{_A}off"), at.find(f"{_A}ext")) if at is not None else (None, None)
    if off is None or ext is None or not width or not height:
        return False
    x, y, across, down = (
        int(each.get(name, "0"))
        for each, name in ((off, "x"), (off, "y"), (ext, "cx"), (ext, "cy"))
    )
    return x >= width or y >= height or x + across <= 0 or y + down <= 0
