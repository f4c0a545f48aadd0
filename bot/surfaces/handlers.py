"""What Slack can ask of the app, and the right that each takes.

The parts themselves ask for the right, with their own words for who lacks it; what is not listed
here reaches no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bot.names import BUDGET, CHANNEL, EVALUATE
from bot.private_upgrade import PREFIX as MORE
from bot.rendering.evaluation import CASE_BUTTON
from bot.rendering.gap import PREFIX as GAP
from bot.review.desk import PREFIX as CASE


class Right(StrEnum):
    """Whose request is done."""

    ASKER = "asker"
    """Anybody may ask, and gets what they may read; what is somebody's question is theirs alone."""
    REVIEWER = "reviewer"
    ADMIN = "admin"


ENTRY = "entry"
MODE = "mode"

ACTIONS: Mapping[str, Right] = {
    CASE_BUTTON: Right.ADMIN,
    MODE: Right.ADMIN,
    CASE: Right.REVIEWER,
    ENTRY: Right.REVIEWER,
    GAP: Right.REVIEWER,
    MORE: Right.ASKER,
    "choice": Right.ASKER,
    "feedback": Right.ASKER,
    "human": Right.ASKER,
    "passage": Right.ASKER,
    "solved": Right.ASKER,
}
"""Buttons, by what stands before the colon of their `action_id`."""

VIEWS: Mapping[str, Right] = {
    MODE: Right.ADMIN,
    CASE: Right.REVIEWER,
    ENTRY: Right.REVIEWER,
    GAP: Right.REVIEWER,
}
"""Modals, by what stands before the colon of their `callback_id`."""

COMMANDS: Mapping[str, Right] = {
    EVALUATE: Right.ADMIN,
    CHANNEL: Right.ADMIN,
    BUDGET: Right.ADMIN,
    "": Right.ASKER,
}
"""First words of the slash command; the empty one stands for every other."""
