"""Bytes of unknown encoding -> clean text."""

from __future__ import annotations

import re
import unicodedata

_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|\x0c|\x85|[\u2028\u2029]")
_SAMPLE_BYTES = 65_536
_MAX_CONTROL_SHARE = 0.02


def decode_text(data: bytes) -> str:
    """The text in `data`: by its byte order mark, as UTF-8, as UTF-16 without a mark, or as
    cp1252, in this order; cleaned as `clean_text` does.

    Raises: ValueError if it is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return clean_text(data[len(mark) :].decode(encoding, errors="replace"))
    sample = data[:_SAMPLE_BYTES]
    if b"\x00" in sample:
        guess = _utf16_without_mark(sample)
        if guess is None:
            raise ValueError("NUL bytes")
        return clean_text(data.decode(guess, errors="replace"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        if _odd_share(text[:_SAMPLE_BYTES]) > _MAX_CONTROL_SHARE:
            raise ValueError("not text in a known encoding") from None
    if len(_CONTROL.findall(text[:_SAMPLE_BYTES])) > _MAX_CONTROL_SHARE * len(text[:_SAMPLE_BYTES]):
        raise ValueError("control characters")
    return clean_text(text)


def clean_text(text: str) -> str:
    """The text in NFC with "\\n" line ends, without control characters, lone surrogates or NULs."""
    text = _CONTROL.sub("", _LINE_ENDS.sub("\n", text.removeprefix("\ufeff")))
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _utf16_without_mark(sample: bytes) -> str | None:
    """The encoding of Latin text in which every second byte is NUL."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half:
        return "utf-16-be"
    return None


def _odd_share(text: str) -> float:
    """The share of characters that hardly ever occur in cp1252 prose."""
    odd = sum(1 for char in text if char == "\ufffd" or (char < " " and char not in "\t\n\r\f"))
    return odd / max(1, len(text))
