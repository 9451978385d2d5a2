"""The processor time of all shipped derivations, proved and recounted, in imports of sympy on the same machine."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from flopcalc import derive
from flopcalc.spec import catalog


def imported() -> float:
    """Return the processor time of one cold import of sympy, in seconds."""
    code = "import time; began = time.process_time(); import sympy; print(time.process_time() - began)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    names = [entry.name for entry in catalog.index() if entry.kind == "derivations"]
    before = [imported() for _ in range(3)]
    began = time.process_time()
    for name in names:
        derive(name)
    taken = time.process_time() - began
    unit = median([*before, *(imported() for _ in range(3))])
    print(f"{len(names)} derivations: {taken:.1f} s, {taken / unit:.0f} imports of sympy of {unit:.2f} s")


if __name__ == "__main__":
    main()
