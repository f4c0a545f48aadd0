"""One question in a made-up company, asked and answered by the parts that the bot answers with."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.access.audience import rights_in
from bot.access.facts import SlackFacts
from bot.access.held import held_answer
from bot.leakfuzz.slack import WorldApi
from bot.leakfuzz.world import TEAM, Room, World
from bot.rendering.answer import answer_messages
from bot.rendering.notices import Person as Whom
from engine.audience import Audience
from engine.compose import Engine
from engine.contract import render_trace
from engine.errors import StorageUnavailable
from engine.knowledge.ingest import Ingestion
from engine.question import OPEN, Budget, Gate, Question
from engine.trace import Trace

_FREE = Budget(max_cost_usd=0)
_MEMBERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A world, what Slack says of it, and the engine that answers in it. corpus: a file of its
    documents, which is written anew when they change."""

    world: World
    facts: SlackFacts
    engine: Engine
    ingestion: Ingestion
    corpus: Path

    async def learn(self) -> None:
        """Brings the knowledge up to date with the world's documents."""
        self.corpus.write_text(self.world.corpus(), encoding="utf-8")
        summary = await self.ingestion.run(str(self.corpus), (), lambda _: None)
        if summary.failed:
            raise RuntimeError(f"a made-up document is refused: {summary.failed[0].reason}")

    async def change_people(self) -> None:
        """A membership changes, and Slack tells."""
        for event in self.world.change_people():
            self.facts.heed(event)

    async def change_documents(self) -> None:
        """A document changes and is ingested."""
        self.world.change_documents()
        await self.learn()

    async def ask(
        self,
        room: Room,
        user: str,
        text: str,
        *,
        reviewed: bool = False,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
    ) -> dict[str, Any] | None:
        """What comes out, by field: of the answer's object, `checks`, and the `messages` posted.

        meanwhile: happens between the answer and its posting. None: rights kept changing, so that
        nothing is said yet.
        """
        question = Question(
            id="q",
            text=text,
            user=user,
            channel=room.id,
            gate=Gate(reviewed=True) if reviewed else OPEN,
        )

        key: str | None = None

        async def run(audience: Audience, first: bool) -> Trace:
            nonlocal key
            given = await self.engine.answer_cache.run(
                question, tenant=self.world.tenant, audience=audience, budget=_FREE
            )
            key = given.key
            if first and meanwhile is not None:
                await meanwhile()
            return given.trace

        async def audience(_: bool) -> Audience:
            rights = await rights_in(
                self.facts, team=TEAM, channel=room.id, user=user, user_team=None
            )
            return rights.audience

        try:
            trace = await held_answer(
                run, audience, self.engine.documents, tenant=self.world.tenant
            )
        except StorageUnavailable:
            return None
        await self.engine.traces.save(trace, repeatable_as=key)
        said = render_trace(trace)
        posted = answer_messages(said, question_id="q", person=Whom.HAS_IT)
        bodies = json.dumps([message.body for message in posted])
        return {
            **said,
            "repeats": trace.repeats,
            "checks": [asdict(check) for check in trace.checks],
            "messages": json.loads(bodies.replace(trace.trace_id, "TRACE")),
        }


def company(engine: Engine, ingestion: Ingestion, world: World, folder: Path) -> Company:
    """A company whose knowledge is empty yet."""
    facts = SlackFacts(WorldApi(world), ttl_s=3600, most_members=_MEMBERS, team=TEAM)
    corpus = folder / f"{world.tenant}.jsonl"
    return Company(world=world, facts=facts, engine=engine, ingestion=ingestion, corpus=corpus)
