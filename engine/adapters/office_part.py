"""An XML part of an office file, read and written again."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as Xml


def parsed_part(data: bytes) -> Xml.Element:
    """The root of a part; its prefixes are kept when it is written again, as the library goes by
    them.

    Raises: xml.etree.ElementTree.ParseError.
    """
    starts = Xml.iterparse(io.BytesIO(data), events=("start-ns",))  # noqa: S314 - as below
    for _, (prefix, uri) in starts:
        if not re.fullmatch(r"ns\d+", prefix):
            Xml.register_namespace(prefix, uri)
    return Xml.fromstring(data)  # noqa: S314 - entities are refused before


def written_part(root: Xml.Element) -> bytes:
    """A part as bytes."""
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
