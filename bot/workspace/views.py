"""Modals and home tabs: opened, pushed, updated and published with Slack's checks."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from bot.workspace.blocks import VIEW_BLOCKS, require_blocks
from bot.workspace.changes import ChangeKind
from bot.workspace.elements import check_length, check_text
from bot.workspace.errors import Json, SlackError, refuse
from bot.workspace.world import World

STACK = 3
"""Modals that can stand on one another."""
VIEW_BYTES = 250_000


@dataclass(slots=True, kw_only=True)
class View:
    """One modal or home tab that somebody sees."""

    id: str
    user: str
    content: Json
    hash: str
    root_id: str
    previous_id: str = ""
    open: bool = True
    response_address: str = ""
    values: Json = field(default_factory=dict)
    """What the user has entered: `{block_id: {action_id: {...}}}`."""

    def render(self, world: World) -> Json:
        """The view object of responses and payloads."""
        return {
            **copy.deepcopy(self.content),
            "id": self.id,
            "team_id": world.team_id,
            "app_id": world.app.app_id,
            "app_installed_team_id": world.team_id,
            "bot_id": world.app.bot_id,
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id or None,
            "state": {"values": copy.deepcopy(self.values)},
        }


class Views:
    """Every view that was opened, and each user's home tab."""

    def __init__(self, world: World) -> None:
        self.all: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        """By user."""
        self._world = world

    def stack(self, user: str) -> list[View]:
        """The modals that `user` has open, the topmost last."""
        return [
            v
            for v in self.all.values()
            if v.user == user and v.open and v.content["type"] == "modal"
        ]

    def open(self, user: str, content: Any) -> View:
        """Shows a new modal in place of what was open.

        Raises:
            SlackError: it is not a valid modal.
        """
        valid = parse_view(content, "modal")
        for view in self.stack(user):
            view.open = False
        return self._shown(self._add(user, valid))

    def push(self, user: str, content: Any) -> View:
        """Lays a modal on the topmost one.

        Raises:
            SlackError: it is not valid, none is open, or three are.
        """
        valid = parse_view(content, "modal")
        below = self.stack(user)
        if not below:
            refuse("not_found")
        if len(below) >= STACK:
            refuse("push_limit_reached")
        return self._shown(self._add(user, valid, root=below[0].root_id, previous=below[-1].id))

    def update(self, content: Any, *, view_id: str, external_id: str, hash: str) -> View:
        """Changes an open view.

        Raises:
            SlackError: it is not valid, is not there, or has changed since `hash`.
        """
        found = self.all.get(view_id)
        if external_id and not view_id:
            named = [v for v in self.all.values() if v.content.get("external_id") == external_id]
            found = named[-1] if named else None
        if found is None or not found.open:
            refuse("not_found")
        valid = parse_view(content, found.content["type"])
        if hash and hash != found.hash:
            refuse("hash_conflict")
        return self._replace(found, valid)

    def publish(self, user: str, content: Any, *, hash: str) -> View:
        """Shows a home tab.

        Raises:
            SlackError: it is not valid, or has changed since `hash`.
        """
        valid = parse_view(content, "home")
        home = self.homes.get(user)
        if home is None:
            home = self.homes[user] = self._add(user, valid)
            return self._shown(home)
        if hash and hash != home.hash:
            refuse("hash_conflict")
        return self._replace(home, valid)

    def close(self, view: View, *, all: bool) -> None:
        """Closes a modal, or everything its user has open."""
        view.open = False
        for other in self.stack(view.user) if all else ():
            other.open = False
        self._shown(view)

    def _add(self, user: str, content: Json, *, root: str = "", previous: str = "") -> View:
        external_id = content.get("external_id")
        if external_id and any(
            v.open and v.content.get("external_id") == external_id for v in self.all.values()
        ):
            refuse("duplicate_external_id")
        made = self._world.new_id("V")
        view = View(
            id=made,
            user=user,
            content=content,
            hash=self._new_hash(),
            root_id=root or made,
            previous_id=previous,
        )
        self.all[made] = view
        return view

    def _replace(self, view: View, content: Json) -> View:
        view.content = content
        view.hash = self._new_hash()
        return self._shown(view)

    def _shown(self, view: View) -> View:
        modal = view.content["type"] == "modal"
        self._world.changes.tell(ChangeKind.MODALS if modal else ChangeKind.HOME, view.user)
        return view

    def _new_hash(self) -> str:
        return f"{int(self._world.clock.now())}.{self._world.new_id('')}"


def parse_view(content: Any, kind: str) -> Json:
    """A view that Slack would take, with every block given an id.

    Raises:
        SlackError: `invalid_arguments` with a message for each problem, `view_too_large`.
    """
    if not isinstance(content, dict):
        refuse("invalid_arguments")
    if len(json.dumps(content)) > VIEW_BYTES:
        refuse("view_too_large")
    problems: list[tuple[str, str]] = []
    if content.get("type") != kind:
        problems.append(("/view/type", f"must be {kind}"))
    if kind == "modal":
        problems += check_text(content, "title", "/view", most=24, plain=True)
        for key in ("submit", "close"):
            if content.get(key) is not None:
                problems += check_text(content, key, "/view", most=24, plain=True)
    problems += check_length(content, "private_metadata", "/view", most=3000, needed=False, least=0)
    problems += check_length(content, "callback_id", "/view", most=255, needed=False, least=0)
    problems += check_length(content, "external_id", "/view", most=255, needed=False, least=0)
    if not isinstance(content.get("blocks"), list):
        problems.append(("/view/blocks", "missing required field: blocks"))
    else:
        try:
            require_blocks(content["blocks"], limit=VIEW_BLOCKS, view=True)
        except SlackError as error:
            told = error.more.get("response_metadata", {}).get("messages", [error.code])
            raise SlackError(
                "invalid_arguments",
                response_metadata={
                    "messages": [m.replace(":/blocks", ":/view/blocks") for m in told]
                },
            ) from None
        inputs = [b for b in content["blocks"] if b["type"] == "input"]
        if kind == "modal" and inputs and "submit" not in content:
            problems.append(("/view/submit", "missing required field: submit"))
    if problems:
        raise SlackError(
            "invalid_arguments",
            response_metadata={
                "messages": [f"[ERROR] {m} [json-pointer:{at}]" for at, m in problems]
            },
        )
    return with_block_ids(content)


def with_block_ids(content: Json) -> Json:
    """A copy in which every block and element has its id, as Slack gives them."""
    copied = copy.deepcopy(content)
    _give_ids(copied.get("blocks", []), "")
    return copied


def _give_ids(blocks: list[Json], prefix: str) -> None:
    for number, block in enumerate(blocks):
        name = f"{prefix}{number}"
        block.setdefault("block_id", f"b{name}")
        elements = [block.get("accessory"), block.get("element")]
        if block["type"] in ("actions", "context_actions"):
            elements += block["elements"]
        elif block["type"] == "card":
            elements += block.get("actions", [])
        for place, element in enumerate(elements):
            if isinstance(element, dict):
                element.setdefault("action_id", f"a{name}.{place}")
        for key in ("child_blocks", "elements"):
            if block["type"] in ("container", "carousel") and key in block:
                _give_ids(block[key], f"{name}.")
