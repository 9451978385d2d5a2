"""A flat trace becomes a spec that a person would have written, and stays the same network."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from importing.traces import flattened, recorded

from flopcalc import analyze
from flopcalc.comparison.sameness import first_difference, folded, graph_of
from flopcalc.graph import Graph
from flopcalc.importing.document import read_text, text_of
from flopcalc.importing.folding import fold
from flopcalc.importing.loading import read_at_any_size, read_model
from flopcalc.importing.trace import Attribute, Step, Trace
from flopcalc.spec import load
from flopcalc.spec.catalog import packaged_root

FILES = Path(__file__).parent.parent / "goldens" / "onnx"

ARCHITECTURES = sorted(path.stem for path in (packaged_root() / "architectures").glob("*.yaml"))


def told(graph: Graph) -> list[tuple[object, ...]]:
    """Return everything that is counted of every layer, and what it reads, without the comparison under test."""
    order = {tensor: number for number, tensor in enumerate([*graph.inputs.values(), *(n.output for n in graph.nodes)])}
    return [
        (
            type(node.layer).__name__,
            graph.input_shapes(node),
            graph.shapes[node.output],
            node.cost,
            node.form,
            bool(node.shares),
            tuple([order[tensor] for tensor in node.inputs]),
        )
        for node in graph.nodes
    ]


def graph(text: str) -> Graph:
    return graph_of(read_text(text, "net.yaml"))


def conv(reads: str, writes: str, out: int, kernel: int, where: str, **more: Attribute) -> Step:
    return Step(
        "conv", {"out": out, "kernel": kernel, **more}, (reads,), (writes,), ((out, 8, 8),), tuple(where.split("."))
    )


def plain(word: str, reads: Sequence[str], writes: str, where: str, shape: tuple[int, ...] = (8, 8, 8)) -> Step:
    return Step(word, {}, tuple(reads), (writes,), (shape,), tuple(where.split(".")))


def residual(where: str, reads: str, entering: int, out: int, stride: int) -> list[Step]:
    """Return a block of two convolutions with a shortcut, which has a convolution where its shape is another one."""
    end = f"{where}.relu2"
    name = where.replace(".", "_")
    steps = [
        conv(reads, f"{name}a", out, 3, f"{where}.conv1", **({"stride": stride} if stride > 1 else {})),
        plain("relu", [f"{name}a"], f"{name}b", f"{where}.relu1", (out, 8, 8)),
        conv(f"{name}b", f"{name}c", out, 3, f"{where}.conv2"),
    ]
    shortcut = reads
    if stride > 1 or entering != out:
        shortcut = f"{name}d"
        steps.append(conv(reads, shortcut, out, 1, f"{where}.shortcut", **({"stride": stride} if stride > 1 else {})))
    steps.append(plain("add", [f"{name}c", shortcut], f"{name}e", where, (out, 8, 8)))
    steps.append(plain("relu", [f"{name}e"], f"{name}f", end, (out, 8, 8)))
    return steps


def small() -> Trace:
    """Return a network of a stem and five blocks in two stages."""
    steps = [conv("image", "s", 16, 3, "stem"), plain("relu", ["s"], "s1", "act", (16, 8, 8))]
    reads, entering = "s1", 16
    for stage, (out, stride, count) in enumerate([(16, 1, 2), (32, 2, 2), (64, 2, 3)], 1):
        for number in range(count):
            steps += residual(f"stage{stage}.{number}", reads, entering, out, stride if number == 0 else 1)
            reads, entering = steps[-1].results[0], out
    steps.append(plain("global_pool", [reads], "p", "pool", (64, 1, 1)))
    steps.append(Step("linear", {"out": 10}, ("p",), ("y",), ((10,),), ("fc",)))
    return Trace("small", "", "", {"image": (3, 32, 32)}, tuple(steps), ("y",))


SMALL = """\
name: small
input: [3, 32, 32]
blocks:
  unit:
    parameters: {out: , stride: 1}
    input: [C, H, W]
    layers:
      - branches:
          paths:
            - - conv: {out: out, kernel: 3, stride: stride}
              - relu
              - conv: {out: out, kernel: 3}
            - - conv: {out: out, kernel: 1, stride: stride}
                when: out != C
          merge: add
      - relu
layers:
  - conv: {out: 16, kernel: 3}
  - relu
  - table:
      columns: [out, stride, n]
      rows:
        - [16, 1, 2]
        - [32, 2, 2]
        - [64, 2, 3]
      do:
        - unit: {out: out, stride: stride if i == 0 else 1}
          repeat: n
  - global_pool
  - linear: {out: 10}
"""


def test_blocks_with_a_shortcut_become_one_block_and_their_stages_a_table() -> None:
    assert folded(small()) == SMALL


def test_folding_the_same_trace_again_gives_the_same_text() -> None:
    assert {folded(recorded("mobilenet_v2")) for _ in range(3)} == {folded(recorded("mobilenet_v2"))}


@pytest.mark.parametrize("file", sorted(path.name for path in FILES.glob("*.onnx")))
def test_a_folded_file_is_the_network_that_the_file_holds(file: str) -> None:
    trace = read_model(str(FILES / file))
    text = folded(trace)
    assert told(graph(text)) == told(graph(text_of(trace)))
    assert len(text.splitlines()) <= len(text_of(trace).splitlines())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_packaged_network_that_is_written_out_is_folded_to_itself(name: str) -> None:
    trace = flattened(name, graph_of(load(name)))
    text = fold(trace, lambda text: None)  # which takes the first text: nothing falls back
    assert told(graph(text)) == told(graph(text_of(trace)))


LINES = {
    "resnet50": 45,
    "mobilenet_v2": 48,
    "shufflenet_v2_x1_0": 64,
    "efficientnet_b0": 56,
    "mobilenet_v3_large": 65,
    "inception_v3": 125,
}
"""How many lines a person needs for them, about."""


@pytest.mark.parametrize("name", LINES)
def test_a_recorded_model_is_as_short_as_a_person_would_write_it(name: str) -> None:
    trace = recorded(name)
    text = folded(trace)
    assert len(text.splitlines()) <= LINES[name]
    assert told(graph(text)) == told(graph(text_of(trace)))


# Rows as the papers have them: Table 1 of He et al. 2016, Table 1 of Tan and Le 2019, Table 2 of Sandler et al. 2018.
ROWS = {
    "resnet50": ("[out, stride, n]", [[256, 1, 3], [512, 2, 4], [1024, 2, 6], [2048, 2, 3]]),
    "efficientnet_b0": (
        "[expand, kernel, out, stride, n]",
        [
            [1, 3, 16, 1, 1],
            [6, 3, 24, 2, 2],
            [6, 5, 40, 2, 2],
            [6, 3, 80, 2, 3],
            [6, 5, 112, 1, 3],
            [6, 5, 192, 2, 4],
            [6, 3, 320, 1, 1],
        ],
    ),
    "mobilenet_v2": (
        "[expand, out, stride, n]",
        [
            [1, 16, 1, 1],
            [6, 24, 2, 2],
            [6, 32, 2, 3],
            [6, 64, 2, 4],
            [6, 96, 1, 3],
            [6, 160, 2, 3],
            [6, 320, 1, 1],
        ],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_stages_of_a_network_are_the_rows_of_its_papers_table(name: str) -> None:
    columns, rows = ROWS[name]
    text = folded(recorded(name))
    assert f"columns: {columns}" in text
    assert [f"- {row}" for row in rows] == re.findall(r"- \[[\d, ]+\]", text.split("rows:")[1])


def test_blocks_are_called_as_their_classes_and_their_differences_are_parameters() -> None:
    text = folded(recorded("resnet50"))
    assert "  bottleneck:\n    parameters: {out: , stride: 1}\n    input: [C, H, W]\n" in text
    assert "conv: {out: out / 4, kernel: 3, stride: stride}" in text
    assert "when: out != C" in text


def test_a_layer_that_only_some_blocks_have_stands_under_a_condition_on_its_channels() -> None:
    text = folded(recorded("mobilenet_v2"))
    assert "conv: {out: expand * C, kernel: 1}" in text
    assert "when: expand != 1" in text


def test_gates_that_some_blocks_have_are_there_where_their_channels_are_above_zero() -> None:
    text = folded(recorded("mobilenet_v3_large"))
    assert "conv: {out: squeeze, kernel: 1, bias: true}" in text
    assert "when: squeeze > 0" in text


def test_a_folded_model_takes_another_size_where_nothing_in_it_depends_on_one() -> None:
    text = folded(read_at_any_size(str(FILES / "torchvision-squeezenet1_1.onnx")))
    spec = read_text(text, "squeezenet.yaml")
    # multiply-adds of convolutions at 227×227, measured by running the model
    assert analyze(spec, input="3,227,227").totals.madds == 387747520


# -- where it cannot be folded ---------------------------------------------------------------------------------------


def test_what_can_never_be_the_same_is_written_flat() -> None:
    trace = small()
    assert fold(trace, lambda text: None if text == text_of(trace) else 0) == text_of(trace)


def test_a_text_that_cannot_be_read_is_never_taken() -> None:
    trace = small()
    assert fold(trace, lambda text: -1) == text_of(trace)


def test_a_block_that_is_not_the_same_is_written_out_and_the_others_stay() -> None:
    trace = recorded("shufflenet_v2_x1_0")
    first = folded(trace)
    seen: list[str] = []

    def refuses_blocks(text: str) -> int | None:
        seen.append(text)
        return 12 if "blocks:" in text and len(seen) < 3 else None

    text = fold(trace, refuses_blocks)
    assert text == first or "blocks:" not in text
    assert "table:" in text or "repeat:" in text


def test_layers_that_share_parameters_are_named_and_stay_shared() -> None:
    steps = (
        conv("x", "a", 8, 3, "left.conv"),
        plain("relu", ["a"], "a1", "left.act"),
        Step("conv", {"out": 8, "kernel": 3}, ("a1",), ("b",), ((8, 8, 8),), ("left", "conv"), (), "", "a"),
        plain("relu", ["b"], "b1", "left.act"),
    )
    text = folded(Trace("tied", "", "", {"x": (8, 8, 8)}, steps, ("b1",)))
    assert "shares: left_conv" in text
    assert sum(int(node.cost.params) for node in graph(text).nodes) == 8 * 8 * 9


def test_tensors_that_leave_from_inside_are_outputs() -> None:
    trace = small()
    tapped = trace.steps[12].results[0]
    other = Trace(trace.name, "", "", trace.inputs, trace.steps, (tapped, *trace.outputs))
    text = folded(other)
    assert told(graph(text)) == told(graph(text_of(other)))
    assert len(graph(text).outputs) == 2


def test_attributes_that_follow_from_the_map_stay_expressions() -> None:
    steps: list[Step] = []
    reads = "x"
    for number in range(3):
        name = f"ups.{number}"
        low, up, end = f"l{number}", f"u{number}", f"e{number}"
        steps += [
            conv(reads, low, 8, 3, f"{name}.down", stride=2),
            Step("upsample", {"like": reads}, (low,), (up,), ((8, 8, 8),), ("ups", str(number))),
            plain("add", [reads, up], end, name),
        ]
        reads = end
    steps.append(Step("reshape", {"shape": (4, 2, "height", "width")}, (reads,), ("y",), ((4, 2, 8, 8),)))
    text = folded(Trace("sizes", "", "", {"x": (8, 8, 8)}, tuple(steps), ("y",)))
    assert "like: input" in text or "repeat: 3" in text
    assert analyze(read_text(text, "sizes.yaml"), input="8,30,40").totals.graph.shapes[-1] == (4, 2, 30, 40)


def test_two_inputs_keep_their_names_and_their_order() -> None:
    steps = (
        conv("left", "a", 8, 3, "a"),
        conv("right", "b", 8, 3, "b"),
        plain("add", ["a", "b"], "c", "c"),
    )
    text = folded(Trace("two", "", "", {"left": (3, 8, 8), "right": (4, 8, 8)}, steps, ("c",)))
    assert "inputs:\n  left: [3, 8, 8]\n  right: [4, 8, 8]\n" in text
    assert told(graph(text))[2][-1] == (2, 3)


@pytest.mark.parametrize("word", ["Conv", "Input", "Layers", "Table", "Map", "true", "Ünit", "A.B", "1x1", "round"])
def test_a_class_may_be_called_as_a_word_of_the_language(word: str) -> None:
    steps: list[Step] = []
    reads = "x"
    for number in range(3):
        for step in residual(f"{word}s.{number}", reads, 8, 8 * (number + 1), 1):
            classes = ("Sequential", word) if len(step.path) == 2 else ("Sequential", word, "Module")
            steps.append(Step(step.word, step.attributes, step.sources, step.results, step.layouts, step.path, classes))
        reads = steps[-1].results[0]
    trace = Trace("net", "", "", {"x": (8, 8, 8)}, tuple(steps), (reads,))
    assert told(graph(folded(trace))) == told(graph(text_of(trace)))


def test_a_network_without_names_is_cut_where_one_tensor_alone_is_alive() -> None:
    steps = [Step(s.word, s.attributes, s.sources, s.results, s.layouts) for s in small().steps]
    trace = Trace("small", "", "", {"image": (3, 32, 32)}, tuple(steps), ("y",))
    text = folded(trace)
    assert "blocks:\n  unit:\n" in text
    assert "- [64, 2, 3]" in text


@pytest.mark.parametrize("named", [True, False])
def test_three_thousand_steps_are_folded_in_seconds(named: bool) -> None:
    steps: list[Step] = []
    reads, entering = "x", 8
    for number in range(500):
        out = (8, 16, 24, 8, 40)[number * number % 5]
        steps += residual(f"stage{number // 25}.{number % 25}", reads, entering, out, 1)
        reads, entering = steps[-1].results[0], out
    if not named:
        steps = [Step(s.word, s.attributes, s.sources, s.results, s.layouts) for s in steps]
    start = time.process_time()
    text = fold(Trace("long", "", "", {"x": (8, 8, 8)}, tuple(steps), (reads,)), lambda text: None)
    assert time.process_time() - start < 60
    assert len(text.splitlines()) < len(steps)


# -- the comparison ---------------------------------------------------------------------------------------------------

CHANGES: Mapping[str, str] = {
    "- [32, 2, 2]": "- [32, 2, 3]",
    "conv: {out: out, kernel: 3}\n": "conv: {out: out, kernel: 1}\n",
    "merge: add": "merge: multiply",
    "linear: {out: 10}": "linear: {out: 10, bias: false}",
    "  - global_pool\n": "  - global_pool: {}\n    written: mean\n",
    "[3, 32, 32]": "[3, 32, 64]",
}


@pytest.mark.parametrize("before", CHANGES)
def test_the_comparison_finds_a_change(before: str) -> None:
    assert before in SMALL
    other = SMALL.replace(before, CHANGES[before])
    assert first_difference(graph(SMALL), graph(SMALL)) is None
    assert first_difference(graph(SMALL), graph(other)) is not None
    assert first_difference(graph(other), graph(SMALL)) is not None


def test_the_comparison_finds_that_a_layer_reads_another_tensor_of_the_same_shape() -> None:
    text = (
        "input: [8, 4, 4]\nlayers:\n  - relu: {}\n    as: a\n  - relu: {}\n    as: b\n  - add: {}\n    from: [a, b]\n"
    )
    other = text.replace("from: [a, b]", "from: [b, a]")
    assert first_difference(graph(text), graph(other)) == 2
