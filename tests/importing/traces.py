"""Traces for tests: recorded ones of PyTorch models, and packaged networks as if they had been imported."""

from __future__ import annotations

import json
from pathlib import Path

from flopcalc.graph import Graph, Node
from flopcalc.importing.trace import Attribute, Step, Trace
from flopcalc.layers import LAYERS

RECORDED = Path(__file__).parent.parent / "goldens" / "traces"


def recorded(name: str) -> Trace:
    """Return a trace that was recorded by running a model of torchvision."""
    head, *rows = (RECORDED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    about = json.loads(head)
    inputs = {label: tuple(shape) for label, shape in about["inputs"].items()}
    return Trace(about["name"], "", about["source"], inputs, tuple(map(_step, rows)), tuple(about["outputs"]))


def _step(row: str) -> Step:
    word, attributes, sources, results, layouts, path, classes, written, shares = json.loads(row)
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}
    shapes = tuple(map(tuple, layouts))
    return Step(
        word,
        given,
        tuple(sources),
        tuple(results),
        shapes,
        tuple(path.split(".")) if path else (),
        tuple(classes),
        written,
        shares,
    )


def flattened(name: str, graph: Graph) -> Trace:
    """Return a graph as a trace; its paths are those of the graph's layers, and no classes are known."""
    labels = {tensor: f"in{tensor}" for tensor in graph.inputs.values()}
    inputs = {label: _whole(graph.shapes[tensor]) for tensor, label in labels.items()}
    owners: dict[str, str] = {}
    steps = []
    for node in graph.nodes:
        sources = tuple([labels[tensor] for tensor in node.inputs])
        labels[node.output] = owners[node.path] = f"t{node.output}"
        layout = _whole(graph.shapes[node.output])
        word, attributes = _said(node, layout)
        path = tuple(node.path.split("."))
        shares = owners[node.shares] if node.shares else ""
        steps.append(Step(word, attributes, sources, (f"t{node.output}",), (layout,), path, (), node.written, shares))
    outputs = tuple(dict.fromkeys(labels[tensor] for tensor in graph.outputs.values()))
    return Trace(name, "", "", inputs, tuple(steps), outputs)


def _said(node: Node, layout: tuple[int, ...]) -> tuple[str, dict[str, Attribute]]:
    """Return a layer's word and its attributes as a spec says them."""
    kind = str(getattr(node.layer, "kind", ""))
    fits = [word for word, primitive in LAYERS.items() if primitive.layer is type(node.layer)]
    word = kind if kind in fits else fits[0]
    attributes: dict[str, Attribute] = {}
    for attribute in LAYERS[word].attributes():
        value = getattr(node.layer, attribute.name, None)
        if value is None or callable(value) or value == attribute.default:
            continue
        if attribute.name == "like":
            attributes["size"] = layout[1:]
        else:
            attributes[attribute.name] = _plain(value)
    return word, attributes


def _plain(value: object) -> Attribute:
    if isinstance(value, tuple):
        items = tuple([item if isinstance(item, str) else int(item) for item in value])
        return items[0] if len({*items}) == 1 and len(items) == 2 else items
    return value if isinstance(value, (bool, str)) else int(value)  # type: ignore[call-overload,no-any-return]


def _whole(shape: tuple[object, ...]) -> tuple[int, ...]:
    return tuple([int(side) for side in shape])  # type: ignore[call-overload]
