"""What happened: how an answer came to be, read from what the bot keeps of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.delivery.recovery import EVENT_TYPE
from bot.workspace.messages import Message
from engine.compose import connect_database
from engine.settings import Settings
from engine.storage.cases import CaseStore
from engine.storage.inbox import InboxStore
from engine.storage.inbox_item import InboxItem
from engine.storage.passages import PassageStore
from engine.storage.replies import ReplyStore
from engine.storage.traces import TraceStore
from engine.storage.usage import UsageStore
from engine.trace import Stage
from engine.verification.support import LEAST_SUPPORT
from engine.verification.support_checker import LEAST_PROBABILITY

Json = dict[str, Any]
_SAYS = {
    Stage.INTAKE: "Limited the question and took secrets out of it.",
    Stage.TRIAGE: "Judged its category, its priority, and whether it is in scope at all.",
    Stage.RETRIEVAL: "Searched the passages that may be read here, by meaning and by words.",
    Stage.GENERATION: "Wrote a draft from these passages alone.",
    Stage.VERIFICATION: "Held each sentence against the spans it cites.",
}
_QUOTED = {
    Stage.GENERATION: "Chose sentences of these passages, word for word.",
    Stage.VERIFICATION: "Looked whether each sentence stands in the passage it cites.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Reads the bot's own tables; changes nothing."""

    tenant: str
    team: str
    min_confidence: float
    inbox: InboxStore
    traces: TraceStore
    passages: PassageStore
    replies: ReplyStore
    cases: CaseStore
    usage: UsageStore

    async def of(self, channel: str, ts: str, message: Message | None) -> Json | None:
        """What stands behind a message: the bot's, or a question; None where nothing is kept.

        Raises: StorageUnavailable.
        """
        item = await self._question(channel, ts, message)
        if item is None or item.trace_id is None:
            return None
        body = await self.traces.get(self.tenant, item.trace_id)
        if body is None:
            return None
        checks = body.get("checks", [])
        made = await self._made(body)
        timings = made["timings_ms"]
        model = await self._model(made["trace_id"])
        return {
            "question": _question(item, body),
            "outcome": body["outcome"],
            "confidence": body["confidence"],
            "needs_human_review": body["needs_human_review"],
            "reasons": body["reasons"],
            "audience": body["audience"],
            "thresholds": {
                "min_confidence": self.min_confidence,
                "least_support": LEAST_PROBABILITY if model else LEAST_SUPPORT,
            },
            "stages": [
                {"stage": stage.value, "ms": timings.get(stage.value, 0.0), "says": says}
                for stage, says in (_SAYS | ({} if model else _QUOTED)).items()
            ],
            "total_ms": timings.get(Stage.TOTAL.value, 0.0),
            "repeated_ms": None if made is body else body["timings_ms"].get(Stage.TOTAL.value),
            "triage": body["triage"],
            "passages": await self._passages(body),
            "sentences": [
                {
                    "text": check["text"],
                    "citations": check["citations"],
                    "shown": check["kept"],
                    "support": check["support"],
                    "supported": check["kept"],
                    "why": check["why"],
                }
                for check in checks
            ],
            "checked_by": "model" if model else "quoted",
            "citations": body["citations"],
            "draft": body["draft_reply"],
            "reply": body["reply"],
            "next_steps": body["internal_next_steps"],
            "usage": body["usage"],
            "writer": model or "extractive",
            "messages": [
                {
                    "kind": part.kind.value,
                    "state": part.state.value,
                    "channel": part.channel,
                    "ts": part.ts,
                }
                for part in await self.replies.of(self.tenant, item.id)
            ],
            "case": await self._case(item.id),
            "trace_id": body["trace_id"],
            "fingerprint": body["fingerprint"],
        }

    async def _made(self, body: Json) -> Json:
        """The trace in which the answer was made, where this one gave it again."""
        repeats = body.get("repeats")
        first = await self.traces.get(self.tenant, repeats) if repeats else None
        return body if first is None else first

    async def _question(self, channel: str, ts: str, message: Message | None) -> InboxItem | None:
        metadata = (message.metadata if message is not None else None) or {}
        if metadata.get("event_type") == EVENT_TYPE:
            key = str(metadata["event_payload"].get("key", ""))
            return await self.inbox.get(self.tenant, key.rsplit(":", 2)[0])
        return await self.inbox.find(self.tenant, self.team, channel, ts)

    async def _model(self, trace_id: str) -> str:
        """What wrote the answer; empty where it is quoted, also since every call failed."""
        calls = await self.usage.of_trace(self.tenant, trace_id)
        wrote = [c.model for c in calls if c.purpose == "answer" and c.succeeded]
        return wrote[-1] if wrote else ""

    async def _passages(self, body: Mapping[str, Any]) -> list[Json]:
        """The best passage of each document found, and the cited ones, as they stand now."""
        marks: dict[str, list[int]] = {}
        for cited in body["citations"]:
            marks.setdefault(cited["chunk_id"], []).append(cited["n"])
        names = {row["chunk_id"]: row["document_name"] for row in body["retrieved"]}
        names |= {c["chunk_id"]: c["document_name"] for c in body["citations"]}
        scores = {row["chunk_id"]: row["score"] for row in body["retrieved"]}
        live = await self.passages.live(self.tenant, list(names))
        shown = []
        for rank, (chunk_id, name) in enumerate(names.items(), start=1):
            found = live.get(chunk_id)
            shown.append(
                {
                    "rank": rank,
                    "chunk_id": chunk_id,
                    "document_name": name,
                    "title": found.title if found else name,
                    "score": scores.get(chunk_id),
                    "audience": list(found.audience) if found else [],
                    "text": found.passage.text if found else None,
                    "url": found.url if found else None,
                    "page": found.passage.page if found else None,
                    "cited_as": marks.get(chunk_id, []),
                }
            )
        return shown

    async def _case(self, question_id: str) -> Json | None:
        case = await self.cases.of_question(self.tenant, question_id)
        if case is None:
            return None
        events = await self.cases.events(self.tenant, case.id)
        return {
            "id": case.id,
            "state": case.state.value,
            "owner": case.owner,
            "history": [
                {"at": _moment(event.at), "by": event.by, "what": event.action.value}
                for event in events
            ],
        }


@asynccontextmanager
async def open_explaining(settings: Settings, team: str) -> AsyncIterator[Explaining]:
    """Reads what a bot with these settings keeps, beside it.

    Raises: StorageUnavailable, SettingsInvalid.
    """
    async with AsyncExitStack() as stack:
        database = connect_database(settings, stack)
        yield Explaining(
            tenant=settings.tenant,
            team=team,
            min_confidence=settings.answer.min_confidence,
            inbox=InboxStore(database),
            traces=TraceStore(database),
            passages=PassageStore(database),
            replies=ReplyStore(database),
            cases=CaseStore(database),
            usage=UsageStore(database),
        )


def _question(item: InboxItem, body: Mapping[str, Any]) -> Json:
    history: Sequence[Mapping[str, str]] = body.get("history") or ()
    return {
        "text": body["question"],
        "user": item.user,
        "channel": item.channel,
        "ts": item.ts,
        "surface": item.surface.value,
        "asked_at": _moment(item.asked_at),
        "history": [dict(turn) for turn in history],
        "attempts": item.attempts,
        "revision": item.revision,
        "state": item.state.value,
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
