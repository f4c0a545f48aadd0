"""How long after a mention its first verified sentence stands in Slack, over the engine's time."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.chaos.crowd import Crowd
from bot.load.sending import percentile
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.workspace import LocalWorkspace
from bot.workspace.messages import Message
from engine.storage.inbox import InboxStore
from engine.storage.traces import TraceStore
from evals.corpora import SAMPLE

AIM_P95_MS = 150.0
_PEOPLE, _CHANNELS = 20, 8
_WARM_UP = 5
_PAUSE_S = 0.3
_ANSWERED_WITHIN_S = 30.0
_SPEAKING = ("chat.postMessage", "chat.startStream")


async def measure_first_words(
    questions: int,
    *,
    seed: int,
    tell: Callable[[str], None],
    knowledge: Path = SAMPLE / "knowledge",
) -> tuple[dict[str, Any], bool]:
    """Figures, and whether every question was answered and the aim kept.

    One mention at a time over Socket Mode, in channels and by people that the bot meets anew or
    knows, as they are drawn; the first few, which load models, are not counted.
    """
    tell(f"the first sentence after each of {questions} mentions")
    rng = random.Random(seed)  # noqa: S311 - repeatable
    with tempfile.TemporaryDirectory(prefix="deskhand-load-") as folder:
        async with workspace_of("socket", seed=seed) as workspace:
            home = Path(folder)
            stand = Stand(
                workspace=workspace,
                home=home,
                transport="socket",
                database_url=None,
                knowledge=knowledge,
            )
            asked: list[tuple[Message, float]] = []
            async with stand.bot():
                crowd = Crowd.gather(
                    workspace,
                    people=_PEOPLE,
                    channels=_CHANNELS,
                    texts=sample_questions(home),
                    seed=seed + 1,
                )
                for _ in range(_WARM_UP + questions):
                    channel = rng.choice(crowd.channels)
                    person = rng.choice([p for p in crowd.people if p.id in channel.members])
                    at = time.time()
                    message = person.mention(channel, rng.choice(crowd.texts))
                    asked.append((message, at))
                    await _answered(workspace, message)
                    await asyncio.sleep(_PAUSE_S)
                await workspace.settled()
            visible = _visible(workspace)
            engine_ms = await _engine_times(stand, [message for message, _ in asked])
    spoken, over = [], []
    for (message, at), its_ms in list(zip(asked, engine_ms, strict=True))[_WARM_UP:]:
        heard = visible.get((message.channel, message.ts))
        if heard is not None and its_ms is not None:
            spoken.append((heard - at) * 1000)
            over.append((heard - at) * 1000 - its_ms)
    spoken.sort()
    over.sort()
    figures = {
        "mentions": questions,
        "without_answer": questions - len(over),
        "mention_to_first_sentence_p50_ms": round(percentile(spoken, 0.5), 1),
        "mention_to_first_sentence_p95_ms": round(percentile(spoken, 0.95), 1),
        "over_engine_p50_ms": round(percentile(over, 0.5), 1),
        "over_engine_p95_ms": round(percentile(over, 0.95), 1),
        "over_engine_p95_aim_ms": AIM_P95_MS,
    }
    return figures, len(over) == questions and percentile(over, 0.95) <= AIM_P95_MS


async def _answered(workspace: LocalWorkspace, message: Message) -> None:
    place = (message.channel, message.ts)
    await workspace.until(lambda: place in _visible(workspace), _ANSWERED_WITHIN_S)


def _visible(workspace: LocalWorkspace) -> dict[tuple[str, str], float]:
    """When the first words under each root came in, in seconds since 1970."""
    found: dict[tuple[str, str], float] = {}
    for call in workspace.slack.calls:
        if call.method in _SPEAKING and not call.error:
            root = str(call.arguments.get("thread_ts", ""))
            found.setdefault((str(call.arguments.get("channel", "")), root), call.at)
    return found


async def _engine_times(stand: Stand, messages: list[Message]) -> list[float | None]:
    """The engine's own time for each; None for what has no saved answer."""
    team = stand.workspace.slack.world.team_id
    times: list[float | None] = []
    async with stand.database() as (settings, database):
        inbox, traces = InboxStore(database), TraceStore(database)
        for message in messages:
            item = await inbox.find(settings.tenant, team, message.channel, message.ts)
            trace = None
            if item is not None and item.trace_id:
                trace = await traces.get(settings.tenant, item.trace_id)
            times.append(None if trace is None else float(trace["timings_ms"]["total"]))
    return times
