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
_MAX_ODD_SHARE = 0.02
_FEW = 3  # odd characters that any text may have


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
        text = data.decode(guess, errors="replace")
    else:
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = _damaged_utf8(data) or data.decode("cp1252", errors="replace")
    sample_text = text[:_SAMPLE_BYTES]
    odd = sample_text.count("\ufffd") + len(_CONTROL.findall(sample_text))
    if odd > max(_FEW, _MAX_ODD_SHARE * len(sample_text)):
        raise ValueError("not text in a known encoding")
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


def _damaged_utf8(data: bytes) -> str | None:
    """UTF-8 with a few bad bytes, told by its many good sequences; None if it is not that."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    good = sum(1 for char in text[:_SAMPLE_BYTES] if char > "\x7f") - bad
    return text if good > 2 * bad and bad <= max(_FEW, _MAX_ODD_SHARE * len(text)) else None
