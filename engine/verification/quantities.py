"""Reads the numbers of a text with their units, in a form in which they can be compared.

"one month" and "30 days", "1,000" and "1000", "5 pm" and "17:00", "31st August" and "Aug 31"
compare as equal; "14 days" and "14 working days" do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.verification.quantity import Quantity
from engine.verification.quantity_words import (
    DAY_S,
    FRACTIONS,
    MONTHS,
    NUMBER_WORDS,
    ORDINALS,
    SCALES,
    UNITS,
)

_WORKING = frozenset("working business".split())
_BOUNDS = (
    (
        "most",
        r"(?:at most|up to|no more than|not more than|no later than|not later than|"
        r"maximum(?: of)?|max\.?|a limit of|limited to|not exceed(?:ing)?|within|"
        r"less than|fewer than|under|below)",
    ),
    (
        "least",
        r"(?:at least|no less than|not less than|no fewer than|minimum(?: of)?|min\.?|"
        r"more than|over|above|exceed(?:s|ing)?|longer than|from|starting at)",
    ),
)
_BOUND_AFTER = (
    ("most", re.compile(r"\s+(?:or (?:less|fewer|under|below|earlier)|at most|maximum)\b")),
    (
        "least",
        re.compile(
            r"\s+(?:or (?:more|over|above|longer|later)|and (?:above|more|over)|"
            r"at (?:the )?(?:least|minimum))\b"
        ),
    ),
)
_BOUND_BEFORE = tuple(
    (name, re.compile(rf"\b{form}\s+(?:the |a |an |of )?$")) for name, form in _BOUNDS
)

_NUMBER_WORD = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_FIGURE = r"\d{1,3}(?:[,’' ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_TOKEN = re.compile(
    rf"""
    (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
  | (?P<dotted>\b\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}\b)
  | (?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{_MONTH})\b\.?(?:,?\s+\d{{4}}\b)?)
  | (?P<mdy>\b(?:{_MONTH})\b\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\d|:|[ ]?[ap]\.?m)
       (?:,?\s+\d{{4}}\b)?)
  | (?P<halfhour>\bhalf\s+an?\s+hour\b)
  | (?P<halfpast>\b(?:half|quarter)\s+past\s+(?:\d{{1,2}}|{_NUMBER_WORD})\b)
  | (?P<clock>\b\d{{1,2}}[:.]\d{{2}}\s*(?:[ap]\.?m\b\.?)?|\b\d{{1,2}}\s*[ap]\.?m\b\.?
       |\bnoon\b|\bmidnight\b)
  | (?P<version>\bv?\d+(?:\.\d+){{2,}}\b|\bv\d+(?:\.\d+)*\b)
  | (?P<ordinal>\b\d+(?:st|nd|rd|th)\b|\b(?:{"|".join(ORDINALS)})\b)
  | (?P<fraction>\b(?:(?:a|one|two|three|four)[ -])?(?:half|thirds?|quarters?|fifths?|tenth)\b
       (?=\s+(?:of|a|an|the)\b))
  | (?P<number>(?:(?P<sign>US\$|[$€£¥₹])\s?)?(?<![\w.])(?:{_FIGURE})(?![\w.]*@)
       | (?<!\w)(?:(?:a\s+)?(?:{_NUMBER_WORD})(?:[- ](?:and\s+)?(?:{_NUMBER_WORD}))*
         |a(?=\s+(?:dozen|hundred|thousand|million|billion)\b)|couple)(?!\w))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?P<range>\s?(?:-|–|—|to|and|or)\s?(?=[$€£]?\d|(?:{_NUMBER_WORD})\b))|"
    r"\s?(?P<scale>k|m|mn|bn|hundred|thousand|million|billion|trillion|dozen)?(?![\w])"
    r"[\s-]*(?:of\s+)?(?P<working>working|business|calendar|full|consecutive)?[\s-]*"
    r"(?P<unit>%|[€$£]|[^\W\d_]+)?",
    re.IGNORECASE,
)
_PRONOUN_ONE = frozenset({"one"})


def read_quantities(text: str) -> list[Quantity]:
    """The quantities of a text in order."""
    return list(_read(text))


def _read(text: str) -> Iterator[Quantity]:
    pending: list[tuple[float, re.Match[str], str]] = []
    for match in _TOKEN.finditer(text):
        kind, said = match.lastgroup or "", match.group()
        if kind == "sign":
            kind = "number"
        made = _special(kind, said, match)
        if made is not None:
            yield made
            continue
        if kind != "number":
            continue
        value = _number(said.strip("$€£¥₹US "))
        if value is None:
            continue
        after = _AFTER.match(text, match.end())
        sign = (match.group("sign") or "").lower()
        if after is not None and after.group("range"):
            pending.append((value, match, sign))
            continue
        quantity = _with_unit(text, match, value, sign, after)
        for low, first, low_sign in pending:
            if quantity is not None or low_sign:
                yield _range_start(text, low, first, quantity, sign or low_sign)
        pending = []
        if quantity is not None:
            yield quantity


def _range_start(
    text: str, value: float, match: re.Match[str], end: Quantity | None, sign: str
) -> Quantity:
    """The lower end of a range has the upper end's unit."""
    if end is None:
        dimension, factor = UNITS.get(sign, ("count", 1.0))
        return Quantity(
            dimension=dimension,
            value=value * factor,
            literal=_plain(value),
            text=match.group().strip(),
            start=match.start(),
            end=match.end(),
        )
    literal = float(end.literal) if end.literal else end.value
    factor = end.value / literal if literal else 1.0
    return Quantity(
        dimension=end.dimension,
        value=value * factor,
        unit=end.unit,
        coarse=end.coarse,
        literal=_plain(value),
        text=text[match.start() : end.end].strip(),
        start=match.start(),
        end=match.end(),
    )


def _with_unit(
    text: str, match: re.Match[str], value: float, sign: str, after: re.Match[str] | None
) -> Quantity | None:
    scale = working = unit = ""
    end = match.end()
    if after is not None:
        scale, working = (
            (after.group("scale") or "").lower(),
            (after.group("working") or "").lower(),
        )
        unit = (after.group("unit") or "").lower()
    said = match.group().strip().lower()
    if scale:
        value *= SCALES[scale]
    dimension, factor = UNITS.get(sign) or UNITS.get(unit) or ("count", 1.0)
    if said in _PRONOUN_ONE and dimension == "count":
        return None
    if unit and unit in UNITS and after is not None:
        end = after.end()
    elif scale and after is not None:
        end = after.end("scale")
    coarse = dimension == "duration" and factor >= 30 * DAY_S
    if dimension == "duration" and working in _WORKING:
        dimension = "working duration"
    return Quantity(
        dimension=dimension,
        value=value * factor,
        unit=unit if dimension == "count" else "",
        bound=_bound(text, match.start(), end),
        coarse=coarse,
        literal=_plain(value),
        text=text[match.start() : end].strip(),
        start=match.start(),
        end=end,
    )


def _bound(text: str, start: int, end: int) -> str:
    before = text[max(0, start - 24) : start].lower()
    for name, pattern in _BOUND_BEFORE:
        if pattern.search(before):
            return name
    after = text[end : end + 24].lower()
    return next((name for name, pattern in _BOUND_AFTER if pattern.match(after)), "")


def _special(kind: str, said: str, match: re.Match[str]) -> Quantity | None:
    """Dates, times, versions, ordinals and fractions, which carry their unit in themselves."""
    lower, at = (
        said.lower().strip(),
        {"start": match.start(), "end": match.end(), "text": said.strip()},
    )
    figures = [int(f) for f in re.findall(r"\d+", lower)]
    if kind == "iso":
        year, month, day = figures
        return _date(day, month, year, at)
    if kind == "dotted":
        day, month, year = figures
        return _date(day, month, year, at) if month <= 12 else _date(month, day, year, at)
    if kind in ("dmy", "mdy"):
        month = next(MONTHS[w] for w in re.findall(r"[a-z]+", lower) if w in MONTHS)
        return _date(figures[0], month, figures[1] if len(figures) > 1 else None, at)
    if kind == "clock":
        return _clock(lower, figures, at)
    if kind == "halfhour":
        return Quantity(dimension="duration", value=1800.0, **at)  # type: ignore[arg-type]
    if kind == "halfpast":
        hour = _number(lower.split()[-1]) or 0.0
        minute = 30 if lower.startswith("half") else 15
        return Quantity(dimension="clock", value=hour * 60 + minute, **at)  # type: ignore[arg-type]
    if kind == "version":
        return Quantity(dimension="version", value=0.0, literal=lower.lstrip("v"), **at)  # type: ignore[arg-type]
    if kind == "ordinal":
        value = float(figures[0]) if figures else ORDINALS[lower]
        return Quantity(dimension="ordinal", value=value, literal=_plain(value), **at)  # type: ignore[arg-type]
    if kind == "fraction":
        parts = re.split(r"[ -]", lower)
        times = NUMBER_WORDS.get(parts[0], 1.0) if len(parts) > 1 else 1.0
        return Quantity(dimension="percent", value=round(times * FRACTIONS[parts[-1]], 2), **at)  # type: ignore[arg-type]
    return None


def _date(day: int, month: int, year: int | None, at: dict[str, object]) -> Quantity:
    return Quantity(dimension="date", value=month * 100.0 + day, year=year, literal=str(day), **at)  # type: ignore[arg-type]


def _clock(lower: str, figures: list[int], at: dict[str, object]) -> Quantity | None:
    if lower in ("noon", "midnight"):
        return Quantity(dimension="clock", value=720.0 if lower == "noon" else 0.0, **at)  # type: ignore[arg-type]
    hour, minute = figures[0], figures[1] if len(figures) > 1 else 0
    half = re.search(r"([ap])\.?m", lower)
    if hour > 24 or minute > 59 or ("." in lower.rstrip(".") and not half):
        if half is None and "." in lower:
            value = float(re.sub(r"[^\d.]", "", lower).rstrip("."))
            return Quantity(dimension="count", value=value, literal=_plain(value), **at)  # type: ignore[arg-type]
        return None
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.group(1) == "p" else 0)
    return Quantity(dimension="clock", value=hour * 60.0 + minute, **at)  # type: ignore[arg-type]


def _number(said: str) -> float | None:
    lower = said.lower().strip()
    if lower[:1].isdigit():
        figure = re.sub(r"(?<=\d)[,’' ](?=\d{3}(?:\D|$))", "", lower).replace(",", ".")
        try:
            return float(figure)
        except ValueError:
            return None
    if lower == "a":
        return 1.0
    if lower == "couple":
        return 2.0
    total, current = 0.0, 0.0
    for word in re.split(r"[\s-]+", lower):
        if word in ("a", "and"):
            continue
        value = NUMBER_WORDS.get(word)
        if value is None:
            return None
        if word in ("hundred", "dozen"):
            current = max(current, 1.0) * value
        elif word == "thousand":
            total, current = total + max(current, 1.0) * value, 0.0
        else:
            current += value
    return total + current


def _plain(value: float) -> str:
    return f"{value:.10g}"
