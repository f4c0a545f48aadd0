"""The surroundings of the demo's bot: this machine, this workspace, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bot.page.cast import Cast
from bot.workspace import LocalWorkspace
from engine.errors import WrongUse
from engine.openai_settings import OpenAiSettings

_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")
_KEPT_SETTINGS = (
    "DESKHAND_ANSWER__",
    "DESKHAND_RETRIEVAL__",
    "DESKHAND_PARSE__",
    "DESKHAND_EMBEDDING_CACHE",
)


def bot_environment(
    workspace: LocalWorkspace, cast: Cast, *, home: Path, surroundings: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a bot in this workspace. home: its `DESKHAND_HOME`, which is there.

    No key, no server and no file of secrets that the surroundings name is used: what costs money
    is asked for by name (`model_environment`).
    """
    no_secrets = home / "no-secrets"
    no_secrets.mkdir(exist_ok=True)
    kept = {k: v for k, v in surroundings.items() if k in _KEPT or k.startswith(_KEPT_SETTINGS)}
    return kept | {
        "HOME": str(home),
        "DESKHAND_HOME": str(home),
        "DESKHAND_SECRETS_DIR": str(no_secrets),
        "SLACK_BOT_TOKEN": workspace.bot_token,
        "SLACK_APP_TOKEN": workspace.app_token,
        "DESKHAND_SLACK__API_URL": workspace.api_url,
        "DESKHAND_SLACK__HOST": "127.0.0.1",
        "DESKHAND_SLACK__PORT": "0",
        "DESKHAND_SLACK__ESCALATION_CHANNEL": cast.escalations.id,
        "DESKHAND_SLACK__KNOWLEDGE_CHANNELS": cast.knowledge.id,
        # A visitor who kills the bot wants to see it go on.
        "DESKHAND_SLACK__LEASE_S": "3",
        "DESKHAND_SLACK__ATTEMPTS": "10",
        "DESKHAND_SLACK__FACTS_TTL_S": "2",
        # One visitor asks for five people, and all at once.
        "DESKHAND_LIMITS__PERSON": "1000",
        "DESKHAND_LIMITS__CHANNEL": "1000",
        "DESKHAND_LIMITS__WORKSPACE": "1000",
        "DESKHAND_REVIEW__REVIEWERS": cast.reviewers.id,
        "DESKHAND_REVIEW__ADMIN_CHANNEL": cast.admin.id,
        "DESKHAND_REVIEW__BUSINESS_HOURS": "00:00-23:59",
        "DESKHAND_REVIEW__BUSINESS_DAYS": "mon-sun",
        "DESKHAND_EVALS__REPORT_CHANNEL": cast.evaluations.id,
        "PYTHONUNBUFFERED": "1",
    }


def model_environment(model: OpenAiSettings) -> dict[str, str]:
    """What a bot is told to use this model, its key too.

    Raises: WrongUse where neither a key nor a server of one's own is set.
    """
    if model.api_key is None and model.base_url is None:
        raise WrongUse(
            "--model uses the model that is set, and none is: set OPENAI_API_KEY, or "
            "OPENAI_BASE_URL for a server of your own"
        )
    held = model.model_dump(exclude_none=True, exclude={"prices"})
    if model.prices:
        prices = model.prices.items()
        held["prices"] = ",".join(f"{n}={p.input_usd}/{p.output_usd}" for n, p in prices)
    if model.api_key is not None:
        held["api_key"] = model.api_key.get_secret_value()
    return {f"DESKHAND_OPENAI__{name.upper()}": str(value) for name, value in held.items()}


def own_surroundings() -> Mapping[str, str]:
    """This process's."""
    return dict(os.environ)
