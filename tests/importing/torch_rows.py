"""What PyTorch's models have, and how they are built, for the tests with torch and those on recordings."""

from __future__ import annotations

import csv
from pathlib import Path

HERE = Path(__file__).parent
RECORDINGS = HERE / "torch_recordings"
AWKWARD = HERE / "awkward_modules.py"

BY_HAND = {
    # 3 → 32 by 16×16 on 4×4, the projections of 16 tokens, their products, the last projection
    "MHA": ((3, 64, 64), 28896, 393216 + 16 * 32 * 96 + 2 * 4 * 16 * 16 * 8 + 16 * 32 * 32),
    "StringSame": ((3, 64, 64), 384 + 584, 64 * 64 * (3 * 8 * 16 + 8 * 8 * 9)),
    "DynamicConv": ((3, 64, 64), 16 + 4 * 216, 3 * 4 + 4 * 216 + 64 * 64 * 8 * 27),
    "Conv1d3d": ((3, 64, 64), 128 + 112 + 40, 2048 * 8 * 15 + 3 * 4096 * 4 * 27 + 3 * 62 * 62 * 4 * 9),
    "NoBatchBN": ((3, 64, 64), 32 + 16 + 16 + 16 + 1 + 8, 4096 * 24),
    "Views": ((3, 64, 64), 32 + 20 + 18, 4096 * (24 + 16 + 16)),
    "Caught": ((3, 64, 64), 32 + 16, 4096 * 24),
    "Constants": ((3, 64, 64), 32, 64 * 24),
    # each of two layers in two directions: three gates of 8 that read 16, and 8 of the state before, twice biased
    "Recurrent": ((10, 16), 4 * (24 * 24 + 48) + 18, 10 * 4 * 24 * 24 + 16),
    "Tokens": ((7,), 400, 7 * 400),
}
"""Of modules that no other tool was measured on: the input, parameters and multiply-adds, worked out by hand."""


def measured() -> list[dict[str, str]]:
    """Return the rows of models that torch's own counter was measured on."""
    with (HERE / "models.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def shape_of(text: str) -> tuple[int, ...]:
    """Return an input's shape without the batch, as a row has it."""
    return (int(text.split()[0]),) if text.endswith("tokens") else tuple(int(side) for side in text.split("x"))


EXPECTED = {
    **{f"{row['source']}-{row['model']}": (int(row["params"]), int(row["madds"])) for row in measured()},
    **{f"awkward-{name}": (params, madds) for name, (_, params, madds) in BY_HAND.items()},
}
"""Parameters and multiply-adds, by the names of the recordings."""
