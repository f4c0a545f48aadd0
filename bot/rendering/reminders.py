"""What is said of a case when its time has come. The only lines that call somebody: the owner, and
whoever the next level is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.rendering.limits import cut
from bot.rendering.message import Message
from bot.rendering.neutral import escape, one_line, web_address

_NAME = 80
_MOST_LINES = 25
_NOBODY = "nobody has it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A case that is late. permalink: of its card. owner: their name; empty where nobody has it.
    minutes: business minutes since it was due."""

    permalink: str | None
    owner: str
    minutes: float


def soon_late(owner: str, left: str) -> Message:
    """Reminds the owner while there is time. owner: their id. left: how long."""
    return Message(
        text=f"<@{owner}>, the asker should have an answer to this within {left} of business time."
    )


def now_late(owner: str) -> Message:
    """Reminds the owner that the time is over."""
    return Message(text=f"<@{owner}>, the asker of this should have had an answer by now.")


def nobody_took_it() -> Message:
    """Where there is no level to call."""
    return Message(text="Nobody has claimed this, and somebody should have by now.")


def left_behind() -> Message:
    """A case whose owner has left, or may review no more."""
    return Message(
        text="Who had this case can take no cases any more, so nobody has it now. Please claim it."
    )


def calls_user(user: str) -> Message:
    """Calls a person by their id."""
    return Message(text=f"<@{user}>, nobody has claimed this in time. Can you take it?")


def calls_group(group: str) -> Message:
    """Calls a user group by its id."""
    return Message(text=f"<!subteam^{group}>, nobody has claimed this in time. Can you take it?")


def calls_on_call(*, paged: bool) -> Message:
    """Says that whoever is on call hears of it. paged: whether there is a pager at all."""
    if paged:
        return Message(text="Nobody has claimed this in time. Whoever is on call is being paged.")
    return Message(
        text="Nobody has claimed this in time. Whoever is on call cannot be paged, because no "
        "pager is set up."
    )


def back_again(owner: str | None, *, late: bool = False, left: str = "") -> Message:
    """A case whose rest is over. owner: their id; None where nobody has it. late: somebody should
    have had it, or its asker the answer. left: until then, where the owner is to know it."""
    if owner is None:
        more = ", and somebody should have by now" if late else ""
        return Message(text=f"This was put off until now. Nobody has it{more}.")
    more = ""
    if late:
        more = ", and the asker should have had an answer by now"
    elif left:
        more = f", and the asker should have an answer within {left} of business time"
    return Message(text=f"<@{owner}>, this was put off until now{more}.")


def expired(days: int) -> Message:
    """Tells the asker that nobody answered."""
    waited = "a day" if days == 1 else f"{days} days"
    return Message(
        text=f"Sorry, nobody answered this within {waited}, and nobody is working on it any more. "
        "If you still need an answer, please ask again here, or ask a colleague directly."
    )


def overdue_list(cases: Sequence[Late]) -> Message:
    """The daily list of what is late, the latest first."""
    count = "One case is" if len(cases) == 1 else f"{len(cases):,} cases are"
    lines = [_line(case) for case in cases[:_MOST_LINES]]
    if len(cases) > _MOST_LINES:
        lines.append(f"• and {len(cases) - _MOST_LINES:,} more")
    heading = f"{count} overdue."
    return Message(text="\n".join([heading, *lines]))


def not_told(what: str, host: str, count: int, why: str) -> Message:
    """Calls of a server of others that were given up. what: the server, with its article."""
    changes = "a change of a case" if count == 1 else f"{count:,} changes of cases"
    return Message(
        text=escape(
            f"{what} ({cut(one_line(host), _NAME)}) did not take {changes}, and will not hear of "
            f"{'it' if count == 1 else 'them'} again. The last time: "
            f"{cut(one_line(why) or 'unknown', 160)}."
        )
    )


def lasting(minutes: float) -> str:
    """Business time in words, an hour at most too little."""
    whole = max(round(minutes), 1)
    if whole < 90:
        return "1 minute" if whole == 1 else f"{whole} minutes"
    return f"{round(whole / 60):,} hours"


def _line(case: Late) -> str:
    owner = escape(cut(one_line(case.owner), _NAME)) if case.owner else _NOBODY
    link = web_address(case.permalink)
    named = f"<{escape(link)}|A case>" if link else "A case without a card"
    return f"• {named}: {owner}, late by {lasting(case.minutes)} of business time"
