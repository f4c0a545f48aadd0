"""Whether a word in a thread that the bot answered in is meant for it, though it is not named.

The rules, in the order in which they decide:
1. Who names another person, a group or everybody talks to them.
2. Thanks and other courtesies want no answer, nor does what is only emoji.
3. The asker is answered for a question, and right behind our answer also for a word that goes on
   with it ("and for contractors") or reports trouble ("it still fails").
4. Other people are answered for a question right behind our answer; behind anybody else's word
   the thread is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.courtesy import is_courtesy, says_yes_or_no
from bot.intake.plain_text import calls_a_group, mentions, plain_text, without_emoji

_LEAD = r"(?:and |but |so |also,? |ok(?:ay)?,? |hm+,? |then |sorry,? |thanks,? )*"
_SUBJECT = (
    r"(?:i|we|you|he|she|it|they|there|this|that|these|those|the|a|an|any(?:one|body|thing|where)?|"
    r"some(?:one|body|thing)?|my|our|your|his|her|its|their|all|each|every(?:one|body|thing)?)"
)
_ASKS = re.compile(
    _LEAD + r"(?:(?:who|when|where|why|how|which|whose|who's|how's|where's|what's)\b"
    r"|what (?!a\b|an\b)"  # "what a day"
    r"|(?:can|could|may|do|does|did|is|are|was|were|will|would|should|shall|am|has|have|had|"
    r"isn't|aren't|don't|doesn't|can't|won't) " + _SUBJECT + r"\b"
    r"|(?:tell me|show me|explain|what about|how about|any (?:idea|way|chance|news))\b)",
    re.IGNORECASE,
)
"""A question without its mark: a question word, or a verb before its subject."""
_ALL_IS_WELL = re.compile(
    r".*\b(?:thanks?|thank you|thx|cheers|all good|no more questions|have a (?:nice|good|great) \w+"
    r"|(?:it |that |now |this )*(?:works|worked|helps|helped|fixed|solved|sorted)"
    r"(?: now| it| too)?)\W*$",
    re.IGNORECASE | re.DOTALL,
)
"""Ends in words that close a conversation."""
_BEGINS_WITH = re.compile(r"\s*<@([UW][A-Z0-9]+)")
_GOES_ON = re.compile(
    r"(?:and|but|or|also|what about|how about|same|for|in|with|without|as an?|if|i mean|i meant)\b"
    r"|.*\b(?:not|\w+n't|cannot|still|error|errors|fails?|failed|failing|broken|stuck|wrong|missing|"
    r"denied|nothing|unable|no longer|another|instead|more)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A message of a thread. text: as Slack sent it. ours: whether the bot said it."""

    user: str
    text: str
    ours: bool


def is_meant_for_bot(text: str, *, user: str, before: Sequence[Word], bot_user: str) -> bool:
    """True when the bot should answer.

    before: the thread's words up to this one, oldest first. The asker is whoever spoke last before
    the bot's first word.
    """
    named = mentions(text)
    if bot_user in named:
        return True
    if named or calls_a_group(text):
        return False
    plain = without_emoji(plain_text(text, bot_user=bot_user))
    if not any(c.isalnum() for c in plain) or is_courtesy(plain):
        return False
    if not any(word.ours for word in before):
        return False
    if user != _asker(before):
        return before[-1].ours and asks(plain)
    goes_on = _GOES_ON.match(plain) is not None and not _ALL_IS_WELL.match(plain)
    return asks(plain) or (before[-1].ours and goes_on)


def asks(plain: str) -> bool:
    """Whether a plain text is a question."""
    if "?" in plain:
        return True
    return _ASKS.match(plain) is not None and not _ALL_IS_WELL.match(plain)


def summoned_to(before: Sequence[Word], *, bot_user: str) -> int | None:
    """Which word is meant by a mention that asks nothing itself; None where nobody spoke.

    The last question of whoever began the thread, else anybody's last question ("which one do you
    mean?" is rarely for the bot), else what the thread began with.
    """
    spoken = [n for n, word in enumerate(before) if not word.ours]
    if not spoken:
        return None
    asked = [n for n in spoken if asks(plain_text(before[n].text, bot_user=bot_user))]
    own = [n for n in asked if before[n].user == before[spoken[0]].user]
    return (own or asked or spoken[:1])[-1]


def is_for_asker(text: str, *, asker: str, bot_user: str) -> bool:
    """Whether a word under a card is meant for the asker of its question.

    Not what begins by naming somebody else or calls a group, nor what holds no words or only kind
    ones. "Yes" is an answer.
    """
    named = _BEGINS_WITH.match(text)
    if (named and named[1] != asker) or calls_a_group(text):
        return False
    plain = without_emoji(plain_text(text, bot_user=bot_user))
    if is_courtesy(plain) and not says_yes_or_no(plain):
        return False
    return any(c.isalnum() for c in plain)


def _asker(before: Sequence[Word]) -> str:
    asker = ""
    for word in before:
        if word.ours:
            break
        asker = word.user
    return asker
