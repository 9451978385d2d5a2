"""Sweeps run in blocks: lazily, in order, on whatever executor is given, and without laying the grid out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import flopcalc
from flopcalc.convention import load_convention
from flopcalc.errors import FlopcalcError
from flopcalc.sweeps import Block, Column, Listed, running, sweep, sweep_reduced

GRID = {"alpha": "0.25:1.4:0.05", "rho": "96/224,128/224,160/224,192/224,1", "head": "classifier,none"}


def rows(blocks: Iterator[Block]) -> list[dict[str, object]]:
    return [row for block in blocks for row in block.rows()]


def test_ten_million_rows_leave_memory_flat() -> None:
    grid = {"alpha": "0.25:1.4:0.00001", "rho": "0.43:1:0.006"}
    blocks = sweep("mobilenet_v2", grid, ("params", "madds", "mac"))
    count = 0
    for block in islice(blocks, 10):
        count += len(block)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    least = None
    for block in blocks:
        count += len(block)
        low = int(block.metrics["madds"].min())
        least = low if least is None else min(least, low)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 115_001 * 96 > 10**7
    assert after - before < 4_000_000
    assert peak - before < 40_000_000
    assert least is not None


def test_a_grid_of_a_billion_rows_begins_at_once() -> None:
    block = next(sweep("mobilenet_v1", {"rho": "0.5,1", "alpha": "0.5:1:0.000000001"}, ("params",)))
    assert len(block) == 65536
    assert block.row(0) == {"rho": flopcalc.analyze("mobilenet_v1", rho="0.5").parameters["rho"]} | {
        "alpha": flopcalc.analyze("mobilenet_v1", alpha="0.5").parameters["alpha"],
        "params": flopcalc.analyze("mobilenet_v1", alpha="0.5").totals.params,
    }


@pytest.mark.parametrize("block_rows", [1, 7, 48, 1000])
def test_blocks_come_in_the_order_of_the_grid_whatever_their_size(block_rows: int) -> None:
    expected = rows(sweep("mobilenet_v2", GRID, ("madds",)))
    blocks = list(sweep("mobilenet_v2", GRID, ("madds",), block_rows=block_rows))
    assert max(map(len, blocks)) <= block_rows
    assert [block.start for block in blocks] == list(np.cumsum([0, *map(len, blocks[:-1])]))
    assert rows(iter(blocks)) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: ThreadPoolExecutor(2),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    ],
    ids=["threads", "processes"],
)
def test_an_executor_gives_the_same_rows_in_the_same_order(make: Callable[[], Executor]) -> None:
    expected = rows(sweep("mobilenet_v2", GRID))
    generator = np.random.default_rng(3)
    listed = Listed({"alpha": Column(generator.integers(250, 1400, 20_000), 1000)})
    with make() as executor:
        assert rows(sweep("mobilenet_v2", GRID, executor=executor, block_rows=30)) == expected
        here = [block.metrics for block in sweep("mobilenet_v2", listed, block_rows=4096)]
        there = [block.metrics for block in sweep("mobilenet_v2", listed, executor=executor, block_rows=4096)]
    for one, other in zip(here, there, strict=True):
        assert all(np.array_equal(one[metric], other[metric]) for metric in one)


def test_a_spec_of_the_user_travels_to_processes_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: net\nparameters: {w: {default: 8}}\ninput: [3, 32, 32]\nlayers:\n  - conv: {out: w, kernel: 3}\n",
        encoding="utf-8",
    )
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        found = rows(sweep(path, {"w": "1:5"}, ("params",), executor))
    assert [row["params"] for row in found] == [27 * w for w in range(1, 6)]


class Counting(Executor):
    """Runs nothing until a result is asked for, and counts what waits."""

    def __init__(self) -> None:
        self.waiting = self.most = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        executor = self
        executor.waiting += 1
        executor.most = max(executor.most, executor.waiting)

        class Lazy(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                executor.waiting -= 1
                return fn(*args, **kwargs)

        return Lazy()


@pytest.mark.parametrize("in_flight", [1, 3])
def test_few_blocks_are_in_flight(in_flight: int) -> None:
    executor = Counting()
    found = rows(sweep("mobilenet_v2", GRID, ("madds",), executor, block_rows=10, in_flight=in_flight))
    assert len(found) == 24 * 5 * 2
    assert executor.most == in_flight


def test_an_error_in_a_worker_is_the_error_of_the_analysis() -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(FlopcalcError, match=r"scale=0\.25"):
        list(sweep("shufflenet_v1", {"scale": "1,0.25"}, executor=executor, groups=4))


def test_columns_are_arrays_for_arrow() -> None:
    (block,) = sweep("mobilenet_v2", {"alpha": "0.5,1", "head": "none,conv", "classes": [10]}, ("params",))
    columns = block.columns()
    assert {name: array.dtype.kind for name, array in columns.items()} == {
        "alpha": "f",
        "head": "U",
        "classes": "i",
        "params": "i",
    }
    assert block.parameters["alpha"].texts() == ["1/2", "1/2", "1", "1"]
    assert block.take(columns["params"] > 2_000_000).metrics["params"].min() > 2_000_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"block_rows": 0}, "block_rows is 0"),
        ({"block_rows": 1.5}, r"block_rows is 1\.5"),
        ({"in_flight": -1}, "in_flight is -1"),
        ({"in_flight": "2"}, "in_flight is 2"),
        ({"executor": "threads"}, "the executor is threads"),
        ({"metrics": None}, "the metrics are None"),
    ],
)
def test_what_is_no_count_and_no_executor_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FlopcalcError, match=said):
        sweep("mobilenet_v1", {"alpha": "0.5,1"}, **options)


@pytest.mark.parametrize("options", [{"blocks": 0}, {"in_flight": -1}])
def test_parts_of_no_blocks_are_refused_and_not_silently_none(options: dict[str, int]) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(FlopcalcError, match="at least 1"):
        list(sweep_reduced("mobilenet_v1", {"alpha": "0.5,1"}, ["params"], list, executor, **options))


def test_a_spec_and_a_convention_in_memory_travel_to_processes() -> None:
    spec, convention = flopcalc.load("regnet"), load_convention("thop")
    grid = {"w0": "24,48", "depth": "13,16"}
    expected = rows(sweep(spec, grid, ("params", "flops"), convention=convention))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        assert rows(sweep(spec, grid, ("params", "flops"), executor, convention=convention)) == expected


def test_what_cannot_be_sent_to_processes_is_told_so_before_anything_is_computed() -> None:
    class Own(str):
        """A class that no other process knows."""

    with ProcessPoolExecutor(1) as executor, pytest.raises(FlopcalcError, match="cannot be sent"):
        sweep("mobilenet_v1", {"alpha": "0.5,1"}, executor=executor, parameters={"shallow": Own("true")})


def test_many_threads_compile_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []
    compile_recipe = running._Recipe.compile

    def counted(recipe: running._Recipe) -> Any:
        compiled.append(1)
        return compile_recipe(recipe)

    monkeypatch.setattr(running._Recipe, "compile", counted)
    with ThreadPoolExecutor(24) as executor:
        blocks = list(
            sweep("mobilenet_v1", {"alpha": "0.5:1:0.001"}, ("params",), executor, block_rows=2, in_flight=99)
        )
    assert len(blocks) == 251
    assert len(compiled) <= 24
