"""The whole demo: a bot as a process of its own over real sockets, and the faults around it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.page.bot_environment import bot_environment
from bot.page.demo import Demo, PortTaken, open_demo
from bot.page.supervisor import BotState, Supervisor
from bot.workspace.messages import Message, Streaming
from engine.errors import WrongUse
from engine.settings import Settings, load_settings
from evals.model_server.server import ModelServer

pytestmark = pytest.mark.slow

LEAVE = "How long is parental leave?"
DOCUMENTS = {
    "leave.md": "# Parental leave\n\nParental leave is 16 weeks for every parent.\n\n"
    "Tell HR three months before parental leave begins.\n",
    "wifi.md": "# Wifi\n\nThe guest wifi is called DeskNet. Its password changes on Mondays.\n",
}
WITHIN_S = 60.0


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"DESKHAND_HOME": str(tmp_path / "home")}, working_directory=tmp_path)


@pytest.fixture
async def demo(settings: Settings, docs: Path, static: Path) -> AsyncIterator[Demo]:
    async with open_demo(settings, folder=docs, port=0, static=static) as opened:
        yield opened


async def answer(demo: Demo, question: Message) -> list[Message]:
    """The bot's whole answer to a question."""
    found: list[Message] = []

    def whole() -> bool:
        found[:] = demo.workspace.replies_by_app(question.channel, question.ts)
        return any(
            (m.metadata or {}).get("event_payload", {}).get("key", "").endswith(":answer:0")
            for m in found
        ) and all(m.streaming is not Streaming.IN_PROGRESS for m in found)

    await demo.workspace.until(whole, WITHIN_S)
    return found


async def state_is(demo: Demo, state: BotState, lives: int) -> None:
    await demo.workspace.until(
        lambda: demo.bot.state is state and demo.bot.lives == lives, WITHIN_S
    )


async def told(demo: Demo, question: Message) -> dict[str, Any]:
    found = await demo.explaining.of(question.channel, question.ts, question)
    assert found is not None
    return found


async def test_a_visitor_asks_and_sees_what_happened_and_the_bot_survives(
    demo: Demo, docs: Path
) -> None:
    # asked, and what happened
    question, said = await demo.ask(LEAVE, within_s=WITHIN_S)
    assert "16 weeks" in said[0].text
    for ts, message in ((question.ts, question), (said[0].ts, said[0])):
        happened = await demo.explaining.of(question.channel, ts, message)
        assert happened is not None
        assert happened["outcome"] == "answered"
        assert happened["question"]["text"] == LEAVE
        assert [stage["stage"] for stage in happened["stages"]] == [
            *("intake", "triage", "retrieval", "generation", "verification")
        ]
        assert 0 < sum(stage["ms"] for stage in happened["stages"]) <= happened["total_ms"]
        best = happened["passages"][0]
        assert (best["document_name"], best["cited_as"][:1]) == ("leave.md", [1])
        assert "16 weeks" in best["text"]
        assert best["audience"] == ["everyone"]
        shown = [s for s in happened["sentences"] if s["shown"]]
        assert shown[0]["citations"] == [1]
        assert shown[0]["support"] > 0.9
        assert happened["writer"] == "extractive"
        assert happened["usage"]["cost_usd"] == 0
        assert happened["case"] is None
        assert {m["kind"] for m in happened["messages"]} == {"answer"}
    assert demo.page.beside()["workspace"]["documents"] == len(DOCUMENTS)
    assert set(demo.knowledge.questions) == {
        "What do I need to know about Parental leave?",
        "What do I need to know about Wifi?",
    }
    assert demo.page.beside()["workspace"]["kb"] == str(docs)

    # killed with a question on its way to it, and started again
    first = demo.bot.pid
    again = demo.cast.first.mention(demo.cast.help, "What is the guest wifi called?")
    demo.switches.switch("kill_bot", True)
    await state_is(demo, BotState.RUNNING, 2)
    assert demo.bot.pid != first
    assert "DeskNet" in (await answer(demo, again))[0].text

    # refused by Slack again and again
    demo.switches.switch("slack_429", True)
    refused = demo.cast.first.mention(demo.cast.help, LEAVE)
    assert "16 weeks" in (await answer(demo, refused))[0].text
    demo.switches.switch("all", False)
    assert not any(fault["on"] for fault in demo.switches.render())

    # asked while it was away
    demo.switches.switch("bot_offline", True)
    await state_is(demo, BotState.STOPPED, 2)
    assert demo.bot.pid == 0
    asked = demo.cast.first.mention(demo.cast.help, "How often does the wifi password change?")
    demo.switches.switch("bot_offline", False)
    await state_is(demo, BotState.RUNNING, 3)
    assert "Mondays" in (await answer(demo, asked))[0].text


async def test_the_faults_of_a_model_are_played_by_a_stand_in(demo: Demo) -> None:
    assert demo.switches.model()["kind"] == "none"
    demo.switches.switch("slow_model", True)
    demo.switches.switch("inventing_model", True)
    assert demo.switches.model()["kind"] == "stand_in"
    await state_is(demo, BotState.RUNNING, 2)
    question = demo.cast.first.mention(demo.cast.help, LEAVE)
    streaming: set[str] = set()

    def saw_it_stream() -> bool:
        replies = demo.workspace.replies_by_app(demo.cast.help, question.ts)
        streaming.update(m.text for m in replies if m.streaming is Streaming.IN_PROGRESS)
        return any("16 weeks" in text for text in streaming)

    await demo.workspace.until(saw_it_stream, WITHIN_S)
    said = await answer(demo, question)
    assert "23 weeks" not in said[0].text
    happened = await told(demo, question)
    assert happened["writer"] == "stand-in"
    dropped = [s for s in happened["sentences"] if not s["shown"]]
    assert "23 weeks" in dropped[0]["text"]
    assert dropped[0]["why"]

    demo.switches.switch("slow_model", False)
    demo.switches.switch("inventing_model", False)
    demo.switches.switch("model_down", True)
    await state_is(demo, BotState.RUNNING, 3)  # started again once for all three
    quoted = demo.cast.first.mention(demo.cast.help, "Tell HR how long before parental leave?")
    assert "three months" in (await answer(demo, quoted))[0].text
    happened = await told(demo, quoted)
    assert "model_down" in {reason["code"] for reason in happened["reasons"]}
    assert happened["writer"] == "extractive"


async def test_a_model_writes_where_the_visitor_asks_for_it_and_nowhere_else(
    docs: Path, static: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ModelServer()
    async with model.serving() as url:
        given = {"OPENAI_API_KEY": "sk-of-the-visitor", "OPENAI_BASE_URL": url}
        for name, value in given.items():
            monkeypatch.setenv(name, value)  # what a demo's process finds around it
        home = {"DESKHAND_HOME": str(tmp_path / "home")}
        settings = load_settings(home | given, working_directory=tmp_path)
        async with open_demo(settings, folder=docs, port=0, static=static, model=True) as demo:
            question, _ = await demo.ask(LEAVE, within_s=WITHIN_S)
            assert (await told(demo, question))["writer"] == settings.openai.model
            assert demo.switches.model()["name"] == settings.openai.model
            assert model.requests
            demo.switches.switch("model_down", True)
            demo.switches.switch("model_down", False)
            assert demo.bot.environment["DESKHAND_OPENAI__BASE_URL"] == url
            assert demo.bot.environment["DESKHAND_OPENAI__API_KEY"] == "sk-of-the-visitor"
            surroundings = {**os.environ, "DESKHAND_OPENAI__API_KEY": "sk-of-the-visitor"}
            without = bot_environment(
                demo.workspace, demo.cast, home=demo.state, surroundings=surroundings
            )
            assert not [name for name in without if "OPENAI" in name]


async def test_a_model_that_is_not_set_cannot_be_asked_for(settings: Settings, docs: Path) -> None:
    with pytest.raises(WrongUse, match="set OPENAI_API_KEY"):
        async with open_demo(settings, folder=docs, port=0, model=True):
            pass


async def test_nothing_is_left_behind_and_the_documents_are_read_once(
    settings: Settings, docs: Path, static: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {taken} is taken"):
            async with open_demo(settings, folder=docs, port=taken, static=static):
                pass
        usual = settings.model_copy(update={"demo_port": taken})
        async with open_demo(usual, folder=docs, static=static) as demo:
            assert str(taken) not in demo.address
            pid, state = demo.bot.pid, demo.state
            summary = demo.knowledge.summary
            assert (summary.added, summary.unchanged) == (0, 2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not state.exists()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("photo.png", b"\x89PNG", "holds no documents"),
        ("empty.md", b"", "no document in .* could be read"),
    ],
)
async def test_a_folder_without_a_readable_document_is_said(
    settings: Settings, tmp_path: Path, static: Path, name: str, data: bytes, said: str
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / name).write_bytes(data)
    with pytest.raises(WrongUse, match=said):
        async with open_demo(settings, folder=folder, port=0, static=static):
            pass


async def test_a_bot_that_cannot_start_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    seen: list[str] = []
    (tmp_path / "broken.py").write_text("raise SystemExit('it has no legs')")
    bot = Supervisor(
        {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        connected=lambda: False,
        told=lambda: seen.append(bot.state.value),
        log=tmp_path / "bot.log",
        folder=tmp_path,
        module=("broken",),
    )
    async with bot.supervising():
        assert not await bot.ready(WITHIN_S)
        assert (bot.state, bot.lives) == (BotState.FAILED, 3)
        assert "it has no legs" in bot.render()["told"]
        await asyncio.sleep(0)
    assert seen[-1] == "failed"
