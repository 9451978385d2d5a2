"""A time limit ends a block even where the first exception is swallowed, and leaves nothing behind."""

from __future__ import annotations

import threading
import time

import pytest

from flopcalc.theory.deadline import TimeIsUp, deadline


def busy(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


class Slow:
    """Its destructor runs for a while; what is raised there is lost."""

    def __del__(self) -> None:
        busy(0.15)


def test_a_block_in_time_is_left_alone() -> None:
    with deadline(5):
        result = 1 + 1
    assert result == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_exception_that_a_destructor_swallows_comes_again() -> None:
    started = time.monotonic()

    def work() -> None:
        with deadline(0.05):
            Slow()
            busy(30)

    with pytest.raises(TimeIsUp):
        work()
    assert time.monotonic() - started < 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_comes_after_the_block() -> None:
    before = threading.active_count()
    for _ in range(30):
        try:
            with deadline(0.001):
                busy(0.001)
        except TimeIsUp:
            pass
    busy(0.5)
    assert threading.active_count() <= before
