"""What stands after `/deskhand eval`, as a record."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from bot.evals.cron import FIELDS
from bot.names import COMMAND
from engine.errors import WrongUse
from evals.judging.opening import LOCAL
from evals.running.request import parse_suites

USAGE = (
    f"`{COMMAND} eval run TARGET [--suite SUITE] [--compare BASELINE] [--judge JUDGE] "
    "[--max-cost USD] [--fresh]`, "
    f"`{COMMAND} eval status`, `{COMMAND} eval cancel [RUN]`, `{COMMAND} eval last [TARGET]`, "
    f"`{COMMAND} eval compare A B`, `{COMMAND} eval schedule`, "
    f'`{COMMAND} eval schedule add NAME TARGET "0 3 * * *" [ZONE] [#channel] [@owner]`, '
    f"`{COMMAND} eval schedule remove NAME`"
)
_QUOTES = str.maketrans("“”„‘’", '"""\'\'')
_CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_NAME = re.compile(r"[\w.-]{1,60}")
_JUDGE = re.compile(rf"{LOCAL}|openai:[\w./:-]{{1,100}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWords:
    """`run`"""

    target: str
    suites: tuple[str, ...] = ()
    compare: str | None = None
    judge: str = LOCAL
    max_cost_usd: float | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWords:
    """`schedule add`.  channel, owner: None where they are left out."""

    name: str
    target: str
    cron: str
    timezone: str
    channel: str | None
    owner: str | None


def split_words(text: str) -> list[str]:
    """The words, where quotes, the curly ones too, hold several together.

    Raises: WrongUse for a quote without its end.
    """
    try:
        return shlex.split(text.translate(_QUOTES))
    except ValueError:
        raise WrongUse("a quotation mark has no counterpart") from None


def parse_run(words: list[str]) -> RunWords:
    """What follows `run`.  Raises: WrongUse."""
    rest, suites, target = list(words), [], None
    given: dict[str, str] = {}
    fresh = False
    while rest:
        word = rest.pop(0).replace("—", "--")  # as phones write two hyphens
        if word == "--fresh":
            fresh = True
        elif word in ("--suite", "--compare", "--judge", "--max-cost"):
            if not rest:
                raise WrongUse(f"{word} needs a value")
            if word == "--suite":
                suites.append(rest.pop(0))
            else:
                given[word] = rest.pop(0)
        elif word.startswith("-") or target is not None:
            raise WrongUse(f"{word[:40]!r} is not understood; use {USAGE}")
        else:
            target = word
    if target is None:
        raise WrongUse(f"say what to evaluate, such as `{COMMAND} eval run sample`")
    parse_suites(tuple(suites))
    judge = given.get("--judge", LOCAL)
    if not _JUDGE.fullmatch(judge):
        raise WrongUse("the judge is local, or openai:MODEL")
    return RunWords(
        target=target,
        suites=tuple(suites),
        compare=given.get("--compare"),
        judge=judge,
        max_cost_usd=_amount(given.get("--max-cost")),
        fresh=fresh,
    )


def parse_schedule(words: list[str]) -> ScheduleWords:
    """What follows `schedule add`.  Raises: WrongUse."""
    channel = owner = None
    plain: list[str] = []
    for word in words:
        if found := _CHANNEL.fullmatch(word):
            channel = found[1]
        elif found := _PERSON.fullmatch(word):
            owner = found[1]
        else:
            plain.append(word)
    if len(plain) >= 2 + FIELDS and " " not in plain[2]:  # the fields without quotes around them
        plain[2 : 2 + FIELDS] = [" ".join(plain[2 : 2 + FIELDS])]
    if not 3 <= len(plain) <= 4:
        raise WrongUse(
            f'use `{COMMAND} eval schedule add NAME TARGET "0 3 * * *" [ZONE] [#channel] [@owner]`'
        )
    if not _NAME.fullmatch(plain[0]):
        raise WrongUse("a schedule's name has letters, digits, dots and hyphens, at most 60")
    return ScheduleWords(
        name=plain[0],
        target=plain[1],
        cron=plain[2],
        timezone=plain[3] if len(plain) == 4 else "UTC",
        channel=channel,
        owner=owner,
    )


def _amount(given: str | None) -> float | None:
    if given is None:
        return None
    try:
        value = float(given.removeprefix("$"))
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise WrongUse("--max-cost is an amount of dollars, 0 or more")
    return value
