"""Whether a model on a card can be used by this program; imports nothing heavy."""

from __future__ import annotations

from typing import Any

from engine.errors import ModelUnavailable

FORMAT = 1
"""Changes when a model of before cannot be read any more."""


def check_card(card: Any, embedder: tuple[str, str]) -> None:
    """Refuses a model that this program cannot use.

    Raises: ModelUnavailable for one of another format or trained with another embedder.
    """
    try:
        made_by = (card["embedder"]["name"], card["embedder"]["version"])
        known = card["format"] == FORMAT
    except (KeyError, TypeError):
        known, made_by = False, embedder
    if not known:
        raise ModelUnavailable(
            "the triage model was made by another version of Deskhand; train it again with "
            "`deskhand triage train`"
        )
    if made_by != embedder:
        raise ModelUnavailable(
            f"the triage model was trained with the embedder {made_by[0]} {made_by[1]}, now "
            f"{embedder[0]} {embedder[1]} is in use; train it again with `deskhand triage train`"
        )
