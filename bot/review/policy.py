"""The policy file: targets by priority, routes, channel modes and levels, under version control.

[targets.high]                 # business minutes; what is left out is as the settings say
respond_minutes = 30

[[routes]]                     # the first that matches; what it leaves out is the channel's
category = "billing"
to_channel = "C0FINANCE"

[channels.C0SUPPORT]
mode = "draft"
target_precision = 0.95

[[levels]]                     # who hears of a case that waits too long, one after another
group = "S0LEADS"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engine.errors import SettingsInvalid
from engine.settings import Settings
from engine.storage.channel_modes import Mode

_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,30}")
_GROUP = re.compile(r"S[A-Z0-9]{1,30}")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_MOST_MINUTES = 60 * 24 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Business minutes until somebody has a case, and until its asker has an answer."""

    respond_minutes: int
    resolve_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a case goes. channel: None where nobody takes cases. group: a user group that is
    called; None for none. on_call: whoever is on call is paged."""

    channel: str | None = None
    group: str | None = None
    on_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A rule. category, priority, channel: what it asks for, where not None; the channel is the one
    asked in. to_channel, group, on_call: where its cases go."""

    category: str | None = None
    priority: str | None = None
    channel: str | None = None
    to_channel: str | None = None
    group: str | None = None
    on_call: bool = False

    def matches(self, *, category: str | None, priority: str | None, channel: str) -> bool:
        """Whether a case is this rule's. Case of letters does not count in names."""
        asked = ((self.category, category), (self.priority, priority))
        return all(
            wanted is None or (is_ is not None and wanted.casefold() == is_.casefold())
            for wanted, is_ in asked
        ) and self.channel in (None, channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPolicy:
    """What the file says of a channel. target_precision: None is the default of the settings."""

    mode: Mode = Mode.AUTO
    target_precision: float | None = None
    to_channel: str | None = None
    group: str | None = None
    on_call: bool = False

    @property
    def routing(self) -> dict[str, Any]:
        """As `channel_modes.routing` keeps it: what is said, and nothing else."""
        said = {"to_channel": self.to_channel, "group": self.group, "on_call": self.on_call}
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Who hears of a case that waits too long: exactly one of the three."""

    user: str | None = None
    group: str | None = None
    on_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the file says, with what the settings say where it is silent.

    targets: by priority, in small letters. channels: by id. channel: of cards where nothing else
    is said; None where nobody takes cases.
    """

    default_targets: Targets
    channel: str | None
    targets: Mapping[str, Targets] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    channels: Mapping[str, ChannelPolicy] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()

    @property
    def card_channels(self) -> frozenset[str]:
        """Every channel that cards may go to, as far as the file and the settings say."""
        named = {self.channel, *(route.to_channel for route in self.routes)}
        named |= {said.to_channel for said in self.channels.values()}
        return frozenset(channel for channel in named if channel)

    def targets_of(self, priority: str | None) -> Targets:
        """By when a case of this priority wants people; None is one whose priority is unknown."""
        return self.targets.get((priority or "").casefold(), self.default_targets)

    def route(
        self,
        *,
        category: str | None,
        priority: str | None,
        channel: str,
        own: Mapping[str, Any] | None = None,
    ) -> Destination:
        """Where a case goes: by the first route that matches, then as its channel says, then as
        the settings say, each filling what the one before leaves out.

        channel: in which was asked. own: the channel's `channel_modes.routing`, where it has a row;
        None is what the file says of it.
        """
        if own is None:
            said = self.channels.get(channel)
            own = said.routing if said else {}
        to_channel, group = own.get("to_channel"), own.get("group")
        on_call = bool(own.get("on_call"))
        for route in self.routes:
            if route.matches(category=category, priority=priority, channel=channel):
                to_channel, group = route.to_channel or to_channel, route.group or group
                on_call = route.on_call or on_call
                break
        return Destination(channel=to_channel or self.channel, group=group, on_call=on_call)


def load_policy(path: Path | None, settings: Settings) -> Policy:
    """What a policy file says; without a file, what the settings say.

    Raises: SettingsInvalid, which names the key that is wrong and what is allowed there.
    """
    review = settings.review
    given = {} if path is None else _read(path)
    reader = _Reader(str(path))
    reader.only(given, "", ("targets", "routes", "channels", "levels"))
    default = Targets(
        respond_minutes=review.respond_minutes, resolve_minutes=review.resolve_minutes
    )
    targets = {}
    for priority, said in reader.tables(given, "targets").items():
        at = f"targets.{priority}"
        if priority.casefold() in targets:
            raise reader.wrong(at, "stands twice; priorities are the same in any case of letters")
        reader.only(said, at, ("respond_minutes", "resolve_minutes"))
        targets[priority.casefold()] = Targets(
            respond_minutes=reader.minutes(said, at, "respond_minutes", default.respond_minutes),
            resolve_minutes=reader.minutes(said, at, "resolve_minutes", default.resolve_minutes),
        )
    return Policy(
        default_targets=default,
        channel=settings.slack.escalation_channel or None,
        targets=MappingProxyType(targets),
        routes=tuple(reader.route(said, at) for said, at in reader.rows(given, "routes")),
        channels=MappingProxyType(
            {
                channel: reader.channel(channel, said)
                for channel, said in reader.tables(given, "channels").items()
            }
        ),
        levels=tuple(reader.level(said, at) for said, at in reader.rows(given, "levels")),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = error.strerror or "it is not there"
        raise SettingsInvalid(f"the policy file {path} cannot be read: {why}") from None
    except UnicodeDecodeError:
        raise SettingsInvalid(f"the policy file {path} is not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"the policy file {path} is not valid TOML: {error}") from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values of the file; each mistake is named by its key."""

    path: str

    def wrong(self, key: str, what: str) -> SettingsInvalid:
        return SettingsInvalid(f"in {self.path}, {key} {what}")

    def only(self, said: Mapping[str, Any], at: str, names: Sequence[str]) -> None:
        for name in said:
            if name not in names:
                key = f"{at}.{name}" if at else name
                raise self.wrong(key, f"is unknown; known here are {', '.join(names)}")

    def tables(self, given: Mapping[str, Any], name: str) -> dict[str, dict[str, Any]]:
        said = given.get(name, {})
        if not isinstance(said, dict) or not all(isinstance(v, dict) for v in said.values()):
            raise self.wrong(name, f"must hold tables, written [{name}.NAME]")
        return said

    def rows(self, given: Mapping[str, Any], name: str) -> list[tuple[dict[str, Any], str]]:
        said = given.get(name, [])
        if not isinstance(said, list) or not all(isinstance(v, dict) for v in said):
            raise self.wrong(name, f"must be a list of tables, each written [[{name}]]")
        return [(row, f"{name}[{number}]") for number, row in enumerate(said, 1)]

    def minutes(self, said: Mapping[str, Any], at: str, name: str, default: int) -> int:
        value = said.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_MINUTES:
            raise self.wrong(f"{at}.{name}", f"must be whole minutes from 1 to {_MOST_MINUTES}")
        return value

    def text(self, said: Mapping[str, Any], at: str, name: str) -> str | None:
        value = said.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self.wrong(f"{at}.{name}", "must be a text that is not empty")
        return value

    def id(
        self, said: Mapping[str, Any], at: str, name: str, pattern: re.Pattern[str], what: str
    ) -> str | None:
        value = said.get(name)
        if value is not None and (not isinstance(value, str) or not pattern.fullmatch(value)):
            raise self.wrong(f"{at}.{name}", f"must be {what}, not its name")
        return value

    def flag(self, said: Mapping[str, Any], at: str, name: str) -> bool:
        value = said.get(name, False)
        if not isinstance(value, bool):
            raise self.wrong(f"{at}.{name}", "must be true or false")
        return value

    def destination(self, said: Mapping[str, Any], at: str) -> dict[str, Any]:
        return {
            "to_channel": self.id(said, at, "to_channel", _CHANNEL, "a channel's id as C0123ABC"),
            "group": self.id(said, at, "group", _GROUP, "a user group's id as S0123ABC"),
            "on_call": self.flag(said, at, "on_call"),
        }

    def route(self, said: Mapping[str, Any], at: str) -> Route:
        conditions, goals = ("category", "priority", "channel"), ("to_channel", "group", "on_call")
        self.only(said, at, (*conditions, *goals))
        if not any(name in said for name in goals):
            raise self.wrong(at, f"goes nowhere; give it one of {', '.join(goals)}")
        return Route(
            category=self.text(said, at, "category"),
            priority=self.text(said, at, "priority"),
            channel=self.id(said, at, "channel", _CHANNEL, "a channel's id as C0123ABC"),
            **self.destination(said, at),
        )

    def channel(self, channel: str, said: Mapping[str, Any]) -> ChannelPolicy:
        at = f"channels.{channel}"
        if not _CHANNEL.fullmatch(channel):
            raise self.wrong(at, "must be named by the channel's id as C0123ABC, not its name")
        self.only(said, at, ("mode", "target_precision", "to_channel", "group", "on_call"))
        mode = said.get("mode", Mode.AUTO.value)
        if mode not in [known.value for known in Mode]:
            raise self.wrong(f"{at}.mode", f"must be one of {', '.join(Mode)}")
        target = said.get("target_precision")
        is_number = isinstance(target, int | float) and not isinstance(target, bool)
        if target is not None and not (is_number and 0 < target < 1):
            raise self.wrong(f"{at}.target_precision", "must be a share above 0 and below 1")
        return ChannelPolicy(
            mode=Mode(mode),
            target_precision=None if target is None else float(target),
            **self.destination(said, at),
        )

    def level(self, said: Mapping[str, Any], at: str) -> Level:
        self.only(said, at, ("user", "group", "on_call"))
        level = Level(
            user=self.id(said, at, "user", _USER, "a person's id as U0123ABC"),
            group=self.id(said, at, "group", _GROUP, "a user group's id as S0123ABC"),
            on_call=self.flag(said, at, "on_call"),
        )
        if sum([level.user is not None, level.group is not None, level.on_call]) != 1:
            raise self.wrong(at, "must name exactly one of user, group, on_call")
        return level
