"""A file that Slack holds, as far as a document is made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from engine.knowledge.source import NOT_DOCUMENTS

_PICTURES_AND_SOUNDS = ("image/", "audio/", "video/")
_ELSEWHERE = frozenset({"external", "tombstone", "hidden_by_limit"})
"""Modes of files whose bytes Slack does not hold, or holds no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFile:
    """One file. channels: where it stands, as far as the app may know.

    stamp: changes with whatever Slack says of it. rewritable: its bytes may change, be it without
        another stamp. size: in bytes, as Slack tells it. partial: Slack has told nothing but the
        id, as of a file of another company; files.info tells more.
    """

    id: str
    name: str
    title: str
    url: str | None
    permalink: str | None
    size: int
    mimetype: str
    user: str
    channels: frozenset[str]
    changed_at: datetime | None
    stamp: str
    rewritable: bool
    is_document: bool
    partial: bool


def parse_file(told: Mapping[str, Any]) -> SharedFile | None:
    """The file of Slack's object; None where it is none or is gone."""
    file, mode = _text(told, "id"), _text(told, "mode")
    if not file or mode == "tombstone":
        return None
    name = _text(told, "name") or _text(told, "title") or "file"
    mimetype = _text(told, "mimetype").lower()
    url = _text(told, "url_private_download") or _text(told, "url_private") or None
    size = told.get("size")
    changed = [told.get(key) for key in ("created", "timestamp", "updated", "edit_timestamp")]
    said = (file, name, _text(told, "title"), _text(told, "permalink"), size, mimetype, *changed)
    return SharedFile(
        id=file,
        name=name,
        title=_text(told, "title") or name,
        url=url,
        permalink=_text(told, "permalink") or None,
        size=size if isinstance(size, int) else 0,
        mimetype=mimetype,
        user=_text(told, "user"),
        channels=_channels(told),
        changed_at=_moment(changed),
        stamp=hashlib.sha256(repr(said).encode()).hexdigest(),
        rewritable=bool(told.get("editable")) or mode not in ("hosted", ""),
        is_document=mode not in _ELSEWHERE
        and not told.get("is_external")
        and not mimetype.startswith(_PICTURES_AND_SOUNDS)
        and PurePosixPath(name).suffix.lower() not in NOT_DOCUMENTS,
        partial=_text(told, "file_access") == "check_file_info",
    )


def shares_of(told: Mapping[str, Any], channel: str) -> list[tuple[str, str | None]]:
    """The messages of a channel that a file stands in: their ts and, of replies, their root's."""
    found: list[tuple[str, str | None]] = []
    for kind in _mapping(told, "shares").values():
        for share in kind.get(channel) or () if isinstance(kind, Mapping) else ():
            if isinstance(share, Mapping) and (ts := _text(share, "ts")):
                found.append((ts, _text(share, "thread_ts") or None))
    return sorted(found)


def _channels(told: Mapping[str, Any]) -> frozenset[str]:
    listed = [told.get("channels"), told.get("groups")]
    named = [c for row in listed if isinstance(row, list) for c in row]
    for kind in _mapping(told, "shares").values():
        named += list(kind) if isinstance(kind, Mapping) else ()
    return frozenset(c for c in named if isinstance(c, str))


def _moment(changed: list[Any]) -> datetime | None:
    seconds = [moment for moment in changed if isinstance(moment, int | float)]
    try:
        return datetime.fromtimestamp(max(seconds), UTC) if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _mapping(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""
