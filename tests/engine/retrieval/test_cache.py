from __future__ import annotations

from collections import OrderedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.cache import CacheState, LruCache


def test_a_value_is_kept_and_a_miss_is_none() -> None:
    cache: LruCache[str, int] = LruCache(2)
    assert cache.get("a") is None
    cache.put("a", 1)
    assert cache.get("a") == 1
    assert cache.state() == CacheState(entries=1, size=1, hits=1, misses=1)
    assert cache.state().hit_rate == 0.5


def test_the_hit_rate_before_the_first_look_is_0() -> None:
    assert LruCache(1).state().hit_rate == 0.0


def test_the_least_recently_used_value_goes_first() -> None:
    cache: LruCache[str, int] = LruCache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


@pytest.mark.parametrize("size", [0, 1])
def test_a_capacity_of_0_keeps_nothing(size: int) -> None:
    cache: LruCache[str, int] = LruCache(0, size_of=lambda _: size)
    cache.put("a", 1)
    assert cache.get("a") is None
    assert cache.state().entries == 0


def test_a_value_too_large_is_not_kept_and_its_older_one_is_not_given_again() -> None:
    cache: LruCache[str, str] = LruCache(3, size_of=len)
    cache.put("b", "x")
    cache.put("a", "12")
    cache.put("a", "12345")
    assert cache.get("a") is None
    assert cache.get("b") == "x"
    assert cache.state().size == 1


def test_replacing_a_value_counts_only_the_new_one() -> None:
    cache: LruCache[str, str] = LruCache(4, size_of=len)
    cache.put("a", "123")
    cache.put("a", "1")
    cache.put("b", "123")
    assert (cache.get("a"), cache.get("b"), cache.state().size) == ("1", "123", 4)


@given(
    st.integers(0, 10),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.one_of(st.none(), st.integers(1, 6)))),
)
def test_it_does_what_a_plain_model_of_it_does(
    capacity: int, steps: list[tuple[str, int | None]]
) -> None:
    cache: LruCache[str, int] = LruCache(capacity, size_of=lambda size: size)
    model: OrderedDict[str, int] = OrderedDict()
    for key, size in steps:
        if size is None:
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
            continue
        cache.put(key, size)
        model.pop(key, None)
        if size <= capacity:
            model[key] = size
            while sum(model.values()) > capacity:
                model.popitem(last=False)
        assert cache.state().size == sum(model.values()) <= capacity
        assert cache.state().entries == len(model)
