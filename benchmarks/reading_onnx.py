"""How long an ONNX file takes, beside the `onnx` package that loads it; with a file of a given size, or your own.

    python benchmarks/reading_onnx.py [FILE.onnx | MiB]

The two run in turn; medians of five are shown. Without the package only this project's own time is.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "importing"))

from onnx_bytes import FLOAT, graph, model, node, tensor

SIDE = 2048
"""The sides of a matrix of the file that is made: 16 MiB of weights each."""
RUNS = 5


def run(command: list[str]) -> tuple[float, float]:
    """Return processor seconds and peak memory in MiB of one process."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def made(mebibytes: int) -> bytes:
    """Return a file of so many MiB: matrices one behind the other."""
    count = max(mebibytes * 2**20 // (4 * SIDE * SIDE), 1)
    nodes = [node("MatMul", [f"x{turn}", f"w{turn}"], [f"x{turn + 1}"]) for turn in range(count)]
    tensors = (tensor(f"w{turn}", (SIDE, SIDE), None, FLOAT, bytes(4 * SIDE * SIDE)) for turn in range(count))
    return model(graph(nodes, {"x0": (1, SIDE)}, [f"x{count}"], tensors))


@contextmanager
def file(given: str) -> Iterator[str]:
    """Yield the path of a file: the user's, or one of the size that is given."""
    if not given.isdigit():
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "net.onnx")
        subprocess.run([sys.executable, __file__, given, path], check=True)  # whose memory is not this process's
        yield path


def main() -> None:
    """Print the two beside each other; with a path behind the size, write the file there."""
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_bytes(made(int(sys.argv[1])))
        return
    with file(sys.argv[1] if len(sys.argv) > 1 else "100") as path:
        commands = {"flopcalc": [str(Path(sys.executable).with_name("flopcalc")), path]}
        if importlib.util.find_spec("onnx") is None:
            print("The package `onnx` is not installed: it is not measured.")
        else:
            commands["onnx.load"] = [sys.executable, "-c", f"import onnx; onnx.load({path!r})"]
        rows = [{name: run(command) for name, command in commands.items()} for _ in range(RUNS)]
        print(f"{Path(path).stat().st_size / 2**20:.0f} MiB   {'processor':>10} {'memory':>10}")
        for name in commands:
            seconds, memory = (statistics.median(row[name][part] for row in rows) for part in range(2))
            print(f"{name:10} {seconds:8.2f} s {memory:6.0f} MiB")


if __name__ == "__main__":
    main()
