from __future__ import annotations

from engine.backoff import Backoff


def test_waits_double_up_to_a_bound_and_end_with_the_attempts() -> None:
    backoff = Backoff(attempts=5, base_s=0.5, most_s=1.5, draw=lambda: 0.5)
    assert [backoff.delay_s(n, left_s=60) for n in range(1, 6)] == [0.5, 1.0, 1.5, 1.5, None]


def test_jitter_spreads_a_wait_from_nothing_to_twice_its_mean() -> None:
    low, high = Backoff(draw=lambda: 0.0), Backoff(draw=lambda: 0.999)
    assert low.delay_s(1, left_s=60) == 0.0
    assert 0.99 < (high.delay_s(1, left_s=60) or 0) < 1.0


def test_what_the_server_asks_for_is_the_least_and_the_time_left_the_most() -> None:
    backoff = Backoff(draw=lambda: 0.5)
    assert backoff.delay_s(1, left_s=60, retry_after_s=7) == 7.05
    assert backoff.delay_s(1, left_s=7, retry_after_s=7) is None
    assert backoff.delay_s(1, left_s=0.4) is None
    assert backoff.delay_s(1, left_s=60, retry_after_s=-3) == 0.05
