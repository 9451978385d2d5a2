"""Random layers that a framework ran: the same shape, parameters and multiply-adds, or no output in either."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flopcalc.errors import Fault
from flopcalc.layers import LAYERS
from flopcalc.number import Arithmetic

GOLDENS = Path(__file__).parent.parent / "goldens" / "framework_layers.jsonl"
ROWS = [json.loads(line) for line in GOLDENS.read_text(encoding="utf-8").splitlines()]


def frozen(value: Any) -> Any:
    """Return a value with its lists as tuples."""
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


def named(row: dict[str, Any]) -> str:
    return f"{row['layer']}({json.dumps(row['attributes'])})@{row['inputs']}".replace('"', "").replace(" ", "")


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_layer_writes_and_costs_what_it_does_in_a_framework(row: dict[str, Any]) -> None:
    primitive, inputs = LAYERS[row["layer"]], frozen(row["inputs"])
    attributes = {name: frozen(value) for name, value in row["attributes"].items()}

    def place() -> tuple[int, ...]:
        layer = primitive.layer.make({**primitive.preset, **attributes}, len(inputs[0]) - 1)
        layer.check(inputs, Arithmetic())
        output = layer.output(inputs, Arithmetic())
        cost = layer.cost(inputs, output)
        assert (cost.params, cost.madds) == (row["params"], row["madds"])
        return output  # type: ignore[return-value]

    if row["output"] is None:
        with pytest.raises(Fault):
            place()
    else:
        assert list(place()) == row["output"]


def test_the_framework_ran_every_kind_of_layer_that_it_has() -> None:
    run = {row["layer"] for row in ROWS if row["output"] is not None} | {
        row["attributes"]["kind"] for row in ROWS if row["layer"] == "activation"
    }
    assert len({row["layer"] for row in ROWS}) == 38
    assert {"conv", "transposed_conv", "einsum", "embedding", "grid_sample", "max_unpool", "unfold"} <= run
