"""A worker as a process of its own, to be killed at any moment.

Arguments: the Web API's address, the bot's token and user id, and the database's file. It says
"ready" and begins once it is told a line.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from pathlib import Path

from bot.delivery.answerer import Prepared
from bot.delivery.worker import Worker
from bot.slack_api import SlackApi
from engine.slack_settings import SlackSettings
from engine.stopwatch import SentenceReady, StageStarted, Watch
from engine.storage.database import Database, database_url
from engine.storage.inbox import InboxItem, InboxStore
from engine.storage.replies import ReplyStore
from engine.trace import Stage
from tests.bot.delivery.conftest import TENANT, Words, body_of


def texts_of(text: str) -> list[str]:
    """The answer to a question such as "7 quick" or "8 slow": one message, or three."""
    number, _, manner = text.partition(" ")
    if manner == "long":
        return [f"{number} part {part}." for part in range(3)]
    return [f"{number} one. {number} two. {number} three."]


def answer_of(item: InboxItem) -> Prepared:
    return Prepared(
        trace_id=str(uuid.uuid5(uuid.UUID(item.id), str(item.revision))),
        outcome="answered",
        messages=tuple(body_of(text) for text in texts_of(item.text)),
    )


class ByText:
    """Answers by the question's text, slowly where that says so."""

    async def prepare(self, item: InboxItem, watch: Watch) -> Prepared:
        answer = answer_of(item)
        if item.text.endswith("slow"):
            await watch(StageStarted(stage=Stage.RETRIEVAL))
            words = answer.messages[0]["text"].split(". ")
            for at, word in enumerate(words):
                await asyncio.sleep(0.15)
                text = word + (". " if at + 1 < len(words) else "")
                await watch(SentenceReady(text=text, citations=()))
        return answer

    async def recall(self, item: InboxItem) -> Prepared | None:
        return answer_of(item)


async def main(api_url: str, token: str, bot_user: str, file: str) -> None:
    settings = SlackSettings(
        lease_s=2, request_timeout_s=1, stream_after_s=0.1, attempts=20, workers=2
    )
    database = Database(database_url(f"sqlite:///{Path(file)}", Path(file).parent))
    worker = Worker(
        tenant=TENANT,
        inbox=InboxStore(database),
        replies=ReplyStore(database),
        api=SlackApi(token, url=api_url, timeout_s=settings.request_timeout_s),
        bot_user=bot_user,
        answerer=ByText(),
        wording=Words(),
        settings=settings,
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    worker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
