"""How long a whole cold run takes, and a warm analysis, as ratios to importing the libraries, all in one run.

    python benchmarks/startup.py [RUNS]

The machine's own speed drifts, so commands run in turn (A B A B …) and each ratio is of neighbours; medians are shown.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOOR = [sys.executable, "-c", "import click, rich.console, rich.table, yaml"]
"""What a table of numbers needs beside this package."""
SYMBOLS = [sys.executable, "-c", "import sympy"]
"""What a formula needs."""


def run(command: list[str]) -> tuple[float, float, float]:
    """Return wall seconds, processor seconds and peak memory in MiB of one process."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def pairs(command: list[str], floor: list[str], runs: int) -> None:
    """Print a command beside what it needs, measured in turn."""
    run(command), run(floor)
    rows = [(run(command), run(floor)) for _ in range(runs)]
    wall, cpu, memory = (statistics.median(a[i] / b[i] for a, b in rows) for i in range(3))
    shown = " ".join(Path(part).name if "/" in part else part for part in command)
    print(f"{shown:66} {wall:5.2f} {cpu:5.2f} {memory:7.2f}")


def warm(runs: int) -> None:
    """Print warm analyses as shares of the floor's wall time."""
    import flopcalc

    floor = statistics.median(run(FLOOR)[0] for _ in range(runs))
    print(f"\n{'a warm analysis':44} {'ms':>8} {'of the import':>14} {'layers':>7}")
    for name in ("mobilenet_v1", "mobilenet_v2", "shufflenet_v2_x1_0", "resnet50", "resnet152"):
        layers = len(flopcalc.analyze(name).layers)
        times = []
        for _ in range(10 * runs):
            begun = time.perf_counter()
            flopcalc.analyze(name)
            times.append(time.perf_counter() - begun)
        seconds = statistics.median(times)
        print(f"analyze({name!r})".ljust(44), f"{1000 * seconds:8.1f} {seconds / floor:14.4f} {layers:7}")


def growth() -> None:
    """Print how the time grows with the number of layers."""
    import flopcalc

    print(f"\n{'layers':>10} {'seconds':>9} {'per layer, to the first':>24}")
    first = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for layers in (2_500, 5_000, 10_000, 20_000):
            path = Path(folder) / f"chain{layers}.yaml"
            path.write_text(
                f"input: [8, 32, 32]\nlayers:\n  - conv: {{out: 8 + i % 3, kernel: 3}}\n    repeat: {layers}\n",
                encoding="utf-8",
            )
            begun = time.perf_counter()
            flopcalc.analyze(str(path))
            seconds = time.perf_counter() - begun
            first = first or seconds / layers
            print(f"{layers:10,} {seconds:9.2f} {seconds / layers / first:24.2f}")


def main() -> None:
    """Print everything."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    program = str(Path(sys.executable).with_name("flopcalc"))
    for floor, commands in (
        (FLOOR, ["--help", "mobilenet_v1", "resnet50", "mobilenet_v1 --format json", "explain resnet50 4.11G"]),
        (
            SYMBOLS,
            [
                "separable_conv",
                "derive g1",
                "compare conv separable_conv ghost_module",
                "mobilenet_v1 --symbolic alpha,rho",
                "efficientnet_b0 --symbolic resolution",
            ],
        ),
    ):
        print(f"{'to: python -c ' + repr(floor[2]):66} {'wall':>5} {'cpu':>5} {'memory':>7}")
        for arguments in commands:
            pairs([program, *arguments.split()], floor, runs)
    warm(runs)
    growth()


if __name__ == "__main__":
    main()
