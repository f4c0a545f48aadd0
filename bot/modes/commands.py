"""`/deskhand channel`, its modal, and the button under a suggestion: for admins, asked anew each
time."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.admins import Admins
from bot.access.refusing import refuse
from bot.announcing import announcement_id
from bot.evals.posts import ROOT
from bot.modes.evidence import evidence_of
from bot.modes.setting import BY_FILE, ModeSetting, parse_mode, parse_precision
from bot.names import CHANNEL, COMMAND
from bot.rendering.modes import FORM, SET_BUTTON, form, standing_words, typed
from bot.rendering.neutral import escape, one_line
from bot.slack_api import SlackApi, SlackFault
from engine.errors import WrongUse
from engine.storage.announcements import AnnouncementStore
from engine.storage.channel_modes import ChannelMode, Mode, Setting
from engine.storage.verdicts import VerdictStore

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
NOT_ADMIN = "Only admins of this workspace can set what I do in a channel."
NOT_SAID = "Slack does not say now whether you are an admin; please try again."
NOT_HERE = "Type this in the channel that it is about; in a direct message I always answer."
INVITE_ME = "Invite me to this channel, as I hear nothing here yet."
MOVED_ON = "This channel was set otherwise in the meantime, so nothing was changed."
USAGE = (
    f"`{COMMAND} {CHANNEL}` opens a form; `{COMMAND} {CHANNEL} show` shows how this channel "
    f"stands; `{COMMAND} {CHANNEL} set shadow|draft|auto|off [precision 0.95]` sets it."
)


def suggestion_key(team: str, channel: str, before: str, after: str, since: str, level: int) -> str:
    """Names one suggestion: of a channel, while it is as it was, at one level of evidence."""
    return f"mode:suggest:{team}:{channel}:{before}:{after}:{since}:{level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCommands:
    """Does what an admin types, enters or presses."""

    api: SlackApi
    admins: Admins
    setting: ModeSetting
    verdicts: VerdictStore
    announcements: AnnouncementStore

    async def command(self, body: Json) -> str:
        """The answer to `channel ...`, shown to its typist alone.

        Raises: StorageUnavailable.
        """
        user, channel = str(body.get("user_id") or ""), str(body.get("channel_id") or "")
        refused = await self._refused(user)
        if refused:
            return refused
        if not channel or channel.startswith("D"):
            return NOT_HERE
        words = str(body.get("text") or "").split()[1:]
        try:
            if words and words[0].lower() == "set":
                return await self._set(channel, user, words[1:])
            if words and words[0].lower() != "show":
                return USAGE
            row = await self.setting.row(channel)
            standing = await self._standing(row)
            if words or (row is not None and row.by_file):
                return f"{standing} {BY_FILE}" if row is not None and row.by_file else standing
            return await self._open(body, channel, row, standing)
        except WrongUse as wrong:
            return _sentence(wrong)

    async def submitted(self, body: Json) -> Json | None:
        """The modal.  Raises: StorageUnavailable."""
        view = body.get("view") or {}
        if view.get("callback_id") != FORM:
            return None
        user = str((body.get("user") or {}).get("id") or "")
        refused = await self._refused(user)
        if refused:
            return _error("mode", refused)
        channel = str(view.get("private_metadata") or "")
        mode, precision, to_channel = typed(view)
        try:
            target = parse_precision(precision)
        except WrongUse as wrong:
            return _error("precision", _sentence(wrong))
        row = await self.setting.row(channel)
        if row is not None and row.by_file:
            return _error("mode", BY_FILE)
        if to_channel is not None and not await self._is_in(to_channel):
            return _error("to_channel", "I am not in that channel; invite me there first.")
        routing = {k: v for k, v in (row.routing if row else {}).items() if k != "to_channel"}
        routing |= {"to_channel": to_channel} if to_channel else {}
        try:
            wanted = Setting(mode=parse_mode(mode), target_precision=target, routing=routing)
            await self.setting.put(channel, wanted, by=user, evidence={"how": "form"})
        except WrongUse as wrong:
            return _error("mode", _sentence(wrong))
        return None

    async def pressed(self, body: Json, action: Json) -> None:
        """The button under a suggestion; one that was never made does nothing.

        Raises: StorageUnavailable.
        """
        if action.get("action_id") != SET_BUTTON:
            return
        user = str((body.get("user") or {}).get("id") or "")
        container = body.get("container") or {}
        place = (str(container.get("channel_id") or ""), str(container.get("message_ts") or ""))
        said = _suggested(str(action.get("value") or ""))
        if said is None or not user or not await self._is_ours(said, place):
            refuse()
            return
        refused = await self._refused(user)
        if refused:
            await self._tell(place, user, refused)
            return
        channel, before, after = said["channel"], Mode(said["before"]), Mode(said["after"])
        row = await self.setting.row(channel)
        if row is None or row.mode is not before or row.set_at.isoformat() != said["since"]:
            await self._tell(place, user, MOVED_ON)
            return
        if self.setting.is_left_to_file(row, after):
            await self._tell(place, user, BY_FILE)
            return
        wanted = Setting(mode=after, target_precision=row.target_precision, routing=row.routing)
        try:
            done = await self.setting.put(
                channel, wanted, by=user, evidence={"how": "suggestion", **said}, expected=row
            )
        except WrongUse as wrong:
            await self._tell(place, user, _sentence(wrong))
            return
        if not done.done:
            await self._tell(place, user, MOVED_ON)

    async def _set(self, channel: str, user: str, words: list[str]) -> str:
        if not words or len(words) not in (1, 3) or (words[1:] and words[1] != "precision"):
            return USAGE
        mode = parse_mode(words[0])
        row = await self.setting.row(channel)
        target = None if row is None else row.target_precision
        if words[1:]:
            target = parse_precision(words[2])
        by_file = row is not None and row.by_file
        if (by_file and words[1:]) or self.setting.is_left_to_file(row, mode):
            return BY_FILE
        wanted = Setting(mode=mode, target_precision=target, routing=row.routing if row else {})
        done = await self.setting.put(channel, wanted, by=user, evidence={"how": "command"})
        standing = await self._standing(await self.setting.row(channel))
        hint = "" if mode is Mode.OFF or await self._is_in(channel) else f" {INVITE_ME}"
        return f"{'' if done.done else 'It was so already. '}{standing}{hint}"

    async def _standing(self, row: ChannelMode | None) -> str:
        if row is None:
            return standing_words(Mode.AUTO, target=None, asked=0, share=None, cut=None)
        found = await evidence_of(
            row,
            tenant=self.setting.tenant,
            verdicts=self.verdicts,
            thresholds=self.setting.thresholds,
        )
        return standing_words(
            row.mode, target=found.target, asked=found.asked, share=found.share, cut=found.cut
        )

    async def _open(self, body: Json, channel: str, row: ChannelMode | None, standing: str) -> str:
        """The modal; the words alone where Slack does not open it."""
        target = None if row is None else row.target_precision
        view = form(
            standing,
            mode=row.mode if row else Mode.AUTO,
            target=target or self.setting.thresholds.target,
            to_channel=(row.routing if row else {}).get("to_channel"),
            metadata=channel,
        )
        try:
            await self.api.call("views.open", trigger_id=body.get("trigger_id"), view=view)
        except SlackFault as fault:
            log.info("a form was not opened: %s", fault)
            return f"{standing} {USAGE}"
        return ""

    async def _refused(self, user: str) -> str:
        """Why somebody may not; empty where they may."""
        try:
            return "" if await self.admins.include(user) else NOT_ADMIN
        except SlackFault as fault:
            log.info("whether somebody is an admin was not read: %s", fault)
            return NOT_SAID

    async def _is_ours(self, said: Mapping[str, Any], place: tuple[str, str]) -> bool:
        """Whether this very suggestion was posted as this very message."""
        key = suggestion_key(
            self.setting.team, said["channel"], said["before"], said["after"], said["since"],
            said["level"],
        )  # fmt: skip
        tenant = self.setting.tenant
        held = await self.announcements.get(tenant, announcement_id(tenant, key))
        if held is None or held.channel != place[0]:
            return False
        known = held.posts.get(ROOT, {}).get("ts")
        return known is None or known == place[1]  # None: Slack's answer has not come yet

    async def _is_in(self, channel: str) -> bool:
        try:
            told = await self.api.call("conversations.info", channel=channel)
        except SlackFault:
            return False
        info = told.get("channel") or {}
        return bool(info.get("is_member")) and not info.get("is_archived")

    async def _tell(self, place: tuple[str, str], user: str, sentence: str) -> None:
        refuse()
        try:
            await self.api.call("chat.postEphemeral", channel=place[0], user=user, text=sentence)
        except SlackFault as fault:
            log.info("somebody was not told: %s", fault)


def _suggested(value: str) -> dict[str, Any] | None:
    """What a button's value says; None for one that is none of ours."""
    try:
        said = json.loads(value)
    except ValueError:
        return None
    names = {"channel", "before", "after", "since"}
    if not isinstance(said, dict) or set(said) != names | {"level"}:
        return None
    texts = all(isinstance(said[name], str) for name in names)
    known = texts and {said["before"], said["after"]} <= {mode.value for mode in Mode}
    return said if known and isinstance(said["level"], int) else None


def _error(field: str, sentence: str) -> Json:
    return {"response_action": "errors", "errors": {field: sentence}}


def _sentence(wrong: WrongUse) -> str:
    said = escape(one_line(str(wrong)))
    return f"{said[:1].upper()}{said[1:]}" + ("" if said.endswith(".") else ".")
