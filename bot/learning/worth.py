"""Is an answer worth keeping for others?"""

from __future__ import annotations

import re

from bot.intake.courtesy import is_courtesy, is_greeting
from bot.intake.plain_text import without_emoji
from engine.knowledge.sentences import split_sentences

_TALK = r"(?:talk|chat|call|speak|meet|discuss|huddle|dm|take (?:this|it))"
_REACH = r"(?:dm|pm|ping|call|message|write|text|e?mail|come to|talk to|speak to)"
_LATER = (
    r"(?:dm|pm|ping|call|message|write|get back|look into|check|find out|ask|follow up|come back"
    r"|let you know|take (?:this|it|a look))"
)
_ELSEWHERE = re.compile(
    rf"(?:let'?s|let us|can we|could we|shall we|we should)\b.{{0,60}}\b{_TALK}\b.*"
    rf"|(?:please )?{_REACH} me\b.*"
    rf"|i(?:'?ll| will| can| am going to|'?m going to)\b.{{0,30}}\b{_LATER}\b.*"
    r"|(?:let me|i have to|i need to|i'?d have to)\b.{0,20}"
    r"\b(?:check|look|ask|think|find out|see|get back)\b.*"
    r"|(?:looking|checking|on it|give me|one moment|one sec|hold on|hang on|wait a)\b.{0,60}"
    r"|(?:i )?(?:sent|wrote|messaged|dm'?(?:e?d)?|answered|replied)\b.{0,30}"
    r"\b(?:dm|pm|you|privately|directly|message)\b.*"
    r"|(?:see|check) (?:your )?(?:dms?|private messages?)\b.*",
    re.IGNORECASE,
)


def is_worth_keeping(answer: str) -> bool:
    """Whether any sentence is more than a courtesy, or that the matter is settled elsewhere."""
    sentences = [answer[start:end].strip() for start, end in split_sentences(answer)]
    return any(_says_something(sentence) for sentence in sentences)


def _says_something(sentence: str) -> bool:
    bare = without_emoji(sentence).strip(" \t!.…")
    if not any(c.isalnum() for c in bare):
        return False
    return not (is_courtesy(bare) or is_greeting(bare) or _ELSEWHERE.fullmatch(bare))
