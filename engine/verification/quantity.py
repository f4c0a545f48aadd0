"""A number with its unit, and when two of them say the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number as it was said.

    dimension: "duration", "percent", "currency:eur", "date", "clock", "ordinal", "version", ..., or
        "count" for a bare number. value: in the dimension's base unit (seconds, bytes, minutes of
        the day; for a date the day of a leap year). unit: for a count, the word behind it.
    year: of a date; None where none is said. bound: "most", "least" or empty.
    coarse: whether months or years make the value inexact. text: as written. start, end: where.
    """

    dimension: str
    value: float
    unit: str = ""
    year: int | None = None
    bound: str = ""
    coarse: bool = False
    literal: str = ""
    text: str = ""
    start: int = 0
    end: int = 0

    def equals(self, other: Quantity) -> bool:
        """Whether both say the same amount, whatever the words."""
        if "version" in (self.dimension, other.dimension):
            return self.literal == other.literal
        if self.dimension != other.dimension:
            pair = {self.dimension, other.dimension}
            return bool(pair & {"count"}) and self._bare_equals(other)
        if self.dimension == "date":
            years = {self.year, other.year} - {None}
            return self.value == other.value and len(years) < 2
        tolerance = 0.03 if self.coarse != other.coarse else 1e-6
        if self.dimension == "bytes":
            tolerance = 0.05
        return abs(self.value - other.value) <= tolerance * max(abs(self.value), abs(other.value))

    def _bare_equals(self, other: Quantity) -> bool:
        """A count equals a figure with a unit when the figures as written are equal."""
        if {self.dimension, other.dimension} & {"date", "clock", "ordinal"}:
            return self.literal == other.literal and bool(self.literal)
        return self.literal == other.literal
