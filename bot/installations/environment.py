"""What differs in one workspace: its own home, its own tenant, and the settings given for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, SecretStr

from engine.errors import WrongUse
from engine.settings import Settings, load_settings
from engine.settings_sources import PREFIX
from engine.storage.installations import Installation
from engine.workspace_homes import WORKSPACES

_SHARED_GROUPS = frozenset(
    {"database", "qdrant", "unstructured", "parse", "encryption", "langfuse"}
)
_SHARED = frozenset(
    "home tenant role embedder embedding_cache embedding_cache_mb demo_port slack__app_token "
    "slack__client_id slack__public_url slack__install_teams slack__parallel_questions "
    "slack__api_url slack__transport slack__host slack__port openai__base_url".split()
)


def workspace_environment(settings: Settings, installed: Installation) -> dict[str, str]:
    """What the environment holds for this workspace, beside the process's own."""
    return {
        **installed.settings,
        f"{PREFIX}TENANT": installed.tenant,
        f"{PREFIX}ROLE": settings.role.value,
        f"{PREFIX}HOME": str(settings.home.resolve() / WORKSPACES / installed.tenant),
    }


def workspace_settings(environment: Mapping[str, str], installed: Installation) -> Settings:
    """The settings of a workspace. environment: as `workspace_environment` gives it.

    Raises: SettingsInvalid.
    """
    settings = load_settings({**os.environ, **environment})
    own = {"bot_token": SecretStr(installed.token), "transport": "http"}
    return settings.model_copy(update={"slack": settings.slack.model_copy(update=own)})


def refuse_shared(name: str) -> None:
    """Raises: WrongUse for a setting that is no workspace's own, or is a secret, or unknown."""
    found = _kind_of(name)
    if found is None:
        raise WrongUse(f"{name} is no setting; the README's table has them all")
    if found == "shared":
        raise WrongUse(f"{name} is the same for all workspaces; set it where Deskhand is started")
    if found == "secret":
        raise WrongUse(f"{name} is a secret, which is not kept with a workspace's settings")


def _kind_of(name: str) -> str | None:
    path = name.removeprefix(PREFIX).lower()
    group, _, inner = path.partition("__")
    field = Settings.model_fields.get(group) if name.startswith(PREFIX) else None
    if field is not None and inner:
        model = field.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return None
        field = model.model_fields.get(inner)
    elif field is not None and isinstance(field.annotation, type):
        field = None if issubclass(field.annotation, BaseModel) else field
    if field is None:
        return None
    if group in _SHARED_GROUPS or path in _SHARED:
        return "shared"
    return "secret" if SecretStr in (field.annotation, *get_args(field.annotation)) else "own"
