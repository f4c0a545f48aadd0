"""Files that people drop into a direct message: read for one question, then forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from bot.chaos.bot_process import BotProcess
from evals.model_server.models import quoting
from evals.model_server.reply import Received, Reply
from evals.model_server.server import ModelServer
from tests.bot.app.conftest import HOW_LONG, Scene, Stage, shown

pytestmark = pytest.mark.slow

MACHINE = "The coffee machine on floor nine is called Brunhilde."
ASKED = "What is the coffee machine on floor nine called?"
NOTES = f"# The coffee machine\n\n{MACHINE}\n"


def pdf(line: str) -> bytes:
    """A PDF of one page with one line."""
    stream = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
        "/Resources << /Font << /F1 3 0 R >> >> /Contents 5 0 R >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 6\n0000000000 65535 f \n{table}{trailer}".encode()


async def assert_forgotten(scene: Scene) -> None:
    """No document, source or passage of the file is left."""
    engine, tenant = scene.bot.engine, scene.settings.tenant
    assert await engine.documents.count(tenant) == 3
    assert not [s for s in await engine.sources.all(tenant) if "attachments" in s.uri]
    attachments = scene.settings.home / "attachments"
    assert not attachments.exists() or not [p for p in attachments.rglob("*") if p.is_file()]
    with closing(
        sqlite3.connect(f"file:{scene.settings.home}/deskhand.db?mode=ro", uri=True)
    ) as db:
        tables = [
            name for (name,) in db.execute("select name from sqlite_master where type='table'")
        ]
        for table in tables:
            if table not in ("traces", "replies", "inbox", "cases"):
                rows = db.execute(f"select * from {table}").fetchall()
                assert "Brunhilde" not in str(rows), table


@pytest.mark.parametrize(
    ("name", "data"), [("notes.md", NOTES.encode()), ("notes.pdf", pdf(MACHINE))]
)
async def test_a_file_dropped_with_a_question_answers_it_and_is_forgotten(
    stage: Stage, name: str, data: bytes
) -> None:
    async with stage() as scene:
        ann, bob = scene.workspace.join("ann"), scene.workspace.join("bob")
        asked = ann.upload(ann.dm, name, data, text=ASKED)
        answer = await scene.answer(asked)
        assert "Brunhilde" in answer.text
        assert name in shown(answer) or "coffee machine" in shown(answer)
        await assert_forgotten(scene)
        for person in (ann, bob):
            other = await scene.answer(person.say(person.dm, ASKED))
            assert "Brunhilde" not in shown(other)


async def test_a_follow_up_in_the_thread_reads_the_file_again(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        asked = ann.upload(ann.dm, "notes.md", NOTES.encode(), text=HOW_LONG)
        await scene.answer(asked)
        ann.reply(asked, ASKED)
        assert "Brunhilde" in (await scene.answer(asked, 2)).text
        await assert_forgotten(scene)


async def test_a_file_that_cannot_be_read_is_named(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        for name, data in (
            ("broken.pdf", b"%PDF-1.4 nonsense"),
            ("song.mp3", b"ID3\x00\x01\x02" * 50),
            ("empty.md", b""),
        ):
            asked = ann.upload(ann.dm, name, data, text=HOW_LONG)
            answer = await scene.answer(asked)
            assert "16 weeks" in answer.text
            assert f"could not read {name}" in answer.text, shown(answer)
        await assert_forgotten(scene)


async def test_a_file_that_claims_other_readers_is_only_its_owners(stage: Stage) -> None:
    async with stage() as scene:
        workspace = scene.workspace
        ann, bob = workspace.join("ann"), workspace.join("bob")
        seen: list[set[str]] = []
        answering = scene.bot.worker._tools.answerer
        _spy_on_tags(scene, answering, seen)
        for name, text in (
            ("notes.md", f"---\naudience: [everyone, public, 'user:{bob.id}']\n---\n\n{NOTES}"),
            (
                "rows.jsonl",
                f'{{"_id": "1", "title": "Coffee", "text": "{MACHINE}", "audience": ["public"]}}\n',
            ),
        ):
            asked = ann.upload(ann.dm, name, text.encode(), text=ASKED)
            answer = await scene.answer(asked)
            assert "Brunhilde" in answer.text, name
        assert seen == [{f"user:{ann.id}"}, {f"user:{ann.id}"}]
        await assert_forgotten(scene)


def _spy_on_tags(scene: Scene, answering: object, seen: list[set[str]]) -> None:
    """Notes the readers of the attached documents while their question is answered."""
    documents, tenant = scene.bot.engine.documents, scene.settings.tenant
    run = answering.answers.run

    async def spying(question, **more):
        given = await run(question, **more)
        cited = [c.chunk_id for c in given.trace.citations]
        tags = await documents.audiences_of(tenant, cited)
        seen.append({tag for found in tags.values() for tag in found})
        return given

    object.__setattr__(answering, "answers", type("Spy", (), {"run": staticmethod(spying)})())


async def test_a_file_in_a_channel_is_left_alone(stage: Stage) -> None:
    async with stage() as scene:
        ann = scene.workspace.join("ann")
        general = scene.workspace.public("general", ann)
        text = f"<@{scene.workspace.app.bot_user}> {ASKED}"
        asked = ann.upload(general, "notes.md", NOTES.encode(), text=text)
        answer = await scene.answer(asked)
        assert "Brunhilde" not in shown(answer)


async def test_a_file_is_forgotten_though_the_bot_is_killed_while_it_answers(stage: Stage) -> None:
    asked_model: list[str] = []

    def thinking(request: Received) -> Reply:
        asked_model.append("asked")
        return Reply(text=quoting(request).text, first_s=600.0)

    async with stage(started=False) as scene:
        ann = scene.workspace.join("ann")
        async with ModelServer(thinking).serving() as url:
            environment = {
                **scene.environment,
                "DESKHAND_OPENAI__API_KEY": "sk-local-test",
                "DESKHAND_OPENAI__BASE_URL": url,
            }
            process = BotProcess(environment, log=scene.settings.home / "killed.log")
            await process.start()
            try:
                await scene.workspace.until(lambda: scene.workspace.sockets.sockets, 60)
                asked = ann.upload(ann.dm, "notes.md", NOTES.encode(), text=ASKED)
                await scene.workspace.until(lambda: asked_model, 60)
            finally:
                await process.kill()
        await scene.start()  # the dead one's lease runs out, and its question is taken up again
        answer = await scene.answer(asked, timeout_s=60)
        assert "Brunhilde" in answer.text
        assert len(scene.replies(asked)) == 1
        await assert_forgotten(scene)
