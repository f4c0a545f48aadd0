"""Files after they were shared: listed, rewritten, taken away, deleted."""

from __future__ import annotations

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.workspace import Fault, LocalWorkspace
from bot.workspace.file_server import DOWNLOAD
from tests.bot.workspace.conftest import ClientOf


async def test_files_are_listed_by_channel_in_numbered_pages(
    workspace: LocalWorkspace, client_of: ClientOf
) -> None:
    ann = workspace.join("ann")
    general, secret = workspace.public("general", ann), workspace.private("secret", ann)
    elsewhere = workspace.public("elsewhere", ann, with_bot=False)
    files = [workspace.file_of(ann.upload(general, f"{n}.md", b"x")) for n in range(3)]
    hidden = workspace.file_of(ann.upload(elsewhere, "hidden.md", b"x"))
    ann.share_again(secret, files[0])
    client = client_of(workspace)
    pages = [
        (await client.files_list(channel=general.id, count=2, page=page)).data for page in (1, 2)
    ]
    assert [len(page["files"]) for page in pages] == [2, 1]
    assert pages[0]["paging"] == {"count": 2, "total": 3, "page": 1, "pages": 2}
    listed = (await client.files_list(channel=secret.id))["files"]
    assert [file["id"] for file in listed] == [files[0].id]
    assert (listed[0]["channels"], listed[0]["groups"]) == ([general.id], [secret.id])
    assert set(listed[0]["shares"]) == {"public", "private"}
    assert (await client.files_list(channel=elsewhere.id))["files"] == []
    assert hidden.id not in [file["id"] for file in (await client.files_list())["files"]]


async def test_what_becomes_of_a_file_is_told_to_who_sees_it(
    workspace: LocalWorkspace, client_of: ClientOf
) -> None:
    ann = workspace.join("ann")
    general = workspace.public("general", ann)
    first, second = ann.upload(general, "a.md", b"x"), ann.upload(general, "b.pdf", b"x")
    sent = workspace.slack.events.sent
    workspace.rewrite(workspace.file_of(first), b"other")
    assert sent[-1]["event"]["type"] == "file_change"
    client = client_of(workspace)
    shown = (await client.files_info(file=first.files[0]))["file"]
    assert (shown["size"], shown["mode"], shown["editable"]) == (5, "snippet", True)
    assert shown["updated"] >= shown["created"]
    file = workspace.file_of(second)
    workspace.unshare(second)
    assert sent[-1]["event"]["subtype"] == "message_changed"
    assert [f["id"] for f in sent[-1]["event"]["previous_message"]["files"]] == [file.id]
    assert not sent[-1]["event"]["message"].get("files")
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_info(file=file.id)
    workspace.delete_file(workspace.file_of(first))
    assert sent[-1]["event"]["type"] == "file_deleted"
    with pytest.raises(SlackApiError, match="file_deleted"):
        await client.files_info(file=first.files[0])
    assert workspace.world.render_message(first)["files"] == [
        {"id": first.files[0], "mode": "tombstone"}
    ]


async def test_a_download_fails_on_demand(workspace: LocalWorkspace) -> None:
    ann = workspace.join("ann")
    file = workspace.file_of(ann.upload(workspace.public("general", ann), "a.md", b"x"))
    url = workspace.world.render_file(file)["url_private"]
    headers = {"Authorization": f"Bearer {workspace.bot_token}"}
    workspace.faults.add(DOWNLOAD, Fault.RATE_LIMITED, seconds=7)
    workspace.faults.add(DOWNLOAD, Fault.SERVER_ERROR)
    async with aiohttp.ClientSession(headers=headers) as session:
        statuses = []
        for _ in range(3):
            async with session.get(url) as response:
                statuses.append((response.status, response.headers.get("Retry-After")))
    assert statuses == [(429, "7"), (500, None), (200, None)]


async def test_an_app_that_is_removed_hears_of_it(workspace: LocalWorkspace) -> None:
    general = workspace.private("general", workspace.join("ann"))
    workspace.remove(general, workspace.app.bot_user)
    kinds = [w["event"]["type"] for w in workspace.slack.events.sent]
    assert kinds == ["member_left_channel", "group_left"]


async def test_a_picture_keeps_its_description(
    workspace: LocalWorkspace, client_of: ClientOf
) -> None:
    client = client_of(workspace)
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        await client.files_getUploadURLExternal(filename="a.png", length=3, alt_txt="x" * 1001)
    given = await client.files_getUploadURLExternal(filename="a.png", length=3, alt_txt="A bar")
    async with (
        aiohttp.ClientSession() as session,
        session.post(given["upload_url"], data=b"png") as sent,
    ):
        assert sent.status == 200
    general = workspace.public("general", workspace.join("ann"))
    shared = await client.files_completeUploadExternal(
        files=[{"id": given["file_id"], "title": "Bars"}],
        channel_id=general.id,
        initial_comment="see",
        blocks="no blocks, and not looked at beside a comment",
    )
    assert shared["files"][0]["title"] == "Bars"
    shown = (await client.files_info(file=given["file_id"]))["file"]
    assert shown["alt_txt"] == "A bar"
    (message,) = workspace.messages(general)
    assert (message.text, message.files) == ("see", [given["file_id"]])
