from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def say(process: subprocess.Popen[str], text: str) -> dict[str, Any]:
    """What a chat with --json answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()
    row: dict[str, Any] = json.loads(process.stdout.readline())
    return row


def test_a_chat_keeps_its_history_and_others_ask_while_it_is_open(knowing: Any) -> None:
    chat = knowing.start("chat", "--json")
    try:
        assert "DeskNet" in say(chat, "what is the guest wifi called?")["reply"]
        beside = knowing.json("ask", "how long is parental leave?")
        assert "16 weeks" in beside["reply"]
        follow_up = say(chat, "and when does its password change?")
        assert follow_up["id"] == "2"
        assert "Mondays" in follow_up["draft_reply"]
        out, errors = chat.communicate("/quit\n", timeout=60)
    finally:
        chat.kill()
    assert (chat.returncode, out, errors) == (0, "", "")
    (history,) = knowing.rows(
        "select json_extract(body, '$.history') from traces where body like '%\"id\": \"2\"%'"
    )[0]
    assert [turn["role"] for turn in json.loads(history)] == ["user", "assistant"]


def test_a_chat_understands_its_commands_and_ends_with_its_input(knowing: Any) -> None:
    done = knowing.run(
        "chat", stdin="/help\n\n/nope\n/sources\nguest wifi?\n/new\nparental leave?\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "/quit leaves" in done.stdout
    assert "There is no /nope." in done.stdout
    assert "3 documents" in done.stdout
    assert "DeskNet" in done.stdout
    assert "a new conversation" in done.stdout
    assert "16 weeks" in done.stdout


def test_ctrl_c_ends_a_chat_that_waits_for_its_pipe(knowing: Any) -> None:
    chat = knowing.start("chat", "--json")
    try:
        say(chat, "what is the guest wifi called?")
        chat.send_signal(signal.SIGINT)
        chat.wait(timeout=60)  # its input stays open, whose end would end the chat as well
        _, errors = chat.communicate(timeout=60)
    finally:
        chat.kill()
    assert chat.returncode == 130
    assert errors.count("\n") == 1


def test_a_chat_with_a_wrong_audience_does_not_start(deskhand: Any, refused: Any) -> None:
    refused(deskhand.run("chat", "--audience", "boss"), 2, "'boss'")
