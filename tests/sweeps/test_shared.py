"""Memory that processes share: written in one, read in the other, used again, and never taken for another."""

from __future__ import annotations

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flopcalc.sweeps import Column, Listed, sweep
from flopcalc.sweeps.shared import Pool, opened

GRID = {"alpha": "0.25:1.4:0.01", "rho": "0.5:1:0.001"}


@pytest.fixture(params=["memory", "file"])
def pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pool:
    if request.param == "file":
        monkeypatch.delattr(os, "memfd_create", raising=False)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    elif not hasattr(os, "memfd_create"):
        pytest.skip("this system has no memory with a path")
    return Pool(4, 2)


def test_what_is_written_by_the_path_is_read_here(pool: Pool) -> None:
    segment = pool.take()
    assert segment is not None
    opened(segment.place)[:] = [3, 1, 4, 1]
    assert pool.lend(segment).tolist() == [3, 1, 4, 1]
    pool.close()


def test_a_segment_is_used_again_when_no_array_has_it_any_more(pool: Pool) -> None:
    segment = pool.take()
    assert segment is not None
    words = pool.lend(segment)
    part = words[1:3]
    assert pool.take() is not segment
    del words
    assert pool.take() is not segment  # a part of it is still there
    del part
    assert pool.take() is segment
    pool.close()


def test_arrays_outlive_the_pool_and_its_files(pool: Pool, tmp_path: Path) -> None:
    kept = []
    for number in range(5):
        segment = pool.take()
        assert segment is not None
        segment.words()[:] = number
        kept.append(pool.lend(segment))
    pool.close()
    assert not list(tmp_path.iterdir())
    assert [int(words.sum()) for words in kept] == [0, 4, 8, 12, 16]


def test_there_are_never_more_segments_than_a_process_may_have_files_open(pool: Pool) -> None:
    kept = []
    while (segment := pool.take()) is not None:
        kept.append(pool.lend(segment))
        assert len(kept) < 1000
    del kept[10:20], segment
    gc.collect()
    assert pool.take() is not None
    pool.close()


def test_a_path_that_means_another_file_by_now_is_not_written_to(pool: Pool, tmp_path: Path) -> None:
    segment = pool.take()
    assert segment is not None
    other = tmp_path / "precious"
    other.write_bytes(b"x" * 32)
    with pytest.raises(FileNotFoundError):
        opened(replace(segment.place, path=str(other)))
    assert other.read_bytes() == b"x" * 32
    pool.close()


def test_a_machine_without_room_gives_none(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "ftruncate", full)
    assert pool.take() is None


def listed() -> Listed:
    generator = np.random.default_rng(5)
    return Listed({name: Column(generator.integers(500, 1400, 150_000), 1000) for name in ("alpha", "rho")})


@pytest.mark.parametrize("grid", [GRID, listed()], ids=["product", "list"])
def test_blocks_of_processes_are_the_same_with_shared_memory_and_without(
    grid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = list(sweep("mobilenet_v1", grid, block_rows=10_000))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        shared = list(sweep("mobilenet_v1", grid, executor=executor, block_rows=10_000))
        monkeypatch.setattr(Pool, "take", lambda _: None)
        sent = list(sweep("mobilenet_v1", grid, executor=executor, block_rows=10_000))
    for found in (shared, sent):
        assert [block.start for block in found] == [block.start for block in expected]
        for one, other in zip(found, expected, strict=True):
            assert one.parameters.keys() == other.parameters.keys()
            for name, column in other.columns().items():
                assert np.array_equal(one.columns()[name], column)
            assert next(one.rows()) == next(other.rows())


def test_totals_of_more_than_64_bits_come_back_from_processes_whole() -> None:
    grid = {"alpha": "1,1000000000,2"}
    (expected,) = sweep("mobilenet_v1", grid, ("params", "madds"))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        (found,) = sweep("mobilenet_v1", grid, ("params", "madds"), executor)
    assert list(found.rows()) == list(expected.rows())
    assert max(int(value) for value in found.metrics["madds"]) > 1 << 64


def test_a_segment_that_is_forgotten_is_closed(pool: Pool, tmp_path: Path) -> None:
    segment = pool.take()
    assert segment is not None
    descriptor = segment._descriptor
    os.fstat(descriptor)
    del segment  # its sweep is given up: the tasks that wait go before the pool is closed
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert not list(tmp_path.iterdir())
    pool.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of open files")
def test_sweeps_that_are_given_up_leave_no_memory_behind() -> None:
    def shared() -> int:
        links = (os.path.realpath(path) for path in Path("/proc/self/fd").iterdir())
        return sum("flopcalc" in link and "memfd" in link for link in links)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        for _ in range(3):
            blocks = sweep("mobilenet_v1", GRID, executor=executor, block_rows=1000)
            next(blocks)
            del blocks
            gc.collect()
    assert shared() == 0
