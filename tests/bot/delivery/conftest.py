"""A workspace, the real stores, and workers whose answers a test writes; time runs when told to."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.delivery.answerer import Body, Prepared
from bot.delivery.worker import Worker
from bot.slack_api import SlackApi
from bot.workspace import Actor, LocalWorkspace, ManualClock
from bot.workspace.channels import Channel
from bot.workspace.messages import Message, Streaming
from bot.workspace.method_facts import PUBLISHED
from engine.slack_settings import SlackSettings
from engine.stopwatch import SentenceReady, StageStarted, Watch
from engine.storage.database import Database
from engine.storage.inbox import InboxItem, InboxStore, NewQuestion, State, Surface
from engine.storage.replies import Kind, ReplyStore
from engine.trace import Stage

TENANT = "default"

Act = Callable[[InboxItem, Watch], Awaitable[Prepared | Sequence[str]]]


def body_of(text: str) -> Body:
    """An answer's message as rendering makes it: rich text, and buttons under it."""
    button = {
        "type": "button",
        "action_id": "human",
        "text": {"type": "plain_text", "text": "Get a human"},
    }
    words = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    buttons = {"type": "actions", "elements": [button]}
    return {
        "text": text[:3_000],
        "blocks": [{"type": "rich_text", "elements": [words]}, buttons],
        "stream": {"markdown": text, "blocks": [buttons]},
    }


def words_of(message: Message) -> str:
    """What readers see of such a message, streamed or not."""
    for block in message.blocks:
        if block["type"] == "rich_text":
            return str(block["elements"][0]["elements"][0]["text"])
        if block["type"] == "markdown":
            return str(block["text"])
    return message.text


def prepared(*texts: str, **more: Any) -> Prepared:
    """An answer of these messages."""
    given = {"trace_id": str(uuid.uuid4()), "outcome": "answered"} | more
    return Prepared(messages=tuple(body_of(text) for text in texts), **given)


async def plain(item: InboxItem, watch: Watch) -> Prepared:
    """Answers at once."""
    return prepared(f"Answer to {item.text}")


class Script:
    """An answerer that does what the test says, and keeps its traces as the database would."""

    def __init__(self) -> None:
        self.act: Act = plain
        self.begun: list[InboxItem] = []
        self.recalled: list[str] = []
        self.saved: dict[str, Prepared] = {}

    async def prepare(self, item: InboxItem, watch: Watch) -> Prepared:
        self.begun.append(item)
        made = await self.act(item, watch)
        answer = made if isinstance(made, Prepared) else prepared(*made)
        self.saved[answer.trace_id] = answer
        return answer

    async def recall(self, item: InboxItem) -> Prepared | None:
        self.recalled.append(item.id)
        return self.saved.get(item.trace_id or "")


class Words:
    """Fixed words."""

    def status(self) -> str:
        return "is looking"

    def stage(self, stage: Stage) -> str:
        return "" if stage is Stage.INTAKE else f"Stage {stage}"

    def sentence(self, event: SentenceReady) -> str:
        return event.text

    def apology(self, item: InboxItem) -> Body:
        return body_of(f"Sorry. A person has it. ({item.id})")

    def stopped(self, item: InboxItem, shown: str) -> Body:
        return body_of(f"{shown}\n\n_Stopped._".strip())


@dataclass
class Desk:
    """Everything a test of delivery holds."""

    workspace: LocalWorkspace
    clock: ManualClock
    database: Database
    api: SlackApi
    alice: Actor
    bob: Actor
    general: Channel
    script: Script = field(default_factory=Script)
    settings: SlackSettings = field(
        default_factory=lambda: SlackSettings(
            lease_s=3600, request_timeout_s=5, answer_within_s=3600
        )
    )
    cases: list[tuple[str, Prepared]] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.inbox = InboxStore(self.database)
        self.replies = ReplyStore(self.database)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def worker(self, *, start: bool = True, **changes: Any) -> Worker:
        """A worker at the desk; started unless told otherwise."""

        async def on_case(item: InboxItem, answer: Prepared) -> None:
            self.cases.append((item.id, answer))

        async def on_done(item: InboxItem, outcome: str) -> None:
            self.done.append((item.id, outcome))

        given: dict[str, Any] = {
            "tenant": TENANT,
            "inbox": self.inbox,
            "replies": self.replies,
            "api": self.api,
            "bot_user": self.workspace.app.bot_user,
            "answerer": self.script,
            "wording": Words(),
            "settings": self.settings,
            "on_case": on_case,
            "on_done": on_done,
            "clock": self.now,
            "sleep": self.clock.sleep,
        }
        made = Worker(**given | changes)
        self.workers.append(made)
        if start:
            made.start()
        return made

    async def ask(
        self,
        text: str = "why?",
        *,
        by: Actor | None = None,
        channel: Channel | None = None,
        under: Message | None = None,
        surface: Surface | None = None,
    ) -> tuple[Message, InboxItem]:
        """Somebody asks; the question is in the inbox."""
        asker, where = by or self.alice, channel or self.general
        said = asker.say(where, text, thread_ts=under.ts if under else "")
        return said, await self.receive(said, surface)

    async def receive(self, said: Message, surface: Surface | None = None) -> InboxItem:
        """Puts a message into the inbox, as each delivery of its event does."""
        item, _ = await self.inbox.add(
            TENANT,
            NewQuestion(
                team=self.workspace.world.team_id,
                channel=said.channel,
                ts=said.ts,
                thread_ts=said.thread_ts if said.is_reply else None,
                user=said.user,
                surface=surface or Surface.MENTION,
                text=said.text,
                asked_at=self.now(),
            ),
            at=self.now(),
        )
        return item

    async def edit(self, said: Message, text: str) -> InboxItem | None:
        """The asker changes a question; the inbox knows."""
        self.workspace.actor(said.user).edit(said, text)
        team = self.workspace.world.team_id
        return await self.inbox.edit(TENANT, team, said.channel, said.ts, text, at=self.now())

    async def delete(self, said: Message) -> InboxItem | None:
        """The asker deletes a question; the inbox knows."""
        self.workspace.actor(said.user).delete(said)
        team = self.workspace.world.team_id
        return await self.inbox.cancel(TENANT, team, said.channel, said.ts, at=self.now())

    def shown(self, said: Message) -> list[str]:
        """What the app says under a question."""
        root = said.thread_ts or said.ts
        return [m.text for m in self.workspace.replies_by_app(said.channel, root)]

    async def state(self, item: InboxItem) -> State:
        found = await self.inbox.get(TENANT, item.id)
        assert found is not None
        return found.state

    async def until(
        self, true: Callable[[], object | Awaitable[object]], *, step_s: float = 0.0
    ) -> None:
        """Returns once it holds; each look moves the time by `step_s`."""
        async with asyncio.timeout(30):
            while True:
                found = true()
                if isinstance(found, Awaitable):
                    found = await found
                if found:
                    return
                if step_s:
                    await self.clock.advance(step_s)
                await asyncio.sleep(0.005)

    async def until_done(self, *items: InboxItem, step_s: float = 0.25) -> None:
        """Returns once every one of these questions has its outcome."""
        wanted = {item.id for item in items}
        await self.until(lambda: wanted <= {done for done, _ in self.done}, step_s=step_s)

    async def until_idle(self, *, step_s: float = 0.0) -> None:
        """Returns once no worker has anything under way."""
        await self.until(lambda: not any(w.busy for w in self.workers), step_s=step_s)

    async def ts_of(self, item: InboxItem) -> list[str | None]:
        return [p.ts for p in await self.replies.of(TENANT, item.id, Kind.ANSWER)]

    def unfinished_streams(self) -> list[Message]:
        return [
            m
            for channel in self.workspace.world.channels.values()
            for m in channel.messages.values()
            if m.streaming is Streaming.IN_PROGRESS
        ]


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    clock = ManualClock()
    async with LocalWorkspace(seed=7, clock=clock) as workspace:
        alice, bob = workspace.join("alice"), workspace.join("bob")
        api = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=5.0)
        opened = Desk(
            workspace=workspace,
            clock=clock,
            database=database,
            api=api,
            alice=alice,
            bob=bob,
            general=workspace.public("general", alice, bob),
        )
        yield opened
        for worker in opened.workers:
            stopping = asyncio.ensure_future(worker.stop())
            await opened.until(stopping.done, step_s=1.0)
            await stopping
        await api.aclose()


def stage(stage: Stage) -> StageStarted:
    return StageStarted(stage=stage)


def sentence(text: str) -> SentenceReady:
    return SentenceReady(text=text, citations=())
