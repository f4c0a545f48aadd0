"""Who may answer the cases of the escalation channel."""

from __future__ import annotations

from bot.access.audience import Rights, document_tag
from engine.audience import EVERYONE


def is_reviewer(rights: Rights, channel: str | None) -> bool:
    """Whether rights are those of a full member; given a channel, of one who is in it."""
    needed = {EVERYONE} if channel is None else {EVERYONE, document_tag(channel)}
    return needed <= rights.audience.tags
