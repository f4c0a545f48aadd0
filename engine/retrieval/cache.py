"""A bounded memory of recent results, with its hit rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheState:
    """entries and size: of now; hits and misses: since the start."""

    entries: int
    size: int
    hits: int
    misses: int

    @property
    def hit_rate(self) -> float:
        """Share in [0, 1] of look-ups that were answered; 0 before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0


class LruCache(Generic[K, V]):
    """Keeps the most recently used values up to a total size; not for use by several threads.

    capacity: 0 keeps nothing. size_of: what a value counts; by default 1.
    """

    def __init__(self, capacity: int, size_of: Callable[[V], int] | None = None) -> None:
        self._capacity = capacity
        self._size_of = size_of or (lambda _: 1)
        self._values: OrderedDict[K, V] = OrderedDict()
        self._size = 0
        self._hits = 0
        self._misses = 0

    def get(self, key: K) -> V | None:
        """The value, now the most recently used; None where it is not kept."""
        value = self._values.get(key)
        if value is None:
            self._misses += 1
            return None
        self._hits += 1
        self._values.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Keeps a value and drops the least recently used ones past the capacity.

        A value larger than the capacity is not kept, and neither is an older one of its key.
        """
        old = self._values.pop(key, None)
        if old is not None:
            self._size -= self._size_of(old)
        size = self._size_of(value)
        if size > self._capacity or not self._capacity:
            return
        self._values[key] = value
        self._size += size
        while self._size > self._capacity:
            _, dropped = self._values.popitem(last=False)
            self._size -= self._size_of(dropped)

    def state(self) -> CacheState:
        """Its figures of now."""
        return CacheState(
            entries=len(self._values), size=self._size, hits=self._hits, misses=self._misses
        )
