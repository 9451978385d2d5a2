"""Every kind of layer as operators: a runtime writes the shape of the table by hand, and of the framework."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from layer_table import ROWS

from flopcalc.errors import Fault, Place
from flopcalc.exporting import model_bytes, model_of
from flopcalc.graph import Graph, Node
from flopcalc.layers import LAYERS, Layer, Shape
from flopcalc.number import Arithmetic

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

GOLDENS = Path(__file__).parent.parent / "goldens" / "framework_layers.jsonl"

Case = tuple[Layer, tuple[Shape, ...], Shape]


def frozen(value: Any) -> Any:
    return tuple(frozen(item) for item in value) if isinstance(value, list) else value


def made(word: str, attributes: Mapping[str, Any], inputs: Sequence[Shape]) -> Layer:
    primitive = LAYERS[word]
    return primitive.layer.make({**primitive.preset, **attributes}, len(inputs[0]) - 1 if inputs else 2)


def cases() -> dict[str, list[Case]]:
    """Return the layers with what they read and should write, by their words."""
    found: dict[str, list[Case]] = defaultdict(list)
    for row in ROWS:
        found[row.word].append((made(row.word, row.attributes, row.inputs), row.inputs, row.output))
    for line in GOLDENS.read_text(encoding="utf-8").splitlines():
        golden = json.loads(line)
        if golden["output"] is not None:
            attributes = {name: frozen(value) for name, value in golden["attributes"].items()}
            inputs = frozen(golden["inputs"])
            found[golden["layer"]].append((made(golden["layer"], attributes, inputs), inputs, frozen(golden["output"])))
    del found["custom"]
    return {word: [case for case in rows if not case[0].absent] for word, rows in found.items()}


CASES = cases()


def side_by_side(rows: Sequence[Case]) -> Graph:
    """Return a graph in which the layers stand beside one another, each with inputs of its own."""
    shapes: list[Shape] = [shape for _, inputs, _ in rows for shape in inputs]
    entering = len(shapes)
    nodes: list[Node] = []
    start = 0
    for number, (layer, inputs, output) in enumerate(rows):
        reads = tuple(range(start, start + len(inputs)))
        cost = layer.cost(inputs, layer.output(inputs, Arithmetic()))
        path = f"row{number}"
        nodes.append(Node(path, path, "", layer, reads, entering + number, 1, cost, Place("rows.yaml")))
        start += len(inputs)
        shapes.append(output)
    labels = {f"in{tensor}": tensor for tensor in range(entering)}
    return Graph(tuple(shapes), labels, tuple(nodes), {f"out{n}": node.output for n, node in enumerate(nodes)})


@pytest.mark.parametrize("word", CASES)
def test_a_runtime_writes_the_shape_that_is_known_from_elsewhere(word: str) -> None:
    hold(CASES[word])


WINDOWED = ("conv", "depthwise", "transposed_conv", "max_pool", "avg_pool", "adaptive_avg_pool", "max_unpool", "unfold")
"""The layers whose sides follow from many attributes together."""


def drawn(word: str, source: random.Random) -> Case | None:
    """Draw a layer with what it reads; None where it does not fit."""
    sides = source.randint(1, 3)
    shape = (source.choice((2, 4)), *(source.randint(1, 11) for _ in range(sides)))

    def each(least: int, most: int) -> int | tuple[int, ...]:
        return source.choice((source.randint(least, most), tuple(source.randint(least, most) for _ in range(sides))))

    ends = tuple(source.randint(0, 3) for _ in range(2 * sides))
    values: dict[str, Any] = {
        "kernel": each(1, 4),
        "stride": each(1, 4),
        "padding": source.choice(("same", "same_upper", "valid", each(0, 2), ends)),
        "dilation": each(1, 2),
        "output_padding": each(0, 2),
        "ceil_mode": source.random() < 0.5,
        "size": each(1, 7),
        "out": 4,
    }
    if word in ("max_unpool", "unfold"):
        values["padding"] = each(0, 1)
    known = {attribute.name for attribute in LAYERS[word].attributes()}
    try:
        layer = made(word, {name: value for name, value in values.items() if name in known}, [shape])
        layer.check((shape,), Arithmetic())
        return layer, (shape,), layer.output((shape,), Arithmetic())
    except Fault:
        return None


@pytest.mark.parametrize("word", WINDOWED)
def test_a_runtime_and_we_agree_on_layers_drawn_at_random(word: str) -> None:
    source = random.Random(word)
    rows = [case for _ in range(250) if (case := drawn(word, source)) is not None]
    assert len(rows) > 40
    hold(rows)


def hold(rows: Sequence[Case]) -> None:
    """Run layers beside one another, and hold what they write to the shapes that are wanted."""
    data = model_bytes(model_of(side_by_side(rows), "rows"))
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(0)
    feed = {
        entry.name: np.zeros(entry.shape, np.int64)
        if entry.type == "tensor(int64)"
        else generator.random(entry.shape, np.float32)
        for entry in session.get_inputs()
    }
    written = session.run(None, feed)
    assert [values.shape for values in written] == [(1, *output) for _, _, output in rows]
    assert all(np.isfinite(values).all() for values in written)


def test_every_word_of_the_language_is_run_but_layers_that_only_say_what_they_cost() -> None:
    kinds = {layer.reported_kind for rows in CASES.values() for layer, _, _ in rows}
    assert {*LAYERS} - {*CASES} - kinds == {"custom"}
