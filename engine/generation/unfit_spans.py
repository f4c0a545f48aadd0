"""Which spans an answer never quotes: furniture, questions, pointers and mail manners."""

from __future__ import annotations

import re

from engine.knowledge.document import SentenceKind

_FURNITURE = re.compile(
    r"^\W*(?:"
    r"see also|related (?:articles?|links?|information|topics?|content|resources?)|further reading"
    r"|more (?:information|info|details|resources)\W*$|learn more\b|read more\b|next steps?\W*$"
    r"|applies to|original (?:kb|product) (?:number|version)|product versions?\b\W*:"
    r"|(?:last|page last) (?:updated|modified|changed|reviewed|edited)|updated\s*(?:on|:)"
    r"|(?:written|created|posted|published|reviewed|authored|submitted) (?:by|on)\b|authors?\s*:"
    r"|owners?\s*:|category\s*:|tags?\s*:|version history|change ?log|revision"
    r"|copyright\b|©|\(c\) \d{4}|all rights reserved|trademarks?\b|powered by\b|page views?\b"
    r"|page (?:id\b|\d+(?: of \d+)?\W*$)|\d+ comments?\W*$|table of contents|contents\W*$"
    r"|on this page"
    r"|in this (?:article|section|page|topic|document|guide|chapter)\b"
    r"|skip to\b|back to (?:top|home)|jump to\b|home\s*[>/»|]|edit (?:this|on) |report a problem"
    r"|was this (?:page|article|helpful)|(?:give|send|leave|provide) (?:us )?feedback\W*$"
    r"|feedback\W*$"
    r"|print\W*$|share\W*$|subscribe\b|follow us|sign up for (?:our|the) newsletter|cookies?\W*$"
    r"|privacy (?:policy|notice|statement)\W*$|terms (?:of (?:use|service)|and conditions)\W*$"
    r"|this (?:message|e-?mail|mail|document) (?:is|contains?|may contain) (?:for|confidential"
    r"|privileged|proprietary|intended)|if you (?:got|received|are not) .{0,40}(?:by mistake"
    r"|in error|intended recipient)|unsubscribe\b|confidential(?:ity)?\W*$|disclaimer\b"
    r"|(?:images?|figure|screenshot|table|fig\.)\s*\d*\W*$|click here\W*$|n/?a\W*$|tbd\W*$|todo\b"
    r")",
    re.IGNORECASE,
)
_MANNERS = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon))\b[^.?!]{0,40}[,!.]?"
    r"|(?:(?:kind|best|warm)(?:est)? )?(?:regards|wishes)\b.{0,60}|thank(?:s| you)\b.{0,60}"
    r"|cheers\b.{0,30}|warmly\b.{0,30}|sincerely\b.{0,40}|welcome(?: to .{0,40})?"
    r"|(?:from|to|cc|bcc|subject|date|sent):\s.{0,200})\W*$",
    re.IGNORECASE,
)
_POINTER = re.compile(
    r"^\W*(?:(?:please |also |then )*(?:see|refer to|read|visit|check out|consult|go to|review)\b"
    r"|(?:for|to (?:learn|find|see|read|get|understand)) (?:more|further|additional|detailed"
    r"|full|the"
    r"|details?|complete|information)\b.{0,120}\b(?:see|refer|visit|read|check|contact"
    r"|consult|go)\b"
    r"|(?:more|further|additional) (?:information|details|info)\b"
    r"|(?:you can |you'll |you will )?find (?:more|further|additional)\b)",
    re.IGNORECASE,
)
# The link that these words carried is gone.
_POINTS_AT_END = re.compile(
    r"\b(?:follow|see|use|read|visit|check|using) (?:these|the|this|those"
    r"|our)(?: \w+)? (?:instructions?"
    r"|steps|guide|link|links|directions|procedure|page|document)\W*$"
    r"|\b(?:read|see|find|follow|check|use)\b.{0,40}\bhere\W*$",
    re.IGNORECASE,
)
_END_CHARS = 80
_PLACEHOLDER = re.compile(r"\[ ?[A-Za-z][a-z_ ]{2,40} ?\](?!\()|\{\{?[^{}]{1,40}\}?\}|_{4,}")
_ABOUT_ITSELF = re.compile(
    r"^\W*(?:this|the following) (?:page|guide|document|article|section|handbook|tutorial|topic"
    r"|chapter|booklet|brochure|manual|faq)\b"
    r"|^\W*this is (?:the|a) (?:collection|page|list|guide|document)\b|^\W*(?:a|the) long page\b",
    re.IGNORECASE,
)
_LINKS = re.compile(
    r"\[[^\[\]\n]{0,200}\]\([^()\s]{0,800}\)|\b[a-z]{2,8}://\S+|\bwww\.\S+|\[/\S+|\b[\w-]{1,80}\.pdf\b",
    re.IGNORECASE,
)
_MOSTLY_LINKS = 0.6
_NAVIGATION_CHARS = 100
_KEY_WORD_CHARS = 40
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_QUESTION = re.compile(r"\?[\"'”’)\]*_]*\s*$")


_SHORT_ANSWER = re.compile(
    r"^\W*(?:yes|no|yep|nope|correct|maybe|sometimes|always|never|not yet|not really|it depends|of"
    r" course|certainly|sure|absolutely)\b\W*$",
    re.IGNORECASE,
)


def is_short_answer(text: str) -> bool:
    """Whether the text is a bare "Yes." or the like, which says nothing without its question."""
    return len(text) < 24 and bool(_SHORT_ANSWER.match(text))


def is_question(text: str) -> bool:
    """Whether the text ends in a question mark."""
    return "?" in text[-8:] and bool(_QUESTION.search(text[-16:]))


def is_pointer(text: str) -> bool:
    """Whether the text only says where to read on ("See ...", "For more information, ...")."""
    if len(text) >= 260:
        return False
    return bool(_POINTER.match(text) or _POINTS_AT_END.search(text[-_END_CHARS:]))


def is_template(text: str) -> bool:
    """Whether the text has gaps to be filled in, as in a form letter."""
    return ("[" in text or "{" in text or "_" in text) and bool(_PLACEHOLDER.search(text))


def is_about_itself(text: str) -> bool:
    """Whether the text speaks of the document it stands in instead of its matter."""
    return bool(_ABOUT_ITSELF.match(text))


def is_unfit(kind: SentenceKind, text: str) -> bool:
    """Whether a span is furniture, which is never quoted, not even as a part of a list."""
    if kind is SentenceKind.HEADING or not text.strip():
        return True
    if kind is SentenceKind.CODE:
        return False
    if kind is SentenceKind.ROW:
        return not re.search(r"\w", text)
    if text.endswith((">", "»")) and len(text) < _NAVIGATION_CHARS and "<" not in text:
        return True  # "Next to the first step >"
    if _FURNITURE.match(text) or _MANNERS.match(text):
        return True
    if not _LETTERS.search(text) and not re.search(r"\d", text):
        return True
    if text.count(";") >= 2 and _is_key_words(text):
        return True
    if "](" not in text and "www." not in text and text.count("/") < 2:
        return False
    bare = _LINKS.sub("", text)
    if len(bare) < (1 - _MOSTLY_LINKS) * len(text) and len(_LINKS.findall(text)) > 1:
        return True
    return bare != text and len(_LETTERS.findall(bare)) < 4 and kind is not SentenceKind.STEP


def _is_key_words(text: str) -> bool:
    """Whether the text is a document's index terms: "rules; rules file; array"."""
    parts = text.split(";")
    return all(len(part) <= _KEY_WORD_CHARS and ":" not in part for part in parts[:-1]) and not (
        text.rstrip().endswith((".", "!", "?"))
    )
