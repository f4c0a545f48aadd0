"""Words that are said to be kind and ask nothing."""

from __future__ import annotations

import re

_COURTESY = re.compile(
    r"(?:(?:many |ok(?:ay)?,? |great,? |perfect,? |awesome,? |cool,? |got it,? |super,? )*"
    r"(?:thanks?|thank you|thx|ty|cheers|merci|danke)(?: (?:a lot|so much|very much|again|all|you|"
    r"everyone|for (?:the|your) (?:help|answer|info|reply)|that (?:helps|helped|worked)))*"
    r"|ok(?:ay)?|k|got it|great|perfect|awesome|cool|nice|super|sure|understood|noted|will do|done"
    r"|that (?:helps|helped|worked|works)|works|solved|\+1|lol|haha+|yes|yep|yeah|no|nope"
    r"|(?:good|great) (?:to know|answer|bot|job)|no worries|never ?mind|nvm)[\s.!,:)]*",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"(?:yes|yep|yeah|no|nope)[\s.!,]*", re.IGNORECASE)
_GREETING = re.compile(
    r"(?:hi|hello|hey|hiya|yo|howdy|greetings|(?:good )?(?:morning|afternoon|evening|day)|hallo)"
    r"(?: (?:there|all|everyone|team|bot|again|deskhand))*[\s.!,:)]*",
    re.IGNORECASE,
)
_WHAT_ARE_YOU = re.compile(
    r"(?:help|what (?:can|do) you (?:do|know|help(?: me)? with)|who are you|what are you|"
    r"how (?:do|does|can) (?:you|this|i) (?:work|use you|use this)|what is this)[\s?.!]*",
    re.IGNORECASE,
)


def is_courtesy(plain: str) -> bool:
    """Whether a plain text is thanks, agreement or the like and nothing else."""
    return _COURTESY.fullmatch(plain) is not None


def says_yes_or_no(plain: str) -> bool:
    """Whether a plain text is that alone, which after a question is an answer to it."""
    return _YES_OR_NO.fullmatch(plain) is not None


def is_greeting(plain: str) -> bool:
    """Whether a plain text greets, or asks who it is that it writes to, and nothing else."""
    return bool(_GREETING.fullmatch(plain) or _WHAT_ARE_YOU.fullmatch(plain))
