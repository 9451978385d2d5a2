"""How many configurations a second a sweep computes, beside single analyses and beside numpy's own speed.

``python benchmarks/sweep_speed.py [ROUNDS]`` runs everything in turn, so that a slow moment of the machine is shared,
and prints medians, a second being one of the processor. It runs on one core: the threads of matrix products are off.

The floor is numpy evaluating the same number of array operations: what a list of pairs costs where it is computed row
by row (two roundings for each width and side, products of widths, sums of products), on 64-bit integers in blocks that
fit the cache.

Then two processes stand beside one: the same sweeps, many times as long, by a process pool, and whole commands with
``--workers 2``; these are ratios of wall times.

Where torch, torchvision, thop and fvcore are installed, it stands beside what people use today as well: building each
network and counting it with these tools, one forward pass or trace a configuration.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import numpy as np

import flopcalc
from flopcalc.sweeps import Block, Column, Listed, compile_totals, sweep, sweep_reduced

SPEC = "mobilenet_v2"
METRICS = ("params", "madds", "mac")
PAIRS = 4_000_000
BLOCK = 16384
DENOMINATOR = 1_000_000


@cache
def pairs(size: int) -> Listed:
    """Arbitrary widths and resolutions, to six digits."""
    generator = np.random.default_rng(7)
    alpha = generator.integers(DENOMINATOR // 4, 14 * DENOMINATOR // 10 + 1, size)
    rho = generator.integers(3 * DENOMINATOR // 7 + 1, DENOMINATOR + 1, size)
    return Listed({"alpha": Column(alpha, DENOMINATOR), "rho": Column(rho, DENOMINATOR)})


def drained(blocks: Iterator[Block]) -> int:
    return sum(len(block) for block in blocks)


def least(blocks: Iterator[Block]) -> tuple[int, int]:
    """The least memory access cost of some rows, and how many they are."""
    found = [(int(block.metrics["mac"].min()), len(block)) for block in blocks]
    return min(cost for cost, _ in found), sum(size for _, size in found)


def listed() -> int:
    return drained(sweep(SPEC, pairs(PAIRS), METRICS))


def row_by_row() -> int:
    """A list without tables of steps, as where they would be too large."""
    grid = pairs(PAIRS // 4)
    compiled = compile_totals(SPEC, grid.by_name, METRICS)
    compiled.tabulate = False
    numerators = {name: column.numerators for name, column in grid.by_name.items()}
    compiled.rows(numerators, len(grid))
    return len(grid)


def product() -> int:
    return drained(sweep(SPEC, {"alpha": "0.25:1.4:0.0005", "rho": "0.43:1:0.0002"}, METRICS))


def singles() -> int:
    for number in range(50):
        flopcalc.analyze(SPEC, alpha=f"{50 + number}/100", rho="5/7")
    return 50


def counters() -> dict[str, Callable[[], int]]:
    """Build and count networks of unlike widths with the tools that count a real network, where they are installed."""
    try:
        import torch
        from fvcore.nn import FlopCountAnalysis
        from thop import profile
        from torchvision.models import mobilenet_v2
    except ImportError:
        return {}
    torch.set_num_threads(1)
    widths = (0.5, 0.75, 1.0, 1.25)

    def built() -> Iterator[tuple[torch.nn.Module, torch.Tensor]]:
        for index, width in enumerate(widths):
            side = 224 - 32 * index
            yield mobilenet_v2(width_mult=width).eval(), torch.zeros(1, 3, side, side)

    def by_thop() -> int:
        for model, image in built():
            profile(model, (image,), verbose=False)
        return len(widths)

    def by_fvcore() -> int:
        for model, image in built():
            FlopCountAnalysis(model, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()
        return len(widths)

    return {"building and thop": by_thop, "building and fvcore": by_fvcore}


def operations() -> int:
    """Count the array operations of the row-by-row way: those of the trace's atoms, and of its sums of products."""
    compiled = compile_totals(SPEC, pairs(1000).by_name, METRICS)
    compiled.tabulate = False
    compiled.evaluate(pairs(1000).by_name)
    return compiled.operations()


def floor(count: int) -> Callable[[], int]:
    def run() -> int:
        a = np.arange(BLOCK, dtype=np.int64)
        b, out = a[::-1].copy(), np.empty_like(a)
        for _ in range(PAIRS // 4 // BLOCK):
            for number in range(count):
                (np.multiply if number % 2 else np.add)(a, b, out=out)
        return PAIRS // 4 // BLOCK * BLOCK

    return run


def wall(run: Callable[[], int]) -> float:
    begun = time.perf_counter()
    rows = run()
    return rows / (time.perf_counter() - begun)


def command(*options: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        arguments = [option.replace("FOLDER", folder) for option in options]
        subprocess.run([sys.executable, "-m", "flopcalc", "sweep", SPEC, *arguments], check=True, capture_output=True)
    return 1


def two_processes(rounds: int) -> None:
    """Print how much faster two processes are than one, in wall time."""
    long_list = pairs(20 * PAIRS)
    long_grid = {"alpha": "0.25:1.4:0.00005", "rho": "0.5:1:0.00005"}
    front = "--alpha 0.35:1.4:0.0001 --rho 0.5:1:0.0000128 --pareto max:params,min:flops --top 3 --metrics params,flops"
    chosen = [*front.split(), "--where", "flops <= 150M and params < 3M"]
    written = ["--alpha", "0.35:1.4:0.001", "--rho", "0.5:1:0.0001", "--output", "FOLDER/rows.csv"]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        cases: dict[str, tuple[Callable[[], int], Callable[[], int]]] = {
            "list of pairs": (
                lambda: drained(sweep(SPEC, long_list, METRICS)),
                lambda: drained(sweep(SPEC, long_list, METRICS, pool)),
            ),
            "Cartesian grid": (
                lambda: drained(sweep(SPEC, long_grid, METRICS)),
                lambda: drained(sweep(SPEC, long_grid, METRICS, pool)),
            ),
            "Cartesian grid, the least of it": (
                lambda: least(sweep(SPEC, long_grid, METRICS))[1],
                lambda: sum(size for _, size in sweep_reduced(SPEC, long_grid, METRICS, least, pool)),
            ),
            "flopcalc sweep, condition and front": (
                lambda: command(*chosen),
                lambda: command(*chosen, "--workers", "2"),
            ),
            "flopcalc sweep, to a CSV file": (
                lambda: command(*written),
                lambda: command(*written, "--workers", "2"),
            ),
        }
        for name, (one, two) in cases.items():
            two()  # both processes have started, and have the memory
            found = [(wall(one), wall(two)) for _ in range(rounds)]
            ratio = statistics.median(b / a for a, b in found)
            print(f"{name:35} {statistics.median(b for _, b in found):14,.4g} a second with two {ratio:12.2f} × one")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    count = operations()
    pairs(PAIRS), pairs(PAIRS // 4)
    cases: dict[str, Callable[[], int]] = {
        "list of pairs": listed,
        "list of pairs, row by row": row_by_row,
        "Cartesian grid": product,
        f"numpy, {count} array operations": floor(count),
        "single analyses": singles,
        **counters(),
    }
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, run in cases.items():
            begun = time.process_time()
            rows = run()
            rates[name].append(rows / (time.process_time() - begun))
    analyses = statistics.median(rates["single analyses"])
    for name, found in rates.items():
        rate = statistics.median(found)
        print(f"{name:35} {rate:14,.1f} configurations a second {rate / analyses:12,.3g} × single analyses")
    two_processes(rounds)


if __name__ == "__main__":
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if any(os.environ.get(name) != value for name, value in one.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **one})  # before numpy has its threads
    main()
