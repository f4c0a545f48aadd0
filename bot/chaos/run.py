"""One chaos run: the faults, the kills, and the wait for the last answer."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.chaos.bot_process import BotProcess, ingest
from bot.chaos.crowd import UNLIMITED, Crowd
from bot.chaos.outcome import questions_of, settled
from bot.chaos.verdict import Verdict
from bot.manifest import app_manifest
from bot.workspace import AppConfig, Fault, LocalWorkspace
from evals.corpora import SAMPLE, load_set
from evals.model_server.models import quoting
from evals.model_server.reply import Fault as ModelFault
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer

_ROOT = Path(__file__).parents[2]
_API_FAULTS = (
    ("chat.postMessage", Fault.DROP_RESPONSE, 0.04),
    ("chat.postMessage", Fault.SERVER_ERROR, 0.03),
    ("chat.postMessage", Fault.SERVER_ERROR_AFTER, 0.03),
    ("chat.postMessage", Fault.RATE_LIMITED, 0.04),
    ("chat.update", Fault.DROP_RESPONSE, 0.05),
    ("chat.startStream", Fault.DROP_RESPONSE, 0.04),
    ("chat.appendStream", Fault.SERVER_ERROR, 0.04),
    ("chat.stopStream", Fault.SERVER_ERROR_AFTER, 0.05),
    ("conversations.replies", Fault.RATE_LIMITED, 0.03),
    ("conversations.replies", Fault.SERVER_ERROR, 0.03),
    ("conversations.members", Fault.SERVER_ERROR, 0.03),
    ("users.info", Fault.RATE_LIMITED, 0.03),
    ("assistant.threads.setStatus", Fault.SERVER_ERROR, 0.1),
)
_MODEL_FAULTS = (
    (ModelFault.HANG, 0.03),
    (ModelFault.SERVER_ERROR, 0.05),
    (ModelFault.CUT, 0.05),
    (ModelFault.MALFORMED, 0.03),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens. seconds: over which the questions are asked; patience_s: after them."""

    questions: int = 500
    people: int = 40
    channels: int = 20
    kills: int = 30
    seconds: float = 150.0
    patience_s: float = 300.0
    seed: int = 7
    database_url: str | None = None


async def chaos(plan: Plan, *, tell: Callable[[str], None]) -> tuple[Verdict, int]:
    """Runs it; the verdict, and how often the bot was started."""
    rng = random.Random(plan.seed)  # noqa: S311 - repeatable
    with tempfile.TemporaryDirectory(prefix="deskhand-chaos-") as folder:
        home = Path(folder)
        model = ModelServer(_flaky(random.Random(plan.seed + 1)))  # noqa: S311
        async with (
            model.serving() as model_url,
            LocalWorkspace(app=AppConfig(), manifest=app_manifest(), seed=plan.seed) as workspace,
        ):
            sample = load_set("sample", datasets=_ROOT, work=home, size=None, seed=plan.seed)
            cases = sample.cases if sample is not None else ()
            texts = [case.question.text for case in cases if not case.question.history]
            crowd = Crowd.gather(
                workspace,
                people=plan.people,
                channels=plan.channels,
                texts=texts,
                seed=plan.seed + 2,
            )
            reviewers = workspace.join("reviewer")
            escalations = workspace.public("escalations", reviewers)
            environment = _environment(plan, home, workspace, model_url, escalations.id)
            await ingest(environment, SAMPLE / "knowledge")
            bot = BotProcess(environment, log=home / "bot.log")
            try:
                await bot.start()
                await _connected(workspace, bot)
                _make_trouble(workspace)
                tell(f"asking {plan.questions} questions, killing the bot {plan.kills} times")
                await _storm(plan, crowd, bot, rng)
                workspace.faults.clear()
                if not bot.alive:
                    await bot.start()
                async with questions_of(environment, crowd) as names:
                    found = await settled(crowd, tell, names, patience_s=plan.patience_s)
                await bot.stop()
            except BaseException:
                await bot.kill()
                raise
            if not found.holds:
                kept = Path(tempfile.mkdtemp(prefix="deskhand-chaos-failed-"))
                (home / "bot.log").rename(kept / "bot.log")
                tell(f"the bot's log is kept as {kept / 'bot.log'}")
            return found, bot.lives


async def _storm(plan: Plan, crowd: Crowd, bot: BotProcess, rng: random.Random) -> None:
    """Questions at random moments, and kills at random moments between them."""
    moments = sorted(
        [(rng.uniform(0, plan.seconds), "ask") for _ in range(plan.questions)]
        + [(rng.uniform(0, plan.seconds), "kill") for _ in range(plan.kills)]
    )
    started = time.monotonic()
    for moment, what in moments:
        await asyncio.sleep(max(0.0, started + moment - time.monotonic()))
        if what == "ask":
            crowd.ask()
            continue
        await bot.kill()
        await bot.start()


def _make_trouble(workspace: LocalWorkspace) -> None:
    faults = workspace.faults
    faults.duplicate_events = 0.1
    faults.reorder_events = 0.1
    faults.kill_socket_after_ack = 0.01
    faults.kill_socket_after_send = 0.01
    for method, fault, chance in _API_FAULTS:
        faults.add(method, fault, times=None, chance=chance, seconds=2.0)


def _flaky(rng: random.Random) -> Callable[[Received], Reply]:
    def respond(received: Received) -> Reply:
        drawn = rng.random()
        for fault, chance in _MODEL_FAULTS:
            if drawn < chance:
                return Reply(fault=fault)
            drawn -= chance
        return quoting(received)

    return respond


def _environment(
    plan: Plan, home: Path, workspace: LocalWorkspace, model_url: str, escalations: str
) -> dict[str, str]:
    given = {
        "HOME": str(home),
        "DESKHAND_HOME": str(home / "state"),
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "DESKHAND_SLACK__API_URL": workspace.api_url,
        "DESKHAND_SLACK__HOST": "127.0.0.1",
        "DESKHAND_SLACK__PORT": "0",
        "DESKHAND_SLACK__ESCALATION_CHANNEL": escalations,
        "DESKHAND_SLACK__LEASE_S": "5",
        "DESKHAND_SLACK__REQUEST_TIMEOUT_S": "2",
        "DESKHAND_SLACK__ATTEMPTS": "20",
        "DESKHAND_SLACK__WORKERS": "8",
        **UNLIMITED,
        "DESKHAND_OPENAI__API_KEY": "chaos",
        "DESKHAND_OPENAI__BASE_URL": model_url,
        "DESKHAND_OPENAI__TOTAL_S": "4",
        "DESKHAND_OPENAI__FIRST_TOKEN_S": "2",
        "DESKHAND_OPENAI__ATTEMPTS": "2",
    }
    if plan.database_url:
        given["DATABASE_URL"] = plan.database_url
    return given


async def _connected(workspace: LocalWorkspace, bot: BotProcess) -> None:
    async with asyncio.timeout(60):
        while not workspace.sockets.sockets:
            if not bot.alive:
                raise RuntimeError("the bot ended before it was connected")
            await asyncio.sleep(0.05)
