"""A made-up company: people, groups, conversations and documents, which change by chance.

Every text of a document carries a mark that stands nowhere else: one in its name, one in its title
and one in each sentence, other ones in each version. Documents speak of few things, so that hidden
ones answer most questions as well as those that may be read.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any

MARK = re.compile(r"zq[0-9a-f]{8}")
TEAM, ELSEWHERE = "T0HOME", "T0ELSE"
_THINGS = "printer router badge laptop invoice parking visitor backup holiday license".split()
_ASPECTS = "limit price owner deadline address schedule procedure password contact warranty".split()


class Part(StrEnum):
    """Where a mark stands."""

    NAME = "name"
    TITLE = "title"
    TEXT = "text"


@dataclass(slots=True, kw_only=True)
class Person:
    """kind: member, guest, outsider or bot."""

    id: str
    kind: str
    gone: bool = False


@dataclass(slots=True, kw_only=True)
class Room:
    """kind: public, private or dm. shared: another company reads it too."""

    id: str
    kind: str
    members: set[str]
    shared: bool = False


@dataclass(slots=True, kw_only=True)
class Document:
    """tags: who may read it. marks: of the version that is live."""

    name: str
    thing: str
    aspects: list[str]
    tags: tuple[str, ...]
    marks: dict[str, Part] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)


class World:
    """One tenant; the same for the same random numbers."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.tenant = f"w{number}"
        self._marks = (f"zq{number:04x}{n:04x}" for n in count())
        self.rng = rng
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.groups: dict[str, set[str]] = {}
        self.documents: dict[str, Document] = {}
        for n in range(rng.randint(4, 9)):
            kind = rng.choice(["member"] * 5 + ["guest", "outsider", "bot"]) if n else "member"
            self.people[f"U{n:03}"] = Person(id=f"U{n:03}", kind=kind)
        for n in range(rng.randint(1, 3)):
            self.groups[f"S{n:03}"] = self._some_people()
        for n in range(rng.randint(2, 5)):
            kind = rng.choice(["public", "private"])
            room = Room(id=f"C{n:03}", kind=kind, members=self._some_people())
            room.shared = rng.random() < 0.15
            self.rooms[room.id] = room
        for person in self.people.values():
            if person.kind in ("member", "guest"):
                dm = Room(id=f"D{person.id[1:]}", kind="dm", members={person.id})
                self.rooms[dm.id] = dm
        for _ in range(rng.randint(6, 14)):
            self._add_document()

    def corpus(self) -> str:
        """The documents as a JSONL corpus."""
        return "".join(f"{json.dumps(d.row)}\n" for d in self.documents.values())

    def question(self) -> tuple[Room, str, str]:
        """Where somebody asks, who, and what."""
        rng = self.rng
        askers = {
            r.id: [m for m in sorted(r.members) if self.people[m].kind != "bot"]
            for r in self.rooms.values()
        }
        room = self.rooms[rng.choice([name for name, people in askers.items() if people])]
        thing, aspect = rng.choice(_THINGS), rng.choice(_ASPECTS)
        if self.documents and rng.random() < 0.8:
            about = rng.choice(list(self.documents.values()))
            thing, aspect = about.thing, rng.choice(about.aspects)
        text = rng.choice(
            [f"What is the {aspect} of the {thing}?", f"Tell me the {thing} {aspect}", f"{thing}?"]
        )
        return room, rng.choice(askers[room.id]), text

    def change_people(self) -> list[dict[str, Any]]:
        """A membership changes; the events by which Slack tells."""
        rng, people = self.rng, list(self.people.values())
        person = rng.choice(people)
        match rng.randrange(4):
            case 0:
                room = rng.choice([r for r in self.rooms.values() if r.kind != "dm"])
                joined = person.id not in room.members
                (room.members.add if joined else room.members.discard)(person.id)
                name = f"member_{'joined' if joined else 'left'}_channel"
                return [{"type": name, "channel": room.id, "user": person.id}]
            case 1:
                group = rng.choice(list(self.groups))
                self.groups[group] ^= {person.id}
                return [{"type": "subteam_updated", "subteam": {"id": group}}]
            case 2:
                room = rng.choice([r for r in self.rooms.values() if r.kind != "dm"])
                room.shared = not room.shared
                return [{"type": "channel_shared", "channel": room.id}]
        if person.kind in ("member", "guest"):
            person.kind = "guest" if person.kind == "member" else "member"
        return [{"type": "user_change", "user": {"id": person.id}}]

    def change_documents(self, among: list[Document] | None = None) -> None:
        """One is added, removed, rewritten, or gets other readers."""
        rng = self.rng
        pool = list(self.documents.values()) if among is None else among
        kind = rng.randrange(4)
        if kind == 0 or not pool or len(self.documents) < 3:
            self._add_document()
            return
        document = rng.choice(pool)
        if kind == 1:
            del self.documents[document.name]
            return
        if kind == 2:
            document.tags = self._tags()
        self._write(document)

    def add_like(self, thing: str, tags: tuple[str, ...]) -> None:
        """One more about the same, for these readers."""
        self._add_document(thing, tags)

    def _add_document(self, thing: str | None = None, tags: tuple[str, ...] | None = None) -> None:
        mark = next(self._marks)
        document = Document(
            name=f"{mark}.md",
            thing=thing or self.rng.choice(_THINGS),
            aspects=self.rng.sample(_ASPECTS, self.rng.randint(2, 4)),
            tags=tags or self._tags(),
            marks={mark: Part.NAME},
        )
        self.documents[document.name] = document
        self._write(document)

    def _write(self, document: Document) -> None:
        name = document.name.removesuffix(".md")
        title, *said = (next(self._marks) for _ in range(1 + len(document.aspects)))
        document.marks = {name: Part.NAME, title: Part.TITLE, **dict.fromkeys(said, Part.TEXT)}
        sentences = [
            f"The {aspect} of the {document.thing} is {mark}."
            for aspect, mark in zip(document.aspects, said, strict=True)
        ]
        document.row = {
            "_id": document.name,
            "title": f"{document.thing.capitalize()} {title}",
            "text": " ".join(sentences),
            "audience": list(document.tags),
        }

    def _some_people(self) -> set[str]:
        people = sorted(self.people)
        return set(self.rng.sample(people, self.rng.randint(1, len(people))))

    def _tags(self) -> tuple[str, ...]:
        rng = self.rng
        tags = ["public", "everyone", "everyone"]
        tags += [f"channel:{r}" for r in self.rooms] + [f"group:{g}" for g in self.groups]
        tags += [f"user:{p}" for p in self.people]
        return tuple(sorted(set(rng.sample(tags, rng.choice([1, 1, 1, 2])))))
