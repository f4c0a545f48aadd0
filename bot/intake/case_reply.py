"""Which words under a card are for the asker, and which are reviewers' talk."""

from __future__ import annotations

import re

from bot.intake.courtesy import is_courtesy
from bot.intake.plain_text import calls_a_group, mentions, plain_text, without_emoji

_YES_OR_NO = re.compile(r"(?:yes|yep|yeah|no|nope)[\s.!,]*", re.IGNORECASE)


def answers_case(text: str, *, bot_user: str) -> bool:
    """Whether a reply is an answer: not to somebody it mentions, and not only kind words or emoji.

    text: as Slack sent it.
    """
    if mentions(text) or calls_a_group(text):
        return False
    plain = without_emoji(plain_text(text, bot_user=bot_user))
    return bool(plain) and (_YES_OR_NO.fullmatch(plain) is not None or not is_courtesy(plain))
