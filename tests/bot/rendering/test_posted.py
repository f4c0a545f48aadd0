"""What is rendered, sent to the local Slack as the bot sends it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.rendering.answer import answer_footer, answer_messages
from bot.rendering.card import card_message
from bot.rendering.case_forms import answer_form
from bot.rendering.home import home_view
from bot.rendering.human import human_answer
from bot.rendering.notices import Person, queue_notice
from bot.rendering.passage import passage_modal
from bot.rendering.stream import stream_text
from bot.slack_api import SlackApi
from bot.workspace import LocalWorkspace
from bot.workspace.method_facts import PUBLISHED
from tests.bot.rendering.cases import around, case
from tests.bot.rendering.shown import HOSTILE, citation, trace

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _published_pages() -> None:
    """The workspace answers as Slack's published pages say, which lie beside the checkout."""
    if not (PUBLISHED / "methods").is_dir():
        pytest.skip(f"Slack's published pages are absent from {PUBLISHED}")


@pytest.fixture
async def workspace() -> AsyncIterator[LocalWorkspace]:
    async with LocalWorkspace(seed=7) as opened:
        yield opened


@pytest.fixture
async def api(workspace: LocalWorkspace) -> AsyncIterator[SlackApi]:
    opened = SlackApi(workspace.bot_token, url=workspace.api_url, timeout_s=10)
    yield opened
    await opened.aclose()


async def test_slack_takes_all_of_it_and_nobody_is_pinged(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    alice, bob = workspace.join("alice"), workspace.join("bob")
    general = workspace.public("general", alice, bob)
    mention = f"<@{bob.id}> {HOSTILE}"
    question = alice.mention(general, "How much leave?")
    answer = trace(
        f"{mention} [1]",
        question=mention,
        citations=[citation(1, title=mention, full_content=mention)],
        internal_next_steps=[mention],
    )
    messages = [
        *answer_messages(answer, question_id="q", person=Person.CAN_BE_ASKED, note=mention),
        *human_answer(mention, reviewer=mention, question_id="q"),
        card_message(answer, case(), around(asker=mention, names={"U1": mention})),
        queue_notice(7),
    ]
    for message in messages:
        await api.call(
            "chat.postMessage", channel=general.id, thread_ts=question.ts, **message.body
        )
    assert len(workspace.replies_by_app(general, question.ts)) == len(messages)
    home = home_view(documents=3, updated_at=None, questions=[])
    await api.call("views.publish", user_id=alice.id, view=home)
    for view in (
        passage_modal(answer, 1),
        answer_form(mention, case_id="c", revision=1),
    ):
        trigger = workspace.slack.interactivity.new_trigger(alice.id)
        await api.call("views.open", trigger_id=trigger, view=view)
    assert not [ping for ping in workspace.pings() if ping.by == workspace.app.bot_user]


async def test_a_streamed_answer_ends_with_its_footer_and_can_be_updated_to_the_whole(
    workspace: LocalWorkspace, api: SlackApi
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    question = alice.mention(general, "How much leave?")
    answer = trace(f"You have 25 days. {HOSTILE} [1]")
    place = {"channel": general.id}
    started = await api.call(
        "chat.startStream",
        **place,
        thread_ts=question.ts,
        recipient_user_id=alice.id,
        recipient_team_id=workspace.world.team_id,
        markdown_text=stream_text(answer["reply"], []),
    )
    footer = answer_footer(answer, question_id="q", person=Person.CAN_BE_ASKED)
    await api.call("chat.stopStream", **place, ts=started["ts"], blocks=list(footer))
    (whole,) = answer_messages(answer, question_id="q", person=Person.HAS_IT)
    await api.call("chat.update", **place, ts=started["ts"], **whole.body)
    (reply,) = workspace.replies_by_app(general, question.ts)
    assert [b["type"] for b in reply.blocks] == [b["type"] for b in whole.blocks]
    assert not [ping for ping in workspace.pings() if ping.by == workspace.app.bot_user]
