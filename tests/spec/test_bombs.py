"""Input that asks for work without end is refused, shortly and in little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flopcalc import FlopcalcError, analyze

HEAD = "input: [3, 8, 8]\n"
CONV = "  - conv: {out: 8, kernel: 1}\n"


def doubling(entry: str) -> str:
    """Return blocks of which each holds the next one twice."""
    blocks = "".join(f"  b{n}:\n    layers:\n{entry.format(n=n + 1) * 2}" for n in range(40))
    return f"{HEAD}blocks:\n{blocks}  b40:\n    layers: [relu]\nlayers: [b0]\n"


BOMBS = {
    "aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "layers: *i\n",
    "an anchor in itself": "layers: &a [*a]\n",
    "flow nesting": "layers: " + "[" * 100_000 + "]" * 100_000,
    "block nesting": "layers:\n" + "- " * 100_000,
    "a tower of powers": f"{HEAD}layers:\n  - conv: {{out: 9**9**9**9, kernel: 1}}\n",
    "a large exponent": f"{HEAD}layers:\n  - conv: {{out: 1e999999999, kernel: 1}}\n",
    "a long repeat": f"{HEAD}layers:\n{CONV}    repeat: 10**12\n",
    "a long repeat of nothing": f"{HEAD}layers:\n{CONV}    when: i < 0\n    repeat: 10**9\n".replace("i < 0", "1 < 0"),
    "repeats in repeats": f"{HEAD}layers:\n  - layers:\n      - layers:\n          - conv: {{out: 8, kernel: 1}}\n"
    "            repeat: 1000\n        repeat: 1000\n    repeat: 1000\n",
    "blocks that double": doubling("      - b{n}\n"),
    "blocks that double under a condition": doubling("      - b{n}: {{}}\n        when: 1 == 1\n"),
    "functions that double": "define:\n  f0(x): x\n"
    + "".join(f"  f{n}(x): f{n - 1}(x) + f{n - 1}(x)\n" for n in range(1, 60))
    + f"{HEAD}layers:\n  - conv: {{out: f59(1), kernel: 1}}\n",
    "a long expression": f"{HEAD}layers:\n  - conv: {{out: {'1+' * 5_000_000}1, kernel: 1}}\n",
    "many logarithms": f"{HEAD}define:\n  a:\n"
    + "".join(f"    - log({n}, 3) + sqrt({n})\n" for n in range(5, 60_005))
    + f"layers:\n{CONV}",
    "a wide formula": f"parameters: {{a: , b: , c: , d: , e: }}\n{HEAD}layers:\n"
    "  - conv: {out: (a + b + c + d + e) ** 900, kernel: 1}\n  - conv: {out: (a + b + c) ** 900, kernel: 1}\n",
    "a path of a thousand million turns": f"{HEAD}layers:\n  - branches:\n      paths: {{repeat: 10**9, do: [relu]}}\n"
    "      merge: add\n",
}

REFUSED = [name for name in BOMBS if name != "a long repeat of nothing"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_bomb_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_text(BOMBS[name], encoding="utf-8")
    with pytest.raises(FlopcalcError) as caught:
        analyze(str(path))
    assert all(problem.place and problem.place.file == str(path) for problem in caught.value.problems)


PROBE = """
import json, os, subprocess, sys
for path in sys.argv[1:]:
    process = subprocess.Popen(
        [sys.executable, "-m", "flopcalc", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps([process.returncode, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
"""
"""Runs each file and tells its exit code, its message, its processor time in seconds and its peak memory. A process is
charged with the memory of the one that starts it, so that a small one stands between."""


@pytest.mark.skipif(sys.platform == "win32", reason="needs the usage of child processes")
def test_the_bombs_end_soon_and_need_little_memory(tmp_path: Path) -> None:
    # Two seconds and 300 MiB are the aim; time is held with room for a slow machine.
    paths = []
    for number, text in enumerate(BOMBS.values()):
        paths.append(tmp_path / f"bomb{number}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *map(str, paths)], capture_output=True, text=True, timeout=1800, check=True
    )
    for name, line in zip(BOMBS, ran.stdout.splitlines(), strict=True):
        code, said, seconds, memory = json.loads(line)
        assert code == 2 or name not in REFUSED, name
        assert "Traceback" not in said, name
        assert seconds < 20, name
        assert memory / (1 << 20 if sys.platform == "darwin" else 1 << 10) < 300, name


def test_a_long_text_for_a_parameter_is_refused() -> None:
    with pytest.raises(FlopcalcError, match="characters long"):
        analyze("mobilenet_v1", alpha="1+" * 5_000_000 + "1")


def test_ten_thousand_layers_are_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(f"{HEAD}layers:\n  - conv: {{out: 8 + i % 3, kernel: 3}}\n    repeat: 10000\n", encoding="utf-8")
    assert len(analyze(str(path)).layers) == 10_000
