"""A time limit ends a block even where the first exception is swallowed, and leaves nothing behind."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest

from flopcalc.theory.deadline import TimeIsUp, deadline


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


class Slow:
    """Its destructor runs for a while; what is raised there is lost."""

    def __del__(self) -> None:
        busy(0.15)


def test_a_block_in_time_is_left_alone() -> None:
    with deadline(5):
        result = 1 + 1
    assert result == 2


def test_time_that_the_processor_gives_to_others_does_not_count() -> None:
    with deadline(0.1):
        time.sleep(0.5)
    with pytest.raises(TimeIsUp), deadline(0.1):
        busy(60)


@pytest.mark.skipif(not hasattr(time, "pthread_getcpuclockid"), reason="needs the clock of one thread")
def test_what_another_thread_computes_does_not_count() -> None:
    end = threading.Event()

    def work() -> None:
        while not end.is_set():
            pass

    thread = threading.Thread(target=work)
    thread.start()
    began = time.process_time()
    try:
        with deadline(0.2):
            while time.process_time() < began + 0.4:  # the other's, for the most part
                time.sleep(0.01)
    finally:
        end.set()
        thread.join()


def test_the_process_is_timed_where_a_thread_has_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "pthread_getcpuclockid", raising=False)
    with deadline(0.1):
        time.sleep(0.3)
    with pytest.raises(TimeIsUp), deadline(0.1):
        busy(60)


@pytest.mark.parametrize(("outer", "inner"), [(0.05, 60), (60, 0.05), (0.05, 0.05)])
def test_of_limits_in_one_another_the_first_ends_its_block(outer: float, inner: float) -> None:
    ended = []

    def work() -> None:
        with deadline(outer):
            try:
                with deadline(inner):
                    busy(60)
            finally:
                ended.append("inner")
            busy(60)

    with pytest.raises(TimeIsUp):
        work()
    assert ended == ["inner"]


def test_an_inner_limit_that_is_caught_ends_with_the_outer_one() -> None:
    began = time.thread_time()

    def work() -> None:
        with deadline(0.2):
            for _ in range(50):
                with suppress(TimeIsUp), deadline(5):
                    busy(60)
            busy(60)

    with pytest.raises(TimeIsUp):
        work()
    assert time.thread_time() - began < 10


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_exception_that_a_destructor_swallows_comes_again() -> None:
    began = time.thread_time()

    def work() -> None:
        with deadline(0.05):
            Slow()
            busy(30)

    with pytest.raises(TimeIsUp):
        work()
    assert time.thread_time() - began < 10


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
    while threading.active_count() > before:  # those who watched are told to end
        time.sleep(0.01)
