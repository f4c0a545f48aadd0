"""The clauses of a claim: each must be supported for the whole to be."""

from __future__ import annotations

import re

from engine.knowledge.sentences import split_sentences

_LEAST_WORDS = 3
_BREAK = re.compile(
    r"\s*[;:—–]\s+|\s*\((?=[^()]{8,}\))|\)\s*|"
    r",\s+(?=(?:and|but|or|so|yet|while|whereas|although|though|because|which|who|whose|where|when|"
    r"as well as|with|including|after|before|if|unless|except|then|not)\b)|"
    r"\s+(?=(?:but|while|whereas|although|because|unless|except)\b)|"
    r"\s+(?=and\s+(?:(?:also|then|is|are|was|were|has|have|can|may|must|will|the|it|they|he|she|you|we)\b|"
    r"[a-z]+(?:s|ed)\b))|,\s+(?=[a-z]+(?:ing|ed)\b)",
    re.IGNORECASE,
)


def split_clauses(text: str) -> list[str]:
    """The clauses of every sentence, in order; a piece of fewer than three words joins the next."""
    clauses: list[str] = []
    for start, end in split_sentences(text):
        pieces: list[str] = []
        rest, at = text[start:end], 0
        for match in _BREAK.finditer(rest):
            pieces.append(rest[at : match.start()])
            at = match.end()
        pieces.append(rest[at:])
        joined: list[str] = []
        for piece in pieces:
            short = len(piece.split()) < _LEAST_WORDS
            if joined and (short or len(joined[-1].split()) < _LEAST_WORDS):
                joined[-1] += " " + piece.strip()
            elif piece.strip():
                joined.append(piece.strip())
        clauses += joined
    return clauses or ([text.strip()] if text.strip() else [])
