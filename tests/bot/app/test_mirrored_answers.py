"""The bot's answers in LangSmith and Langfuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.bot.app.conftest import HOW_LONG, Stage
from tests.mirror_services import SERVICES, running
from tests.mirror_trouble import Trouble

pytestmark = pytest.mark.slow


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - looks at another thread
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", SERVICES)
async def test_an_answer_and_its_thumbs_are_traced_redacted(stage: Stage, name: str) -> None:
    with running(name) as service:
        more = {"mirror__sample_rate": "1", **lower(service.environment)}
        async with stage(**more) as scene:
            ann = scene.workspace.join("ann")
            asked = ann.say(ann.dm, f"{HOW_LONG} I am ann@example.com, +49 30 901820.")
            answer = await scene.answer(asked)
            await until(lambda: len(service.roots()) == 1)
            await ann.give_feedback(answer, positive=True)
            await ann.give_feedback(answer, positive=False)
            await until(lambda: list(service.scores().values()) == [0.0])
            (key,) = service.scores()
            assert key == (service.roots()[0].hex, "user_feedback")
            told = service.everything()
            assert "16 weeks" in told
            assert "answered" in told
            for secret in ("ann@example.com", "901820", ann.id, ann.dm.id):
                assert secret not in told


@pytest.mark.parametrize("trouble", [Trouble.HANG, Trouble.BROKEN, Trouble.UNAUTHORISED])
async def test_people_are_answered_whatever_the_services_do(stage: Stage, trouble: Trouble) -> None:
    with running("LangSmith") as smith, running("Langfuse") as fuse:
        smith.troubles.trouble = fuse.troubles.trouble = trouble
        both = lower({**smith.environment, **fuse.environment})
        more = {"mirror__sample_rate": "1", "mirror__stop_s": "0", **both}
        async with stage(**more) as scene:
            ann = scene.workspace.join("ann")
            for _ in range(3):
                answer = await scene.answer(ann.say(ann.dm, HOW_LONG))
                assert "16 weeks" in answer.text
            await until(lambda: bool(smith.troubles.seen and fuse.troubles.seen))
        assert smith.roots() == fuse.roots() == []


async def test_no_answer_is_traced_unless_a_rate_is_set(stage: Stage) -> None:
    with running("Langfuse") as service:
        async with stage(**lower(service.environment)) as scene:
            ann = scene.workspace.join("ann")
            answer = await scene.answer(ann.say(ann.dm, HOW_LONG))
            await ann.give_feedback(answer, positive=True)
            await scene.idle()
        assert service.troubles.seen == []


def lower(environment: dict[str, str]) -> dict[str, str]:
    """As the stage takes settings: LANGFUSE_PUBLIC_KEY is langfuse__public_key."""
    named = {}
    for name, value in environment.items():
        service, _, setting = name.lower().partition("_")
        named[f"{service}__{setting}"] = value
    return named
