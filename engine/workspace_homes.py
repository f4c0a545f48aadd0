"""Where workspaces that installed the app keep what is theirs, while no server keeps it."""

from __future__ import annotations

from engine.settings import Settings
from engine.storage.database import DATABASE_FILE

WORKSPACES = "workspaces"
"""The folder of their homes, in that of the settings."""


def workspace_homes(settings: Settings) -> tuple[Settings, ...]:
    """Settings of each workspace that has a database of its own in this home, by its id.

    None where a database server is set: it holds the rows of all. Blocks.
    """
    if settings.database.url is not None:
        return ()
    return tuple(
        settings.model_copy(update={"home": found.parent, "tenant": found.parent.name})
        for found in sorted((settings.home / WORKSPACES).glob(f"*/{DATABASE_FILE}"))
    )
