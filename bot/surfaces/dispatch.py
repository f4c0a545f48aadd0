"""Every request of Slack, handed to the part that it concerns."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.facts import SlackFacts
from bot.access.refusing import refuse
from bot.aside import Aside
from bot.delivery.worker import Worker
from bot.escalation import Escalation
from bot.evals.composing import Evaluations
from bot.figures.gap_buttons import GapButtons
from bot.intake.gap_loop import GapLoop
from bot.intake.receiver import Receiver
from bot.learning.composing import Entries
from bot.modes.commands import ModeCommands
from bot.names import BUDGET, CHANNEL, EVALUATE
from bot.private_upgrade import PREFIX as MORE
from bot.private_upgrade import PrivateUpgrade
from bot.readiness import Readiness
from bot.rendering.evaluation import CASE_BUTTON
from bot.rendering.gap import PREFIX as GAP
from bot.review.desk import PREFIX, Desk
from bot.review.desk_forms import DeskForms
from bot.shared_files.news import SharedFilesNews
from bot.spending.commands import BudgetCommand
from bot.surfaces.asking import Asking
from bot.surfaces.buttons import Buttons
from bot.surfaces.deeds import Deeds, button_of, command_of, form_of, who_of
from bot.surfaces.handlers import ACTIONS, COMMANDS, ENTRY, MODE, VIEWS
from bot.surfaces.home import Home
from engine.telemetry.catalogue import REDELIVERIES, SLACK_EVENTS
from engine.telemetry.instruments import add

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_MESSAGES = ("message", "app_mention")
_MOVES_CARDS = tuple(
    f"{kind}_{what}"
    for kind in ("channel", "group")
    for what in ("archive", "deleted", "left", "unarchive")
)
"""Events after which nothing can be posted in a channel, or can be again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What the Slack app calls."""

    bot_user: str
    facts: SlackFacts
    receiver: Receiver
    worker: Worker
    asking: Asking
    buttons: Buttons
    more: PrivateUpgrade
    desk: Desk
    desk_forms: DeskForms
    escalation: Escalation
    home: Home
    gaps: GapLoop
    shared_files: SharedFilesNews
    evaluations: Evaluations
    gap_buttons: GapButtons
    entries: Entries
    modes: ModeCommands
    budget: BudgetCommand
    deeds: Deeds
    aside: Aside
    readiness: Readiness

    async def event(self, event: Json, team: str, *, redelivered: float | None = None) -> None:
        """Keeps a message; what else an event asks for is done beside, after the ack.

        Raises: StorageUnavailable.
        """
        add(SLACK_EVENTS, workspace=self.receiver.tenant)
        if redelivered is not None:
            add(REDELIVERIES, workspace=self.receiver.tenant)
        self.facts.heed(event)
        self.shared_files.heed(event)
        if redelivered is not None and not await self.receiver.has(event, team=team):
            log.warning("Slack could not deliver an event at first; others may be missing")
            self.gaps.on_unreached(redelivered)
        kind = event.get("type")
        if kind in _MESSAGES:
            await self.receiver.receive(event, team=team)
            if self.entries.proposals is not None:
                self.entries.proposals.heed(event)
            if event.get("subtype") == "message_deleted":
                self.aside.begin(self._leave_deleted(event), "what was drawn from it stays for now")
        elif kind == "app_home_opened":
            self.aside.begin(self.home.opened(event), "a tab was not filled")
        elif kind == "agent_session_stopped":
            channel, thread = str(event.get("channel")), str(event.get("thread_ts"))
            self.worker.stopped(channel, thread, str(event.get("user")))
        elif kind in _MOVES_CARDS or self._is_invited(event):
            self.escalation.look_for_lost()
        elif _ends_installation(event) and not self.readiness.revoked:
            log.error("the app was uninstalled or its tokens revoked: install it again")
            self.readiness.revoked = True

    async def _leave_deleted(self, event: Json) -> None:
        """What was drawn from a deleted question goes with it."""
        await self.entries.deleted.look()
        if self.entries.proposals is not None:
            channel, ts = str(event.get("channel")), str(event.get("deleted_ts"))
            await self.entries.deleted.thread_gone(self.entries.proposals.id_of(channel, ts))

    def _is_invited(self, event: Json) -> bool:
        joined = event.get("type") == "member_joined_channel"
        return joined and event.get("user") == self.bot_user

    def missed(self) -> None:
        """An event could not be kept."""
        self.gaps.on_missed()

    def limited(self) -> None:
        """Slack held events back."""
        log.warning("Slack held events back, as there were too many; they are read from history")
        self.gaps.on_limited()
        self.shared_files.look_at_all()

    async def connected(self, gap_s: float) -> None:
        """A connection stands, for the first time or again after so many seconds."""
        self.escalation.look_for_lost()
        await self.gaps.on_connected(gap_s)
        await self.shared_files.on_connected(gap_s)

    async def action(self, body: Json, action: Json) -> None:
        """A button."""
        prefix = _prefix(action.get("action_id"))
        if prefix not in ACTIONS:
            log.info("a button that the app does not have was pressed")
            return
        async with self.deeds.kept(ACTIONS[prefix], who_of(body), *button_of(body, action)):
            await self._pressed(prefix, body, action)

    async def _pressed(self, prefix: str, body: Json, action: Json) -> None:
        if prefix == CASE_BUTTON:
            await self.evaluations.cases.opened(body, str(action.get("value") or ""))
        elif prefix == PREFIX:
            await self.desk.pressed(body, action)
        elif prefix == ENTRY:
            await self.entries.buttons.pressed(body, action)
        elif prefix == MODE:
            await self.modes.pressed(body, action)
        elif prefix == GAP:
            await self.gap_buttons.pressed(body, action)
        elif prefix == MORE:
            await self.more.pressed(body, action)
        else:
            await self.buttons.pressed(body, action)

    async def command(self, body: Json) -> str:
        """The slash command."""
        verb, _, rest = str(body.get("text") or "").strip().lower().partition(" ")
        if verb == BUDGET and rest.strip():
            verb = ""  # a question that begins so
        right = COMMANDS.get(verb, COMMANDS[""])
        async with self.deeds.kept(right, who_of(body), *command_of(body)):
            if verb == EVALUATE:
                return await self.evaluations.commands.command(body)
            if verb == CHANNEL:
                return await self.modes.command(body)
            if verb == BUDGET:
                return await self.budget.command(body)
            return await self.asking.command(body)

    async def shortcut(self, body: Json) -> None:
        """The message shortcut."""
        await self.asking.shortcut(body)

    async def view(self, body: Json) -> Json | None:
        """A form."""
        prefix = _prefix((body.get("view") or {}).get("callback_id"))
        if prefix not in VIEWS:
            log.info("a form that the app does not have was sent")
            return None
        async with self.deeds.kept(VIEWS[prefix], who_of(body), *form_of(body)):
            answer = await self._submitted(prefix, body)
            if answer is not None:  # errors in its fields: nothing was done
                refuse()
            return answer

    async def _submitted(self, prefix: str, body: Json) -> Json | None:
        if prefix == ENTRY:
            return await self.entries.buttons.submitted(body)
        if prefix == MODE:
            return await self.modes.submitted(body)
        if prefix == GAP:
            return await self.gap_buttons.submitted(body)
        return await self.desk_forms.submitted(body)


def _prefix(name: object) -> str:
    """Which part a button or a form belongs to."""
    return str(name or "").partition(":")[0]


def _ends_installation(event: Json) -> bool:
    """Whether the bot token is gone; a person's own token that was revoked is not ours."""
    tokens = event.get("tokens")
    bots = tokens.get("bot") if isinstance(tokens, Mapping) else None
    return event.get("type") == "app_uninstalled" or bool(
        event.get("type") == "tokens_revoked" and bots
    )
