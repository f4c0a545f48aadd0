"""HTML that cannot forget to escape: text is escaped, and what it hides named, unless it is markup
already."""

from __future__ import annotations

from html import escape

from evals.reports.wording import seen, visible

_VOID = {"meta", "br", "hr"}


class Html(str):
    """Markup. Only this module and the drawn pictures make it."""

    __slots__ = ()


def tag(name: str, /, *content: object, **attributes: object) -> Html:
    """An element.  content: `Html` as it is, all else as text; None and "" are left out.

    attributes: `class_` is class, `aria_label` is aria-label; True stands alone; None and False are
    left out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(*content)}</{name}>")


def joined(*content: object) -> Html:
    """Pieces one after the other."""
    return Html("".join(_piece(piece) for piece in content if piece is not None))


def foreign(text: str, most: int = 600) -> Html:
    """Somebody else's text, apart from the direction of writing around it."""
    return tag("bdi", seen(text, most))


def _piece(piece: object) -> str:
    if isinstance(piece, Html):
        return piece
    return escape(visible(str(piece)), quote=True)


def _attribute(key: str, value: object) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{_piece(str(value))}"'
