"""`deskhand doctor --production` and `--smoke` as a process, beside a bot that runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.names import BOT_SCOPES
from bot.production.smoke import SHIPPED
from bot.workspace import LocalWorkspace
from engine.trace import Outcome
from evals.running.targets import SAMPLE_TARGET, load_target
from evals.suites.metric import Suite

pytestmark = pytest.mark.slow  # every test starts the command

ROWS = (
    "secrets,secret files,tls,database tls,servers,limits,probes,backups,metrics,alerts,"
    "rate limits,budget,schedule"
).split(",")


async def rows(deskhand: Any, *more: str) -> dict[str, dict[str, str]]:
    done = await asyncio.to_thread(deskhand.run, "doctor", "--production", "--json", *more)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert set(told) == {"checks", "ok", "warnings", "failed"}
    assert done.returncode == (1 if told["failed"] else 0)
    return {check["name"]: check for check in told["checks"]}


async def test_the_check_list_follows_what_any_bot_needs_and_says_what_to_do(
    workspace: LocalWorkspace, knowing: Any
) -> None:
    channel = workspace.public("help-desk", workspace.join("alice"))
    workspace.app.scopes = tuple(BOT_SCOPES)
    token = knowing.folder / "token"
    token.write_text(workspace.bot_token, encoding="utf-8")
    token.chmod(0o400)
    knowing.settings |= {
        "SLACK_BOT_TOKEN_FILE": str(token),
        "SLACK_APP_TOKEN": workspace.app_token,
        "DESKHAND_SLACK__API_URL": workspace.api_url,
        "DESKHAND_SLACK__HOST": "127.0.0.1",
        "DESKHAND_SLACK__PORT": "0",
        "DESKHAND_SLACK__ESCALATION_CHANNEL": channel.id,
        "DESKHAND_REVIEW__ADMIN_CHANNEL": channel.id,
        "DESKHAND_EVALS__REPORT_CHANNEL": channel.id,
        "DESKHAND_EVALS__REPORT_OWNER": "U0OWNER",
        "DESKHAND_EVALS__WATCH_HOUR": "5",
    }
    found = await rows(knowing)
    assert [name for name in found if name in ROWS] == ROWS
    assert list(found)[-len(ROWS) :] == ROWS
    levels = {name: found[name]["level"] for name in ROWS}
    assert levels["secrets"] == "ok"
    assert "1 of 2 secrets are files" in found["secrets"]["text"]
    assert levels["alerts"] == levels["rate limits"] == levels["budget"] == "ok"
    assert (levels["servers"], levels["backups"]) == ("warn", "fail")
    assert found["probes"]["text"].startswith("not checked: no bot runs")
    assert all(check["mend"] for check in found.values() if check["level"] == "fail")
    await asyncio.to_thread(knowing.run, "backup", str(knowing.folder / "kept.backup"))
    backups = (await rows(knowing))["backups"]
    assert (backups["level"], "wrote a file 0.0 h ago" in backups["text"]) == ("ok", True)


async def test_what_a_company_must_not_do_fails_without_a_secret_being_said(deskhand: Any) -> None:
    (deskhand.folder / ".env").write_text("SLACK_BOT_TOKEN=xoxb-SECRET1\n", encoding="utf-8")
    deskhand.settings |= {
        "DATABASE_URL": "postgresql://deskhand:SECRET2@db.example.com/deskhand",
        "OPENAI_BASE_URL": "http://models.example.com/v1",
        "OPENAI_MODEL": "of-nobody",
        "DESKHAND_SLACK__PUBLIC_URL": "http://deskhand.example.com",
        "DESKHAND_LIMITS__PERSON": "900",
        "DESKHAND_SLACK__API_URL": "http://127.0.0.1:9/api/",
        "DESKHAND_SLACK__PORT": "0",
    }
    found = await rows(deskhand)
    failed = {name for name in ROWS if found[name]["level"] == "fail"}
    assert {"secrets", "tls", "database tls", "rate limits", "budget", "alerts"} <= failed
    assert found["secrets"]["text"].startswith("SLACK_BOT_TOKEN lie in .env")
    assert "DESKHAND_OPENAI__BASE_URL, DESKHAND_SLACK__PUBLIC_URL" in found["tls"]["text"]
    assert "of-nobody" in found["budget"]["text"]
    assert "SECRET" not in json.dumps(found)


async def test_sample_questions_are_asked_of_what_is_deployed(knowing: Any) -> None:
    lines = [
        {"id": "right", "user_question": "How long is parental leave?"},
        {"id": "wrong", "user_question": "How long is parental leave?", "must_contain": ["99"]},
    ]
    file = knowing.folder / "smoke.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = await asyncio.to_thread(knowing.run, "doctor", "--smoke", str(file), "--json")
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert found["question right"]["level"] == "ok"
    assert found["question wrong"]["text"] == "the answer does not say '99'"
    missing = await asyncio.to_thread(knowing.run, "doctor", "--smoke", "none.jsonl", "--json")
    last = json.loads(missing.stdout)["checks"][-1]
    assert (last["name"], last["level"]) == ("questions", "fail")


async def test_the_shipped_questions_are_all_in_the_sample_and_have_an_answer(
    tmp_path: Path,
) -> None:
    target = await asyncio.to_thread(load_target, SAMPLE_TARGET, tmp_path, (Suite.ANSWERS,))
    asked = [case for case in target.dataset.cases if case.question.id in SHIPPED]
    assert {case.question.id for case in asked} == SHIPPED
    assert all(case.gains and not case.question.history for case in asked)
    assert all(case.expected_outcome is Outcome.ANSWERED for case in asked)
