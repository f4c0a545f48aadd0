"""Every button, form and command of an admin or reviewer, written to the audit log where it comes
in: who, what, about which id, and whether they were refused. Never a word of what they wrote."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.access.refusing import hearing
from bot.surfaces.handlers import Right
from engine.clock import Clock
from engine.errors import DeskhandError
from engine.storage.audit import AuditStore, Deed, Outcome

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_NAME = re.compile(r"[a-z][a-z_:-]{0,39}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHANNEL = re.compile(r"\b[CDG][A-Z0-9]{2,30}\b")
_NOBODY = "unknown"
_WORDS = {
    "eval": ("run", "status", "cancel", "last", "compare", "schedule"),
    "channel": ("show", "set"),
}
"""Second words of commands that may be written down; anything else may be a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """The audit log of one tenant's Slack."""

    tenant: str
    audit: AuditStore
    clock: Clock

    @asynccontextmanager
    async def kept(self, right: Right, who: str, action: str, about: str) -> AsyncIterator[None]:
        """Writes down how what is done inside came out, where it takes more than an asker's right.

        That it cannot be written is an error of the log and undoes nothing.
        """
        if right is Right.ASKER:
            yield
            return
        outcome = Outcome.FAILED
        with hearing() as heard:
            try:
                yield
                outcome = Outcome.REFUSED if heard.refused else Outcome.ACCEPTED
            finally:
                # Also where Slack's patience has ended: what was begun is told all the same.
                await asyncio.shield(self.write(who, action, about, outcome))

    async def write(self, who: str, action: str, about: str, outcome: Outcome) -> None:
        """One row.  Raises nothing: what could not be written stands in the program's log."""
        deed = Deed(
            at=self.clock(), who=who or _NOBODY, action=action, object=about, outcome=outcome
        )
        try:
            await self.audit.append(self.tenant, deed)
        except DeskhandError as error:
            log.error("the audit log lacks %s of %s (%s): %s", action, who, outcome, error)


def who_of(body: Json) -> str:
    """The Slack id of whoever pressed, sent or typed it."""
    return str((body.get("user") or {}).get("id") or body.get("user_id") or "")


def button_of(body: Json, action: Json) -> tuple[str, str]:
    """What a button does, and about what."""
    name, value = str(action.get("action_id") or ""), str(action.get("value") or "")
    chosen = str((action.get("selected_option") or {}).get("value") or "")
    if chosen:
        name, value = f"{name.partition(':')[0]}:{chosen.partition(':')[0]}", chosen
    channel = str((body.get("container") or {}).get("channel_id") or "")
    return f"button {_named(name)}", _about(value, channel)


def form_of(body: Json) -> tuple[str, str]:
    """What a form does, and about what."""
    view = body.get("view") or {}
    name = str(view.get("callback_id") or "")
    return f"form {_named(name)}", _about(str(view.get("private_metadata") or ""), "")


def command_of(body: Json) -> tuple[str, str]:
    """What a command does, and where it was typed."""
    words = str(body.get("text") or "").lower().split()
    first, second = (words[i] if len(words) > i else "" for i in (0, 1))
    second = second if second in _WORDS.get(first, ()) else ""
    return f"command {_named(first)} {second}".rstrip(), _about("", str(body.get("channel_id")))


def _named(name: str) -> str:
    """A name as ours are; of one that a client made up only what stands before the colon."""
    for shown in (name, name.partition(":")[0]):
        if _NAME.fullmatch(shown):
            return shown
    return _NOBODY


def _about(value: str, channel: str) -> str:
    """The id that a value names first, else a channel."""
    for found in (_UUID.search(value), _CHANNEL.search(value), _CHANNEL.fullmatch(channel)):
        if found is not None:
            return found[0]
    return ""
