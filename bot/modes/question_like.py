"""Whether what somebody says in a channel is a question that the documents might answer.

Nobody addressed the bot there, so a doubtful one is left alone: it costs one answer that is not
compared, where a wrong one would count words that ask nothing.

Left alone are: words to somebody by name, to a group or to everybody; kind words; questions without
a thing to look up (too few words, "anyone around?"), about people's whereabouts or plans, and what
only ends in a question ("right?", "ok?"). Kept is what asks as `follow_up.asks` says it, with at
least three words that carry a subject, and what begins by saying that help is wanted ("need help
with ...", "does anybody know ...", "I can't ...").
"""

from __future__ import annotations

import re

from bot.intake.courtesy import is_courtesy
from bot.intake.follow_up import asks
from bot.intake.plain_text import calls_a_group, mentions, plain_text, without_emoji

_MOST_CHARS = 2_000
"""Longer ones are announcements and minutes far more often than questions."""
_LEAST_WORDS = 4
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|morning|quick question|question|"
    r"(?:hi|hey|hello)? ?(?:all|everyone|everybody|team|folks|guys|there))\b[\s,.:;!–-]*)+",
    re.IGNORECASE,
)
_WANTS_HELP = re.compile(
    r"(?:(?:i|we)(?:'m| am| are|'re)? (?:need|want|looking|look|trying|try|struggl\w+|stuck|unable|"
    r"can't|cannot|can not|don't know|do not know|wonder\w*|not sure)\b"
    r"|(?:need|looking for|any)\s+(?:some\s+)?(?:help|advice|pointers?|idea|way)\b"
    r"|(?:please )?(?:help|advise)\b"
    r"|(?:does|do|did|has|have|can|could|would|is|are|was)\s+(?:any\s?(?:one|body)|some\s?(?:one|body))"
    r"|(?:anyone|anybody|someone|somebody) (?:know|knows|seen|tried|have|has|here)\b)",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"\b(?:lunch|coffee|beers?|drinks?|birthday|football|match|weekend|guess who|how are you|"
    r"how's it going|what's up|who(?:'s| is) (?:in|up|around|joining|coming)|any\s?(?:one|body) "
    r"(?:up for|around|free|in|joining|want|wants)|see you|can you believe|how cool|how great|"
    r"who wants|shall we|should we (?:go|meet|grab)|what a)\b",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"[,.]\s*(?:right|ok(?:ay)?|no|yes|eh|huh|agreed|deal|sound(?:s)? good|isn't it|makes sense)"
    r"\s*\?+\s*$",
    re.IGNORECASE,
)
_SUBJECTLESS = frozenset(
    "a an the i you we they he she it this that these those there here is are was were be been am "
    "do does did can could will would should shall may might must have has had to of in on at for "
    "from with and or but so if not no yes any some my your our their me us them what who when "
    "where why how which whose anyone anybody someone somebody please now today thing things just "
    "know help get got go going work working works one ok up out about by as".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_CODE = re.compile(r"```.*?```", re.DOTALL)


def reads_like_question(text: str, *, bot_user: str) -> bool:
    """True where it should be answered in shadow.  text: as Slack sent it, with its tokens."""
    if mentions(text) or calls_a_group(text):
        return False
    plain = without_emoji(plain_text(_CODE.sub(" ", text), bot_user=bot_user)).strip()
    plain = _GREETING.sub("", plain)
    if not plain or len(plain) > _MOST_CHARS or is_courtesy(plain):
        return False
    words = [word.casefold() for word in _WORD.findall(plain)]
    subject = {word for word in words if word not in _SUBJECTLESS and len(word) > 1}
    if len(words) < _LEAST_WORDS or not subject or _SOCIAL.search(plain):
        return False
    sentences = [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", plain) if part.strip()]
    asked = [part for part in sentences if _asks(part)]
    return bool(asked)


def _asks(sentence: str) -> bool:
    """Of one sentence."""
    if _TAG.search(sentence) or sentence.startswith((">", "&gt;")):
        return False
    words = [word.casefold() for word in _WORD.findall(sentence)]
    if not any(word not in _SUBJECTLESS and len(word) > 1 for word in words):
        return False
    return asks(sentence) or _WANTS_HELP.match(sentence) is not None
