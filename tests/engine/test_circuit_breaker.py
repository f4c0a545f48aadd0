from __future__ import annotations

from engine.circuit_breaker import BreakerState, CircuitBreaker, Permit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def made(failures: int = 2) -> tuple[CircuitBreaker, Clock]:
    clock = Clock()
    return CircuitBreaker(failures=failures, open_s=30.0, clock=clock), clock


def enter(breaker: CircuitBreaker) -> Permit:
    permit = breaker.enter()
    assert permit is not None
    return permit


def test_failures_in_a_row_open_it_and_one_success_between_them_does_not() -> None:
    breaker, _ = made(failures=2)
    enter(breaker).failed()
    enter(breaker).succeeded()
    enter(breaker).failed()
    assert breaker.state is BreakerState.CLOSED
    enter(breaker).failed()
    assert breaker.state is BreakerState.OPEN
    assert breaker.enter() is None


def test_after_its_time_one_probe_decides() -> None:
    breaker, clock = made(failures=1)
    enter(breaker).failed()
    clock.now = 29.9
    assert breaker.enter() is None
    clock.now = 30.0
    assert breaker.state is BreakerState.HALF_OPEN
    probe = enter(breaker)
    assert breaker.enter() is None
    probe.failed()
    assert (breaker.state, breaker.wait_s()) == (BreakerState.OPEN, 30.0)
    clock.now = 60.0
    enter(breaker).succeeded()
    assert (breaker.state, breaker.failures) == (BreakerState.CLOSED, 0)


def test_a_probe_that_is_given_up_lets_another_one_through() -> None:
    breaker, clock = made(failures=1)
    enter(breaker).failed()
    clock.now = 30.0
    enter(breaker).abandoned()
    assert breaker.enter() is not None


def test_only_the_first_word_about_a_call_counts() -> None:
    breaker, _ = made(failures=2)
    permit = enter(breaker)
    permit.failed()
    permit.failed()
    permit.succeeded()
    permit.abandoned()
    assert (breaker.failures, breaker.state) == (1, BreakerState.CLOSED)


def test_calls_begun_before_it_opened_neither_close_nor_prolong_it() -> None:
    breaker, clock = made(failures=1)
    late, slow = enter(breaker), enter(breaker)
    enter(breaker).failed()
    clock.now = 10.0
    late.failed()
    slow.succeeded()
    assert (breaker.state, breaker.wait_s()) == (BreakerState.OPEN, 20.0)
