"""Where a sweep is computed: in this process, in others beside it, or on a Dask cluster."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Any

from flopcalc.cli.interrupts import INTERRUPTED
from flopcalc.errors import FlopcalcError, Problem, shorten

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

__all__ = ["executor", "needs"]


def needs(package: str, extra: str, what: str) -> None:
    """Refuse what needs a package that is not installed, by the name of the extra that has it."""
    if find_spec(package) is None:
        hint = f"pip install 'flopcalc[{extra}]'"
        raise FlopcalcError(
            Problem(f"{what} needs {package}, which is not installed", None, f"the extra {extra}", hint)
        )


@contextmanager
def executor(options: Mapping[str, Any]) -> Iterator[tuple[Executor | None, int | None]]:
    """Open what computes the blocks, and say how many may be under way."""
    if options["scheduler"] is not None:
        with _dask(options["scheduler"]) as found:
            yield found
    elif options["workers"]:
        with _processes(options["workers"]) as pool:
            yield pool, None
    else:
        yield None, None


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    class Processes(ProcessPoolExecutor):
        def submit(self, /, *args: Any, **named: Any) -> Future[Any]:
            with _signals_later():  # a process that is started here inherits that
                return super().submit(*args, **named)

    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with _signals_later():  # and so does what keeps the account of the processes' semaphores
        pool = Processes(workers, mp_context=context, initializer=_follow_the_first)
    try:
        yield pool
    except BrokenProcessPool:
        raise FlopcalcError(Problem("a worker process ended early", None, "", "fewer --workers")) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _signals_later() -> Iterator[None]:
    """Let the signals of a terminal wait for a moment, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _follow_the_first() -> None:
    """Leave the signals of a terminal to the first process, and end when it is gone, whatever ended it."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    Thread(target=_end_with_the_first, daemon=True).start()


def _end_with_the_first() -> None:
    from multiprocessing import parent_process

    first = parent_process()
    assert first is not None
    first.join()
    os._exit(INTERRUPTED)  # whoever waits for its work is no more


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    needs("distributed", "dask", "--scheduler")
    from distributed import Client
    from distributed.comm import get_address_host, parse_address

    try:
        scheme, place = parse_address(address)
        if not place.strip():
            raise ValueError("it names no host")
        if scheme != "inproc":
            get_address_host(address)  # what is no address is told at once: a client would be long in closing
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        what = f"no Dask scheduler answers at `{shorten(address)}`: {shorten(str(error)) or type(error).__name__}"
        raise FlopcalcError(Problem(what, None, "an address such as tcp://host:8786")) from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise FlopcalcError(Problem(f"the Dask scheduler at `{shorten(address)}` has no workers"))
        yield client.get_executor(), 2 * threads + 2
