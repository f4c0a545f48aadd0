"""How fast events are acknowledged, each kept on disk first, beside an app that keeps nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.load.sending import Acks, send_at, send_fast
from bot.load.stand import Stand, sample_questions, workspace_of
from bot.load.traffic import Traffic, compose_traffic
from bot.workspace import Fault, LocalWorkspace
from engine.storage.inbox import InboxStore
from engine.storage.overview import OverviewStore
from evals.corpora import SAMPLE
from evals.postgres import PostgresAbsent, postgres_cluster

PER_SECOND = 200.0
_AT_ONCE = 32
_WARM_UP = 40
_HELD_BACK = ("users.info", "conversations.info", "conversations.members", "conversations.replies")
_HELD_FOR_S = 110.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AckFigures:
    """paced: at 200 events a second. fast: as many as it takes. unkept: questions that are not in
    the inbox. more: rows of it that belong to no question of the traffic."""

    paced: Acks
    fast: Acks
    unkept: int
    more: int

    @property
    def holds(self) -> bool:
        """Whether each event was acknowledged in time and each question kept exactly once."""
        return not (self.paced.unacked or self.fast.unacked or self.unkept or self.more)


async def measure_acks(
    events: int,
    *,
    seed: int,
    tell: Callable[[str], None],
    transports: Sequence[str] = ("http", "socket"),
    knowledge: Path = SAMPLE / "knowledge",
) -> tuple[dict[str, Any], bool]:
    """Figures by transport and database, with ratios to the bare app; whether all of it held.

    Answers are held back meanwhile: the one worker waits for what Slack says of the first asker.
    """
    figures: dict[str, Any] = {}
    held = True
    with _postgres(tell) as address:
        for transport in transports:
            tell(f"acknowledgements over {transport}, by an app that only acknowledges")
            bare = await _bare(transport, events, seed)
            figures[f"bare_{transport}"] = _shown(bare.paced, bare.fast)
            held = held and bare.holds
            for kind in ("sqlite", "postgresql"):
                if kind == "postgresql" and address is None:
                    continue
                tell(f"acknowledgements over {transport}, kept by {kind}")
                url = address(transport) if kind == "postgresql" and address else None
                found = await _kept(transport, events, seed, url, knowledge)
                shown = _shown(found.paced, found.fast) | _ratios(found, bare)
                figures[f"{kind}_{transport}"] = shown | {
                    "unkept": found.unkept,
                    "unexpected": found.more,
                }
                held = held and found.holds
    return figures, held


async def _bare(transport: str, events: int, seed: int) -> AckFigures:
    with tempfile.TemporaryDirectory(prefix="deskhand-load-") as folder:
        async with workspace_of(transport, seed=seed) as workspace:
            stand = Stand(
                workspace=workspace, home=Path(folder), transport=transport, database_url=None
            )
            async with stand.bare_app():
                traffic = _traffic(stand, events, seed)
                paced, fast = await _sent(workspace, traffic, events)
    return AckFigures(paced=paced, fast=fast, unkept=0, more=0)


async def _kept(
    transport: str, events: int, seed: int, url: str | None, knowledge: Path
) -> AckFigures:
    with tempfile.TemporaryDirectory(prefix="deskhand-load-") as folder:
        async with workspace_of(transport, seed=seed) as workspace:
            stand = Stand(
                workspace=workspace,
                home=Path(folder),
                transport=transport,
                database_url=url,
                knowledge=knowledge,
            )
            async with stand.bot(workers="1", drain_s="0", request_timeout_s="120"):
                traffic = _traffic(stand, events, seed)
                for method in _HELD_BACK:
                    workspace.faults.add(method, Fault.SLOW, times=None, seconds=_HELD_FOR_S)
                paced, fast = await _sent(workspace, traffic, events)
                unkept, more = await _missing(stand, traffic)
                workspace.faults.clear()
    return AckFigures(paced=paced, fast=fast, unkept=unkept, more=more)


def _traffic(stand: Stand, events: int, seed: int) -> Traffic:
    texts = sample_questions(stand.home)
    return compose_traffic(stand.workspace, _WARM_UP + 2 * events, texts=texts, seed=seed)


async def _sent(workspace: LocalWorkspace, traffic: Traffic, events: int) -> tuple[Acks, Acks]:
    """After a warm-up one half of the traffic at a pace, then the rest as fast as it goes."""
    transport, envelopes = workspace.delivery.transport, traffic.envelopes
    middle = _WARM_UP + events
    await send_fast(transport, envelopes[:_WARM_UP], at_once=4)
    paced = await send_at(transport, envelopes[_WARM_UP:middle], per_second=PER_SECOND)
    return paced, await send_fast(transport, envelopes[middle:], at_once=_AT_ONCE)


async def _missing(stand: Stand, traffic: Traffic) -> tuple[int, int]:
    """Questions that are not in the inbox, and rows that are none of them."""
    team = stand.workspace.slack.world.team_id
    async with stand.database() as (settings, database):
        inbox = InboxStore(database)
        unkept = 0
        for message in traffic.questions:
            item = await inbox.find(settings.tenant, team, message.channel, message.ts)
            unkept += item is None
        waiting = await OverviewStore(database).waiting(settings.tenant)
    return unkept, waiting - (len(traffic.questions) - unkept)


def _shown(paced: Acks, fast: Acks) -> dict[str, Any]:
    return {
        "events": paced.sent + fast.sent,
        "unacked": paced.unacked + fast.unacked,
        "paced_events_per_s": round(paced.per_second, 1),
        "paced_ack_p50_ms": round(paced.percentile_ms(0.5), 2),
        "paced_ack_p99_ms": round(paced.percentile_ms(0.99), 2),
        "most_acks_per_s": round(fast.per_second, 1),
    }


def _ratios(found: AckFigures, bare: AckFigures) -> dict[str, Any]:
    def ratio(mine: float, its: float) -> float:
        return round(mine / its, 2) if its else 0.0

    return {
        "ack_p50_over_bare": ratio(found.paced.percentile_ms(0.5), bare.paced.percentile_ms(0.5)),
        "ack_p99_over_bare": ratio(found.paced.percentile_ms(0.99), bare.paced.percentile_ms(0.99)),
        "most_acks_over_bare": ratio(found.fast.per_second, bare.fast.per_second),
    }


@contextmanager
def _postgres(tell: Callable[[str], None]) -> Iterator[Callable[[str], str] | None]:
    """Makes databases by name and gives their addresses; None where there is no PostgreSQL."""
    try:
        with postgres_cluster(durable=True) as cluster:

            def make(name: str) -> str:
                cluster.sql(f"CREATE DATABASE deskhand_{name}")
                return cluster.address(f"deskhand_{name}")

            yield make
    except PostgresAbsent as absent:
        tell(f"left out: {absent}")
        yield None
