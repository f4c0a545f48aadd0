"""The demo whole: a workspace, the bot as a process of its own, and the page that shows them.

What it opens, in order: the knowledge (read into a home of its own), the local workspace with its
people, the stand-in for a model, the page, and the bot. It works on this machine alone.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.manifest import app_manifest
from bot.page.bot_environment import bot_environment, model_environment, own_surroundings
from bot.page.cast import Cast, set_stage
from bot.page.explaining import Explaining, open_explaining
from bot.page.knowledge_home import copy_home, held, home_of
from bot.page.run_folder import run_folder
from bot.page.server import STATIC, Backstage, PageServer
from bot.page.sight import Sight
from bot.page.stand_in import stand_in
from bot.page.supervisor import Supervisor
from bot.page.switches import Switches
from bot.rendering.prompts import suggested_prompts
from bot.workspace import AppConfig, LocalWorkspace
from bot.workspace.channels import Channel
from bot.workspace.messages import Message, Streaming
from engine.audience import FULL_MEMBER
from engine.compose import Engine, open_engine
from engine.errors import DeskhandError, WrongUse
from engine.knowledge.progress import Summary
from engine.settings import Settings
from engine.storage.overview import OverviewStore
from evals.model_server.server import ModelServer

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "evals" / "sample" / "knowledge"
SAMPLE_QUESTIONS = (
    "How do I reset a forgotten password?",
    "What does error 429 mean?",
    "my laptop was stolen on the train, what now?",
    "What is the meal allowance when I travel?",
    "What is the best recipe for pancakes?",
)
READY_WITHIN_S = 90.0
Read = Callable[[Engine, str], Awaitable[Summary]]


class PortTaken(DeskhandError):
    """Another program listens where the page was to be served."""


class BotEnded(DeskhandError):
    """The bot does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the demo answers from. folder: the visitor's; None for the sample."""

    folder: Path | None
    home: Path
    summary: Summary
    documents: int
    passages: int
    questions: tuple[str, ...]
    """Worth asking, best first."""


class _Behind(Backstage):
    def __init__(
        self, demo_of: Callable[[], tuple[Supervisor, Switches, Explaining]], about: Json
    ) -> None:
        self._of = demo_of
        self._about = about

    def about(self) -> Json:
        bot, switches, _ = self._of()
        told = {"bot": bot.render(), "faults": switches.render(), "model": switches.model()}
        return self._about | told

    async def explain(self, sight: Sight, channel: Channel, ts: str) -> Json | None:
        _, _, explaining = self._of()
        return await explaining.of(channel.id, ts, channel.messages.get(ts))

    async def switch(self, name: str, on: bool) -> None:
        _, switches, _ = self._of()
        switches.switch(name, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that runs. address: of the page."""

    address: str
    workspace: LocalWorkspace
    cast: Cast
    page: PageServer
    bot: Supervisor
    switches: Switches
    explaining: Explaining
    knowledge: Knowledge
    state: Path
    """The bot's `DESKHAND_HOME`, which goes with the demo; its log is in it."""

    async def ask(self, text: str, *, within_s: float) -> tuple[Message, list[Message]]:
        """Asks in #help as the first person; the question, and the bot's whole answer.

        No answer within that time gives none.
        """
        question = self.cast.first.mention(self.cast.help, text)
        waited = 0.0
        while waited < within_s:
            answer = self.workspace.replies_by_app(self.cast.help, question.ts)
            if answer and await self._is_whole(question, answer):
                return question, answer
            await asyncio.sleep(0.05)
            waited += 0.05
        return question, []

    async def _is_whole(self, question: Message, answer: list[Message]) -> bool:
        if any(m.streaming is Streaming.IN_PROGRESS for m in answer):
            return False
        told = await self.explaining.of(question.channel, question.ts, question)
        return told is not None and told["question"]["state"] == "done"


async def read_knowledge(settings: Settings, folder: Path | None, read: Read) -> Knowledge:
    """Reads the documents into the home of this demo, those that changed since the last time.

    Raises: DeskhandError; WrongUse where there is no document that can be read.
    """
    home = home_of(settings.home, folder)
    source = SAMPLE if folder is None else folder
    async with open_engine(settings.local(home)) as engine:
        summary = await read(engine, str(source))
        tenant = settings.tenant
        documents = await engine.documents.count(tenant)
        if not documents:
            raise WrongUse(_nothing_read(source, summary))
        return Knowledge(
            folder=folder,
            home=home,
            summary=summary,
            documents=documents,
            passages=await engine.documents.count_passages(tenant),
            questions=SAMPLE_QUESTIONS if folder is None else await _questions(engine, tenant),
        )


async def _questions(engine: Engine, tenant: str) -> tuple[str, ...]:
    known = await OverviewStore(engine.database).of(tenant, FULL_MEMBER, titles=10)
    return tuple(prompt["message"] for prompt in suggested_prompts(known.titles))


def _nothing_read(source: Path, summary: Summary) -> str:
    if summary.failed:
        return f"no document in {source} could be read; the first: {summary.failed[0].reason}"
    return f"the folder {source} holds no documents; Markdown, HTML, PDF, office files and text are"


@asynccontextmanager
async def open_demo(
    settings: Settings,
    *,
    folder: Path | None = None,
    port: int | None = None,
    read: Read | None = None,
    model: bool = False,
    static: Path = STATIC,
) -> AsyncIterator[Demo]:
    """A demo that runs, its bot connected; everything ends when left, the bot's process too.

    folder: the visitor's documents; None for the sample. port: of the page, and no other; None
    takes the one that is set, or any free one. read: reads one source, with progress. model:
    whether the model that is set writes the answers, at its price; else none does.

    Raises: DeskhandError; WrongUse where no model is set that is to be used.
    """
    of_model = model_environment(settings.openai) if model else {}
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(run_folder())
        async with held(home_of(settings.home, folder)):
            knowledge = await read_knowledge(settings, folder, read or _quietly)
            await asyncio.to_thread(copy_home, knowledge.home, state)
        workspace = await stack.enter_async_context(
            LocalWorkspace(app=_app(), manifest=app_manifest(), seed=secrets.randbits(64))
        )
        workspace.world.team_name = "Lanternby" if folder is None else "Your workspace"
        cast = set_stage(workspace)
        local = settings.local(state)
        explaining = await stack.enter_async_context(
            open_explaining(local, workspace.world.team_id)
        )
        parts: list[tuple[Supervisor, Switches, Explaining]] = []
        player = ModelServer(stand_in(lambda: parts[0][1].manners()))
        model_url = await stack.enter_async_context(player.serving())
        page = PageServer(
            workspace,
            parts=cast.parts,
            backstage=_Behind(lambda: parts[0], _about(workspace, knowledge)),
            static=static,
        )
        bot = Supervisor(
            bot_environment(workspace, cast, home=state, surroundings=own_surroundings())
            | of_model,
            connected=lambda: bool(workspace.sockets.sockets),
            told=lambda: _tell(page),
            log=state / "bot.log",
            folder=state,
        )
        switches = Switches(
            workspace,
            bot,
            model_url=model_url,
            model=settings.openai.model if model else "",
            changed=page.feed.touch,
        )
        parts.append((bot, switches, explaining))
        address = await _served(stack, page, settings.demo_port, port)
        await stack.enter_async_context(bot.supervising())
        if not await bot.ready(READY_WITHIN_S):
            raise BotEnded(f"the bot does not start: {bot.last_words() or 'it says nothing'}")
        yield Demo(
            address=address,
            workspace=workspace,
            cast=cast,
            page=page,
            bot=bot,
            switches=switches,
            explaining=explaining,
            knowledge=knowledge,
            state=state,
        )


async def _served(stack: AsyncExitStack, page: PageServer, usual: int, port: int | None) -> str:
    try:
        return await stack.enter_async_context(page.serving(usual if port is None else port))
    except OSError:
        if port is not None:
            raise PortTaken(
                f"port {port} is taken by another program; name another with --port, or leave it "
                "out for a free one"
            ) from None
    return await stack.enter_async_context(page.serving(0))


def _tell(page: PageServer) -> None:
    page.feed.touch("bot")
    page.feed.touch("faults")  # whether there is anything to kill


def _app() -> AppConfig:
    """The app with secrets of its own: other programs' pages can reach the workspace's port too."""
    return AppConfig(
        bot_token=f"xoxb-{secrets.token_urlsafe(24)}",
        app_token=f"xapp-{secrets.token_urlsafe(24)}",
        signing_secret=secrets.token_urlsafe(24),
        client_secret=secrets.token_urlsafe(24),
    )


def _about(workspace: LocalWorkspace, knowledge: Knowledge) -> Json:
    """What the state says that stays as it is."""
    manifest = app_manifest()
    features, app = manifest["features"], workspace.app
    sample = "the sample company's documents"
    return {
        "workspace": {
            "name": workspace.world.team_name,
            "kb": sample if knowledge.folder is None else str(knowledge.folder),
            "documents": knowledge.documents,
            "passages": knowledge.passages,
            "app": {
                "id": app.app_id,
                "user": app.bot_user,
                "name": app.name,
                "description": manifest["display_information"]["description"],
                "commands": [
                    {k: c.get(k, "") for k in ("command", "description", "usage_hint")}
                    for c in features.get("slash_commands", ())
                ],
                "shortcuts": [
                    {k: s.get(k, "") for k in ("callback_id", "type", "name", "description")}
                    for s in features.get("shortcuts", ())
                ],
                "suggested_prompts": features.get("agent_view", {}).get("suggested_prompts", []),
                "home_tab": app.home_tab,
                "messages_tab": app.messages_tab,
            },
        },
        "examples": list(knowledge.questions),
    }


async def _quietly(engine: Engine, source: str) -> Summary:
    return await engine.ingestion.run(source, (), lambda _: None)
