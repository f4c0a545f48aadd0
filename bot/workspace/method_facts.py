"""What is published of each Web API method: arguments, errors, scopes and rate tier.

The pages are not part of this project: they are read from `shared/slack` beside the checkout. Where
they are absent the workspace is lenient: it asks for no scope, names no missing argument by itself,
and knows one rate for all methods. That is enough to show it, not to test against it.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).parents[3] / "shared" / "slack"
"""Folder of `methods/<method>.json` and of the manifest schema."""

PER_MINUTE = {"Tier 1": 1, "Tier 2": 20, "Tier 3": 50, "Tier 4": 100}
SPECIAL_PER_MINUTE = {
    "auth.test": 300,
    "assistant.threads.setStatus": 600,
    "chat.getPermalink": 300,
    "chat.postMessage": 300,
    "oauth.v2.access": 600,
}
"""Methods with a limit of their own, where the pages say "hundreds a minute" or 600."""

BLIND_TO_JSON = frozenset(
    "bots.info chat.getPermalink conversations.history conversations.info conversations.list "
    "conversations.members conversations.replies files.getUploadURLExternal files.info files.list "
    "oauth.v2.access reactions.get reactions.list team.info usergroups.list usergroups.users.list "
    "users.conversations users.info users.list users.lookupByEmail".split()
)
"""Methods that read a query or a form only: what stands in a JSON body is as if not sent."""

ADDED: dict[str, dict[str, Any]] = {
    "agents.sessions.setStatus": {
        "required": ["channel_id", "status"],
        "scopes": ["assistant:write"],
        "per_minute": 50,
        "errors": ["channel_not_found", "invalid_status", "invalid_thread_ts"],
    },
    "agents.sessions.rename": {
        "required": ["channel_id", "title"],
        "scopes": ["assistant:write"],
        "per_minute": 50,
        "errors": ["channel_not_found", "invalid_thread_ts", "session_not_found", "title_too_long"],
    },
    "blocks.validate": {
        "required": ["blocks"],
        "scopes": [],
        "per_minute": 50,
        "errors": ["invalid_blocks", "invalid_blocks_format"],
    },
}
"""Methods newer than the published pages; their errors and tiers are this project's guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodFacts:
    """One method of the Web API."""

    required: tuple[str, ...]
    """Arguments without which it answers `invalid_arguments`."""
    scopes: tuple[str, ...]
    """Bot scopes of which one must be granted; empty means none is needed."""
    per_minute: int
    """Calls it takes in a minute before it answers 429."""
    errors: tuple[str, ...]
    """Error codes of its page."""


LENIENT = MethodFacts(required=(), scopes=(), per_minute=100, errors=())
"""What counts for every method where the pages are absent."""


def facts_of(method: str) -> MethodFacts:
    """What is published of a method that the workspace has; LENIENT without the pages."""
    return method_facts()[method] if _has_pages() else LENIENT


@functools.cache
def _has_pages() -> bool:
    return (PUBLISHED / "methods").is_dir()


@functools.cache
def method_facts() -> dict[str, MethodFacts]:
    """Every known method by name.

    An argument that the pages call required though another may stand for it is not in `required`.

    Raises: FileNotFoundError, with a sentence, where the published pages are absent.
    """
    pages = PUBLISHED / "methods"
    if not pages.is_dir():
        raise FileNotFoundError(
            f"the local Slack needs the published pages of Slack's methods in {pages}; put them "
            "there, or run it where they are"
        )
    return {
        name: MethodFacts(
            required=tuple(row["required"]),
            scopes=tuple(row["scopes"]),
            per_minute=row["per_minute"],
            errors=tuple(row["errors"]),
        )
        for name, row in condense(pages).items()
    }


_OPTIONAL_AFTER_ALL = {
    ("chat.appendStream", "markdown_text"),  # chunks may stand for it
    ("assistant.threads.setSuggestedPrompts", "thread_ts"),  # under agent_view
    ("reactions.add", "channel"),
    ("reactions.add", "timestamp"),  # their absence is no_item_specified
    ("users.conversations", "user"),
}


def condense(folder: Path) -> dict[str, dict[str, Any]]:
    """The facts of every page in `folder`, and of the methods that have none yet."""
    rows: dict[str, dict[str, Any]] = {}
    for page in sorted(folder.glob("*.json")):
        name = page.stem
        facts = json.loads(page.read_text())
        tier = facts["rate_limit"]["label"].split(":")[0]
        rows[name] = {
            "required": [
                argument
                for argument, told in facts["args"].items()
                if told.get("required") and (name, argument) not in _OPTIONAL_AFTER_ALL
            ],
            "scopes": [scope["name"] for scope in facts["scopes"].get("bot", [])],
            "per_minute": PER_MINUTE.get(tier, SPECIAL_PER_MINUTE.get(name, 100)),
            "errors": sorted(facts["errors"]),
        }
    return dict(sorted({**rows, **ADDED}.items()))
