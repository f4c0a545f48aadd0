"""Whether the declarations of a style hide the text that they are of."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from engine.knowledge.document import Hiding

_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|ex|ch|%|)")
_IN_PX = {"px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "%": 0.16, "": 1.0}
_TINY_PX = 2.0
_FAR_PX = -500.0
_CLEAR_OPACITY = 0.05
_WHITE = re.compile(r"#f[a-f]f[a-f]f[a-f]|#fff|white|rgba?\(255,255,255(?:,(?:1|1\.0|100%))?\)")
_CLEAR = re.compile(
    r"transparent|rgba\([^()]*,0(?:\.0*)?%?\)|#[0-9a-f]{6}00|#[0-9a-f]{3}0(?![0-9a-f])"
)
_CLIPPED = re.compile(
    r"rect\((?:0|1px)[^()]*\)|inset\((?:100%|50%)|circle\(0|polygon\(0(?:px)?,?0|scale[xy]?\(0\)"
)
_NOT_SHOWN = {("display", "none"), ("visibility", "hidden"), ("visibility", "collapse")}
_NOT_SHOWN |= {("content-visibility", "hidden")}
_SHOWN_AGAIN = frozenset({"color", "font-size", "font"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What declarations do to their text. hiding: None where they hide nothing.

    inherited: an element within may show its own text again, by another size or colour.
    shows_again: whether they would do that.
    """

    hiding: Hiding | None = None
    inherited: bool = False
    shows_again: bool = False


def read_style(style: str, *, on_ground: bool = False) -> Style:
    """How the declarations hide their text: by not showing it, as menus do, or by a trick.

    on_ground: something around it may have a ground of its own, on which white is seen.
    """
    said = _declarations(style)
    if (
        any(pair in _NOT_SHOWN for pair in said.items())
        or _is_off_screen(said)
        or (said.get("overflow") == "hidden" and _has_no_room(said))
    ):
        return Style(hiding=Hiding.UNSHOWN)
    opacity, size = _length(said.get("opacity", "")), _length(said.get("font-size", ""))
    if opacity is not None and opacity <= _CLEAR_OPACITY:
        return Style(hiding=Hiding.STYLE)
    if (size is not None and size < _TINY_PX) or _has_no_color(said, on_ground=on_ground):
        return Style(hiding=Hiding.STYLE, inherited=True)
    return Style(shows_again=not _SHOWN_AGAIN.isdisjoint(said))


def _has_no_color(said: dict[str, str], *, on_ground: bool) -> bool:
    color, ground = said.get("color", ""), said.get("background-color", said.get("background", ""))
    if _CLEAR.fullmatch(color) or (color and color == ground):
        return True
    if not _WHITE.fullmatch(color):
        return False
    return _WHITE.fullmatch(ground) is not None if ground else not on_ground


def _declarations(style: str) -> dict[str, str]:
    found = {}
    for declaration in html.unescape(style).lower().split(";")[:200]:
        name, _, value = declaration.partition(":")
        value = value.replace("!important", "")
        found[name.strip()] = re.sub(r"\s*([,()])\s*", r"\1", value).strip()
    return found


def _length(value: str) -> float | None:
    """In pixels; None where it is none, or in a measure of the window."""
    match = _LENGTH.fullmatch(value)
    return float(match[1]) * _IN_PX[match[2]] if match else None


def _has_no_room(said: dict[str, str]) -> bool:
    sizes = (_length(said.get(name, "")) for name in ("height", "width", "max-height"))
    return any(size is not None and size <= 1 for size in sizes)


def _is_off_screen(said: dict[str, str]) -> bool:
    """As labels for screen readers are."""
    if any(_CLIPPED.match(said.get(name, "")) for name in ("clip", "clip-path", "transform")):
        return True
    moved = ["text-indent"]
    if said.get("position") in ("absolute", "fixed"):
        moved += ["left", "top", "right", "bottom", "margin-left"]
    return any((_length(said.get(name, "")) or 0.0) <= _FAR_PX for name in moved)
