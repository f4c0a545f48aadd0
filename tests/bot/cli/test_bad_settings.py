"""`deskhand run` with each setting missing or wrong: one sentence names it, nothing starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import annotated_types
import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.cli.main import main
from engine.settings import Settings
from engine.settings_sources import CONVENTIONAL_NAMES

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "DESKHAND_SLACK__API_URL": "http://127.0.0.1:9/api/",
}
"""With these, and nothing else wrong, it would go on to ask Slack, which nobody serves here."""
INSTALLED = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "s",
    "SLACK_SIGNING_SECRET": "s",
    "DESKHAND_SLACK__TRANSPORT": "http",
    "DESKHAND_SLACK__PUBLIC_URL": "https://deskhand.example.com",
    "DESKHAND_ENCRYPTION__KEYS": "",
}
FREE = (
    "HOME EMBEDDING_CACHE OPENAI__API_KEY OPENAI__MODEL OPENAI__SMALL_MODEL QDRANT__API_KEY "
    "UNSTRUCTURED__API_KEY SLACK__SIGNING_SECRET SLACK__CLIENT_ID SLACK__CLIENT_SECRET "
    "SLACK__HOST EVALS__DATASETS "
    "REVIEW__TICKETS_SECRET REVIEW__ON_CALL_SECRET ENCRYPTION__KEYS LANGSMITH__API_KEY "
    "LANGSMITH__PROJECT SENTRY__ENVIRONMENT"
).split()
"""Any text is one of these as far as anybody can tell who does not use it."""


def constrained() -> Iterator[tuple[str, FieldInfo]]:
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner, inner_field in field.annotation.model_fields.items():
                yield f"{name}__{inner}".upper(), inner_field
        else:
            yield name.upper(), field


def wrong_values(field: FieldInfo) -> list[str]:
    """One past each end, what is no number, and what has no end."""
    wrong = ["\x01!! ?"]
    for said in field.metadata:
        if isinstance(said, annotated_types.Ge):
            wrong.append(str(said.ge - 1))  # type: ignore[operator]  # every bound is a number
        if isinstance(said, annotated_types.Gt):
            wrong.append(str(said.gt))
        if isinstance(said, annotated_types.Le):
            wrong.append(str(said.le + 1))  # type: ignore[operator]
    if "float" in str(field.annotation):
        wrong += ["nan", "1e999"]
    return wrong


Refusal = Callable[..., str]


@pytest.fixture
def refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Refusal:
    """What `deskhand run` says of this environment, which it refuses as wrong use."""
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("DESKHAND_") or n in CONVENTIONAL_NAMES]:
        monkeypatch.delenv(name)

    def said(environment: Mapping[str, str]) -> str:
        with monkeypatch.context() as patch:
            for name, value in {"DESKHAND_HOME": str(tmp_path / "h"), **environment}.items():
                patch.setenv(name, value)
            code = main(["run"])
        told = capfd.readouterr()
        assert (code, told.out) == (2, ""), (environment, told.err)
        assert told.err.startswith("deskhand: ")
        assert told.err.count("\n") == 1
        assert "Traceback" not in told.err
        assert not (tmp_path / "h").exists(), "something was started"
        return told.err

    return said


@pytest.mark.parametrize("name", [name for name, _ in constrained() if name not in FREE])
def test_a_wrong_value_is_refused_by_the_settings_own_name(name: str, refusal: Refusal) -> None:
    field = dict(constrained())[name]
    setting = f"DESKHAND_{name}"
    names = {setting} | {known for known, ours in CONVENTIONAL_NAMES.items() if ours == setting}
    for value in wrong_values(field):
        given: dict[str, Any] = {n: v for n, v in GOOD.items() if n not in names}
        said = refusal({**given, setting: value})
        if name == "REVIEW__POLICY":
            assert "the policy file" in said
        else:
            assert any(one in said for one in names), (value, said)


def test_every_setting_that_takes_any_text_is_named() -> None:
    assert set(FREE) <= {name for name, _ in constrained()}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "SLACK_BOT_TOKEN is not set; copy it"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN is not set; copy it"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "DESKHAND_SLACK__TRANSPORT": "http"},
            "SLACK_SIGNING_SECRET is not set; copy it",
        ),
        ({**GOOD, "SLACK_BOT_TOKEN": "xapp-1"}, "the one that begins with xoxb-"),
        ({**GOOD, "SLACK_APP_TOKEN": "xoxb-1"}, "the one that begins with xapp-"),
        ({**GOOD, "DATABASE_URL": "mysql://h/d"}, "DATABASE_URL names mysql; use postgresql://"),
        ({**GOOD, "DATABASE_URL": "sqlite://"}, "DATABASE_URL names no file"),
        ({**GOOD, "DATABASE_URL": "postgresql://h/d?x=1"}, "DATABASE_URL has the option x"),
        ({**GOOD, "LANGFUSE_SECRET_KEY": "s"}, "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"),
        ({**GOOD, "DESKHAND_SLACK__PROT": "1"}, "did you mean DESKHAND_SLACK__PORT?"),
        ({**GOOD, "DESKHAND_SECRETS_DIR": "none"}, "DESKHAND_SECRETS_DIR names none"),
        ({**GOOD, "OPENAI_API_KEY_FILE": "none"}, "OPENAI_API_KEY_FILE names "),
        ({**INSTALLED, "SLACK_CLIENT_SECRET": ""}, "SLACK_CLIENT_SECRET is not set"),
        ({**INSTALLED, "SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET is not set"),
        ({**INSTALLED, "DESKHAND_SLACK__TRANSPORT": "socket"}, "DESKHAND_SLACK__TRANSPORT=http"),
        ({**INSTALLED, "SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_BOT_TOKEN and SLACK_CLIENT_ID"),
        (INSTALLED, "DESKHAND_ENCRYPTION__KEYS"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_missing_or_does_not_fit_is_said_before_anything_starts(
    given: Mapping[str, str], words: str, refusal: Refusal
) -> None:
    assert words in refusal(given)
