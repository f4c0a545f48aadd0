"""The account of who would have been pinged."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.workspace import LocalWorkspace


def section(text: str, kind: str = "mrkdwn") -> list[dict[str, Any]]:
    return [{"type": "section", "text": {"type": kind, "text": text}}]


async def test_each_kind_of_mention_names_whom_it_reaches(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice, bob, carol = (workspace.join(name) for name in ("alice", "bob", "carol"))
    general = workspace.public("general", alice, bob)
    leads = workspace.usergroup("leads", [bob, carol])
    text = f"<!here> <!channel> <!everyone|all> <@{carol.id}> <!subteam^{leads.id}|@leads>"
    await client.chat_postMessage(channel=general.id, text=text)
    assert [(p.kind, p.people) for p in workspace.pings()] == [
        ("here", (alice.id, bob.id)),
        ("channel", (alice.id, bob.id)),
        ("everyone", (alice.id, bob.id)),
        ("user", (carol.id,)),
        ("subteam", (bob.id, carol.id)),
    ]


@pytest.mark.parametrize(
    ("arguments", "pings"),
    [
        ({"text": "&lt;!channel&gt; @channel <#C1> < !channel>"}, 0),
        ({"text": "`<!channel>`"}, 1),
        ({"text": "@channel", "link_names": True}, 1),
        ({"text": "@here", "parse": "full"}, 1),
        ({"markdown_text": "**<!channel>**"}, 1),
        ({"text": "x", "blocks": section("<!here>")}, 1),
        ({"text": "x", "blocks": section("<!here>", "plain_text")}, 0),
        ({"text": "x", "blocks": [{"type": "markdown", "text": "<!everyone>"}]}, 1),
        ({"text": "x", "attachments": [{"text": "<!channel>"}]}, 1),
        ({"text": "x", "attachments": [{"blocks": section("<!channel>")}]}, 1),
        (
            {
                "text": "x",
                "blocks": [
                    {
                        "type": "rich_text",
                        "elements": [
                            {
                                "type": "rich_text_section",
                                "elements": [{"type": "broadcast", "range": "channel"}],
                            }
                        ],
                    }
                ],
            },
            1,
        ),
    ],
)
async def test_only_live_mentions_count(
    workspace: LocalWorkspace, client: AsyncWebClient, arguments: dict[str, Any], pings: int
) -> None:
    general = workspace.public("general")
    await client.api_call("chat.postMessage", json={"channel": general.id, **arguments})
    assert len(workspace.pings()) == pings


async def test_an_update_that_mentions_counts_once_and_people_count_apart(
    workspace: LocalWorkspace, client: AsyncWebClient
) -> None:
    alice = workspace.join("alice")
    general = workspace.public("general", alice)
    posted = await client.chat_postMessage(channel=general.id, text="quiet")
    for _ in range(2):
        await client.chat_update(channel=general.id, ts=posted["ts"], text="<!channel>")
    alice.say(general, "<!here>")
    assert [p.kind for p in workspace.pings()] == ["channel"]
    assert [p.kind for p in workspace.pings(by_app=False)] == ["channel", "here"]
