"""A small run finds nothing; one over a program with a hole finds it, so the checker can fail."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

import bot.access.held
from bot.access.audience import Rights
from bot.leakfuzz import asking
from bot.leakfuzz.__main__ import main
from bot.leakfuzz.checker import Checker, open_to
from bot.leakfuzz.run import fuzz
from bot.leakfuzz.world import Person, Room, World
from engine.answer_cache import AnswerCache
from engine.audience import FULL_MEMBER, Audience
from engine.retrieval.weights import TermWeigher
from tests.qdrant_server.server import QdrantServer

SEED = 5


def silent(_: str) -> None:
    pass


@pytest.mark.slow
async def test_nothing_leaks_on_the_embedded_index() -> None:
    found = (await fuzz(4, seed=SEED, questions=60, tell=silent)).as_json()
    assert found["leaks"] == 0, found
    assert found["trials"] + found["held_back"] == 240
    assert found["with_passages"] > 60
    assert found["compared"] > 5
    assert found["changes_meanwhile"] > 5
    assert found["repeated"] > 5


@pytest.mark.slow
def test_the_command_asks_a_server_too_and_its_last_line_has_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with QdrantServer(tmp_path).running() as server:
        code = main(["--size", "2", "--questions", "30", "--server", server.url])
    out = capsys.readouterr().out.splitlines()[-1]
    assert code == 0
    assert '"leaks": 0' in out
    assert '"server": {"trials": ' in out


@pytest.mark.slow
async def test_a_filter_that_lets_everything_through_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rights that are taken for a full member's wherever a question is asked."""

    async def full_member(*_: Any, **__: Any) -> Rights:
        return Rights(audience=FULL_MEMBER)

    monkeypatch.setattr(asking, "rights_in", full_member)
    leaks = (await fuzz(6, seed=SEED, questions=50, tell=silent)).checker.leaks
    assert leaks["retrieved: name"] > 0, leaks
    assert leaks["checks: text"] > 0, leaks


@pytest.mark.slow
async def test_term_statistics_of_hidden_documents_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weigh = TermWeigher.weigh

    async def of_all(self: TermWeigher, terms: Any, **given: Any) -> Any:
        sizes = await self._statistics.sizes(given["tenant"])
        everybody = Audience(frozenset(tag for readers in sizes for tag in readers.split(",")))
        return await weigh(self, terms, **{**given, "audience": everybody})

    monkeypatch.setattr(TermWeigher, "weigh", of_all)
    leaks = (await fuzz(4, seed=SEED, questions=60, tell=silent)).checker.leaks
    assert any("tells of hidden documents" in kind for kind in leaks), leaks


@pytest.mark.slow
async def test_answers_that_are_given_again_to_other_readers_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = AnswerCache._key

    async def of_anyone(self: AnswerCache, *asked: Any) -> str | None:
        question, tenant, _, revision = asked
        return await key(self, question, tenant, FULL_MEMBER, revision)

    monkeypatch.setattr(AnswerCache, "_key", of_anyone)
    monkeypatch.setattr(bot.access.held, "may_show", _always)
    leaks = (await fuzz(3, seed=SEED, questions=60, tell=silent)).checker.leaks
    assert sum(leaks.values()) > 20, leaks


async def _always(*_: Any, **__: Any) -> bool:
    return True


@pytest.mark.slow
async def test_what_is_not_checked_again_before_posting_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bot.access.held, "may_show", _always)
    leaks = (await fuzz(6, seed=SEED, questions=60, tell=silent)).checker.leaks
    assert sum(leaks.values()) > 0


def a_world() -> World:
    world = World(3, random.Random(1))
    world.people = {
        "U1": Person(id="U1", kind="member"),
        "U2": Person(id="U2", kind="guest"),
        "U3": Person(id="U3", kind="bot"),
    }
    world.rooms = {
        "C1": Room(id="C1", kind="public", members={"U2", "U3"}),
        "C2": Room(id="C2", kind="private", members={"U1", "U3"}),
        "C3": Room(id="C3", kind="private", members={"U1"}, shared=True),
    }
    world.groups = {"S1": {"U1"}}
    world.documents.clear()
    for tag in ("public", "everyone", "channel:C1", "channel:C2", "channel:C3", "group:S1"):
        world.add_like("badge", (tag,))
    return world


@pytest.mark.parametrize(
    ("room", "readable"),
    [
        ("C1", {"public", "channel:C1"}),  # a guest is in it, and any member may look
        ("C2", {"public", "everyone", "channel:C1", "channel:C2", "channel:C3", "group:S1"}),
        ("C3", {"public", "channel:C3"}),  # read on the other side too
    ],
)
def test_the_checker_asks_each_reader(room: str, readable: set[str]) -> None:
    world = a_world()
    found = open_to(world, world.rooms[room])
    assert {tag for document in found.values() for tag in document.tags} == readable


def test_the_checker_sees_names_titles_texts_and_what_is_gone() -> None:
    world, checker = a_world(), Checker()
    hidden = next(d for d in world.documents.values() if d.tags == ("group:S1",))
    row = hidden.row
    checker.look(
        world,
        world.rooms["C1"],
        {"a": row["_id"], "b": [row["title"].upper()], "c": {"d": row["text"]}, "e": "zqffff0001"},
    )
    assert set(checker.leaks) == {"a: name", "b: title", "c: text", "e: gone or foreign"}
