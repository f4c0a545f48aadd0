"""Who can read a reply and what they may read, from first principles.

It looks at the world itself, asks each reader in turn, and shares no code with what it judges.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from bot.leakfuzz.world import MARK, Document, Person, Room, World

_STRANGER = Person(id="U-STRANGER", kind="outsider")
"""Whoever reads a shared conversation on the other side."""
_CHANGING = frozenset({"id", "trace_id", "timings_ms", "fingerprint", "repeats"})
"""Of every answer, or with any change of the knowledge; no reader in Slack is told these."""
_COSTS = "usage"
"""What it cost to make, which is nothing where an answer was given again."""


def readers(world: World, room: Room) -> list[Person]:
    """Everybody who can read what is said there."""
    there = [world.people[name] for name in room.members]
    if room.kind == "public":
        there += [person for person in world.people.values() if person.kind == "member"]
    if room.shared:
        there.append(_STRANGER)
    return [person for person in there if person.kind != "bot" and not person.gone]


def may_read(world: World, person: Person, document: Document, where: Room) -> bool:
    """Whether one person may read one document; `where` they are, if only as a stranger."""
    return any(_opens(world, person, tag, where) for tag in document.tags)


def _opens(world: World, person: Person, tag: str, where: Room) -> bool:
    kind, _, name = tag.partition(":")
    if kind == "channel":
        room = world.rooms[name]
        looks_in = room.kind == "public" and person.kind == "member"
        return person.id in room.members or looks_in or (person is _STRANGER and name == where.id)
    if kind == "group":
        return person.id in world.groups[name]
    if kind == "user":
        return person.id == name
    return kind == "public" or person.kind == "member"


def open_to(world: World, room: Room) -> dict[str, Document]:
    """The documents that all who can read this conversation may read."""
    people = readers(world, room)
    return {
        name: document
        for name, document in world.documents.items()
        if all(may_read(world, person, document, room) for person in people)
    }


@dataclass(slots=True)
class Checker:
    """Counts what came out and should not have. leaks: by where it was and what."""

    leaks: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def look(self, world: World, room: Room, said: dict[str, Any]) -> None:
        """said: by field, whatever was made for readers of this conversation, as it is now."""
        may = {mark for found in open_to(world, room).values() for mark in found.marks}
        parts = {mark: part for d in world.documents.values() for mark, part in d.marks.items()}
        for place, value in said.items():
            shown = set(MARK.findall(json.dumps(value, default=str).lower()))
            for mark in shown - may:
                part = parts.get(mark)
                # One of no live document of this world: rewritten, removed, or another tenant's.
                self._leak(f"{place}: {part.value if part else 'gone or foreign'}", room, mark)

    def compare(self, room: Room, before: dict[str, Any], after: dict[str, Any]) -> None:
        """The same question, once what its readers may not read has changed."""
        given_again = bool(before.get("repeats")) != bool(after.get("repeats"))
        for name in before.keys() - _CHANGING - ({_COSTS} if given_again else set()):
            if _rounded(before[name]) != _rounded(after[name]):
                self._leak(f"{name}: tells of hidden documents", room, f"{before[name]!r:.80}")

    def _leak(self, kind: str, room: Room, what: str) -> None:
        self.leaks[kind] += 1
        if len(self.examples) < 5:
            self.examples.append(f"{kind} in {room.kind} {room.id}: {what}")


def cited(said: Collection[Any]) -> bool:
    """Whether any document came out at all: a run in which none did shows nothing."""
    return bool(MARK.search(json.dumps(list(said), default=str).lower()))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value
