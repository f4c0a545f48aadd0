"""The command, the shortcut, buttons, the home tab and suggested prompts."""

from __future__ import annotations

import pytest

from bot.workspace import Kind
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from tests.bot.app.conftest import HOW_LONG, Stage, shown

pytestmark = pytest.mark.slow

MANY_KEYS = {
    "laptop.md": "# Reset the password of your laptop\n\nTo reset the password of your laptop, "
    "call the desk on 100.\n",
    "mail.md": "# Reset the password of your mailbox\n\nTo reset the password of your mailbox, "
    "open the mail portal and press Forgot.\n",
    "vpn.md": "# Reset the password of the VPN\n\nTo reset the password of the VPN, write to "
    "network@example.com.\n",
}


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_the_command_is_answered_in_a_direct_message(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        general = workspace.public("general", ann)
        typed = await ann.command(general, f"/deskhand ask {HOW_LONG}")
        assert typed.acked
        assert "direct message" in typed.ack["text"]
        await workspace.until(lambda: len(scene.said(ann.dm)) >= 2)
        await scene.idle()
        root, answer = scene.said(ann.dm)
        assert HOW_LONG in root.text
        assert "16 weeks" in answer.text
        assert answer.thread_ts == root.ts
        assert scene.said(general) == []
        ann.reply(root, "how do I apply?")
        assert "L-12" in (await scene.answer(root, 2)).text


async def test_the_command_without_a_question_explains_itself(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        for line in ("/deskhand", "/deskhand help", "/deskhand ask", "/deskhand ask   "):
            typed = await ann.command(general, line)
            assert typed.acked
            assert "QUESTION" in typed.ack["text"]
        await scene.idle()
        assert scene.said(general) == scene.said(ann.dm) == []


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_the_shortcut_answers_under_the_message_once(stage: Stage, transport: str) -> None:
    async with stage(transport) as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked = ann.say(general, HOW_LONG)
        assert (await bob.shortcut("ask_about_message", asked)).acked
        answer = await scene.answer(asked)
        assert "16 weeks" in answer.text
        assert (await ann.shortcut("ask_about_message", asked)).acked
        await scene.idle()
        assert scene.said(general) == [answer]


async def test_the_shortcut_where_the_bot_is_not_answers_in_a_direct_message(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        for channel in (
            workspace.public("elsewhere", ann, bob, with_bot=False),
            workspace.private("secret", ann, bob, with_bot=False),
        ):
            before = len(scene.said(bob.dm))
            asked = ann.say(channel, HOW_LONG)
            assert (await bob.shortcut("ask_about_message", asked)).acked
            await workspace.until(lambda before=before: len(scene.said(bob.dm)) >= before + 2)
            await scene.idle()
            assert "16 weeks" in scene.said(bob.dm)[-1].text
            assert scene.said(channel) == []


async def test_a_passage_is_shown_to_whoever_may_read_it_and_to_nobody_else(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, gus = workspace.join("ann"), workspace.join("gus", Kind.GUEST)
        general = workspace.public("general", ann)
        answer = await scene.answer(ann.mention(general, HOW_LONG))
        assert (await ann.click(answer, "passage:1")).acked
        assert "16 weeks" in shown(workspace.modal(ann))
        general.members.append(gus.id)  # looks into what was said before they came
        scene.bot.readiness.revoked = False
        assert (await gus.click(answer, "passage:1")).acked
        modal = shown(workspace.modal(gus))
        assert "16 weeks" not in modal
        assert "can no longer be shown" in modal


async def test_a_passage_of_a_document_that_is_gone_is_shown_to_nobody(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        answer = await scene.answer(ann.say(ann.dm, HOW_LONG))
        for source in await scene.bot.engine.sources.all(scene.settings.tenant):
            await scene.bot.engine.ingestion.forget(source.id)
        assert (await ann.click(answer, "passage:1")).acked
        assert "16 weeks" not in shown(workspace.modal(ann))


async def test_a_question_with_two_meanings_is_asked_back_and_a_choice_answers_it(
    stage: Stage,
) -> None:
    async with stage() as scene:
        await scene.learn(MANY_KEYS, "everyone")
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        asked = ann.mention(general, "How do I reset my password?")
        back = await scene.answer(asked)
        labels = {
            e["action_id"]: e["text"]["text"]
            for b in back.blocks
            if b["type"] == "actions"
            for e in b["elements"]
        }
        chosen = next(a for a, text in labels.items() if a.startswith("choice") and "mail" in text)
        assert (await bob.click(back, chosen)).acked
        await workspace.until(lambda: workspace.ephemerals(bob))
        await scene.idle()
        assert len(scene.replies(asked)) == 1
        assert (await ann.click(back, chosen)).acked
        answer = await scene.answer(asked, 2)
        assert "mail portal" in answer.text
        assert (await ann.click(back, chosen)).acked
        await scene.idle()
        assert len(scene.replies(asked)) == 2


async def test_the_home_tab_shows_what_is_known_and_ones_own_questions(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        gus, boss = workspace.join("gus", Kind.GUEST), workspace.join("boss", Kind.ADMIN)
        await scene.answer(ann.say(ann.dm, HOW_LONG))
        for person in (ann, bob, gus, boss):
            person.open_home()
        await workspace.until(lambda: all(workspace.home(p) for p in (ann, bob, gus, boss)))
        assert HOW_LONG in shown(workspace.home(ann))
        assert "2 documents" in shown(workspace.home(ann))
        assert HOW_LONG not in shown(workspace.home(bob))
        assert "Figures" not in shown(workspace.home(ann))
        assert "no documents yet" in shown(workspace.home(gus))
        assert "Figures" in shown(workspace.home(boss))
        assert "Questions, last 7 days" in shown(workspace.home(boss))
        assert "100% [21, 100], 1 of 1; people in 0% of them" in shown(workspace.home(boss))
        assert "Assumed helpful" in shown(workspace.home(boss))


async def test_the_messages_tab_suggests_only_what_its_reader_may_read(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, gus = workspace.join("ann"), workspace.join("gus", Kind.GUEST)
        ann.open_home("messages")
        gus.open_home("messages")
        session = workspace.world.session(ann.dm.id, "")
        await workspace.until(lambda: session.prompts)
        assert {p["title"] for p in session.prompts} == {
            "About: Parental leave",
            "About: Guest wifi",
        }
        await scene.idle()
        assert workspace.world.session(gus.dm.id, "").prompts == []


async def test_a_suggested_prompt_is_answered(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann = workspace.join("ann")
        ann.open_home("messages")
        session = workspace.world.session(ann.dm.id, "")
        await workspace.until(lambda: session.prompts)
        for prompt in session.prompts:
            answer = await scene.answer(ann.say(ann.dm, prompt["message"]))
            assert "Sources" in answer.text, prompt


async def test_who_must_wait_is_told_how_many_are_before(stage: Stage) -> None:
    def thinking(request: Received) -> Reply:
        return Reply(text=quoting(request).text, first_s=1.0)

    async with stage(
        model=thinking, slack__workers="1", slack__queue_notice="2", slack__stream_after_s="60"
    ) as scene:
        workspace = scene.workspace
        people = [workspace.join(f"person{n}") for n in range(4)]
        general = workspace.public("general", *people)
        asked = []
        for person in people:
            asked.append(person.mention(general, HOW_LONG))
            await workspace.settled()
        await workspace.until(lambda: workspace.ephemerals(people[3]))
        [notice] = workspace.ephemerals(people[3])
        assert "questions before yours" in notice.text
        assert workspace.ephemerals(people[0]) == []
        for question in asked:
            await scene.answer(question)
            assert len(scene.replies(question)) == 1


async def test_a_button_that_slack_did_not_draw_does_nothing(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        general = workspace.public("general", ann, bob)
        answer = await scene.answer(ann.mention(general, HOW_LONG))
        forged = ann.say(general, "look")
        forged.blocks = [*answer.blocks]
        await scene.idle()
        for action in ("passage:1", "feedback"):
            assert (await bob.click(forged, action, chosen={"value": "positive:x"})).acked
        await scene.idle()
        assert workspace.modal(bob) is None
        assert len(scene.said(general)) == 1
