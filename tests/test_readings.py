"""How a network is read: fused, as a batch, in training; by hand, by simulation, and against published networks."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from random_networks import analyse_data, networks

import flopcalc
from flopcalc import load
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Graph
from flopcalc.layers import volume
from flopcalc.reading import Reading, reading_of
from flopcalc.report import Report

few = settings(deadline=None, max_examples=40)

Analyse = Callable[..., Report]

GOLDENS = Path(__file__).parent / "goldens"


def measured(report: Report) -> tuple[Any, ...]:
    """Return parameters, multiply-adds, memory access cost, activations and peak memory."""
    totals = report.totals
    return totals.params, totals.madds, totals.mac, totals.activations, totals.peak_memory


# -- three layers, by hand -------------------------------------------------------------------------------------------

THREE = """
input: [3, 4, 4]
layers:
  - conv: {out: 4, kernel: 3}
  - norm
  - relu
"""
# conv: 3·3·3·4 = 108 weights on 16 positions; it reads 48 elements and writes 64. norm: 8 parameters, 64 in, 64 out.


@pytest.mark.parametrize(
    ("reading", "params", "madds", "mac", "activations", "peak"),
    [
        ({}, 108 + 8, 108 * 16, (48 + 108 + 64) + (64 + 8 + 64) + (64 + 64), 64, 64 + 64),
        ({"fused": True}, 108 + 4, 108 * 16, 48 + 112 + 64, 64, 48 + 64),
        ({"batch": 5}, 116, 5 * 1728, (5 * 48 + 108 + 5 * 64) + (8 + 10 * 64) + 10 * 64, 5 * 64, 5 * 128),
        ({"batch": 5, "fused": True}, 112, 5 * 1728, 5 * 48 + 112 + 5 * 64, 5 * 64, 5 * 112),
    ],
)
def test_three_layers_cost_what_a_hand_computes(
    analyse: Analyse, reading: dict[str, Any], params: int, madds: int, mac: int, activations: int, peak: int
) -> None:
    assert measured(analyse(THREE, **reading)) == (params, madds, mac, activations, peak)


def test_the_symbol_of_a_batch_stands_for_every_number(analyse: Analyse) -> None:
    for fused in (False, True):
        formulas = measured(analyse(THREE, batch="N", fused=fused))
        for batch in (1, 2, 7):
            symbol = {one for value in formulas if hasattr(value, "free_symbols") for one in value.free_symbols}
            values = [
                int(value.subs(dict.fromkeys(symbol, batch))) if hasattr(value, "subs") else value for value in formulas
            ]
            assert tuple(values) == measured(analyse(THREE, batch=batch, fused=fused))


def test_the_default_reading_is_the_report_without_one(analyse: Analyse) -> None:
    report = analyse(THREE, fused=False, batch=1, training=False)
    assert report.reading == Reading()
    assert report.training is None
    assert measured(report) == measured(analyse(THREE))
    assert report.notes == ()


def test_the_peak_is_told_with_the_layer_that_holds_it(analyse: Analyse) -> None:
    assert analyse(THREE).totals.peak_layer == "norm"
    assert analyse(THREE, fused=True).totals.peak_layer == "conv"
    assert analyse("input: [9, 1, 1]\nlayers:\n  - identity\n").totals.peak_layer is None


# -- folded ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "given", "params"),
    [
        ("mobilenet_v1", {}, 4_221_032),  # Keras' MobileNet without its norms' 21,888 and with 10,944 biases
        ("resnet50", {}, 25_557_032 - 53_120 // 2),
        ("yolov5s", {}, 7_225_885),  # as its authors print it folded, beside 7,235,389
    ],
)
def test_a_published_network_has_its_folded_parameters(spec: str, given: dict[str, Any], params: int) -> None:
    assert flopcalc.analyze(spec, fused=True, **given).totals.params == params


@pytest.mark.parametrize(("classes", "mac"), [(2, 702_116), (1000, 959_600)])
def test_a_small_mobilenet_in_int8_moves_what_a_runtime_does(classes: int, mac: int) -> None:
    report = flopcalc.analyze("mobilenet_v1:alpha=0.25", input="3,96,96", fused=True, dtype="int8", classes=classes)
    assert report.measure("mac_bytes") == mac
    assert report.measure("peak_memory_bytes") == 55_296


def _measured_models() -> list[tuple[str, int, int]]:
    with (GOLDENS / "measured_models.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["options"] == "{}" and row["spec"].startswith("resnet")]
    return [(row["spec"], int(row["params"]), int(row["norm_params"])) for row in rows]


@pytest.mark.parametrize(("spec", "params", "norms"), _measured_models())
def test_a_folded_resnet_has_a_bias_for_each_pair_that_its_norms_learned(spec: str, params: int, norms: int) -> None:
    report = flopcalc.analyze(spec, fused=True)
    assert report.totals.params == params - norms // 2
    assert all(row.kind != "norm" for row in report.layers)


KINDS = """
input: [4, 6, 6]
layers:
  - depthwise: {kernel: 3}
  - norm
  - transposed_conv: {out: 6, kernel: 2, stride: 2, padding: 0}
  - norm
  - global_pool
  - linear: {out: 8}
  - norm
"""


def test_every_kind_of_layer_with_weights_takes_a_norm_over(analyse: Analyse) -> None:
    # 36 + 4 · 96 + 6 · 48 + 8, each with a bias; a linear layer has one already
    assert analyse(KINDS, fused=True).totals.params == (36 + 4) + (96 + 6) + (48 + 8)
    assert analyse(KINDS).totals.params == (36 + 8) + (96 + 12) + (48 + 8 + 16)


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ("- conv: {out: 3, kernel: 1}\n  - norm: {kind: layer}", "1 whose factors follow from what it reads"),
        ("- norm\n  - conv: {out: 3, kernel: 1}", "1 behind what has no weights of its own"),
        (
            "- conv: {out: 3, kernel: 1}\n    as: a\n  - norm:\n    as: b\n  - add:\n    from: [a, b]",
            "1 behind a layer that something else reads too",
        ),
        ("- linear: {out: 4, axis: 1}\n  - norm", "1 behind weights of another axis than the channels"),
        ("- conv: {out: 3, kernel: 1}\n  - norm: {axis: 1}", "1 whose factors are not one for each channel"),
        (
            "- parameter: [3, 3, 1, 1]\n    as: k\n  - dynamic_conv: {out: 3, kernel: 1}\n    from: [input, k]\n"
            "  - norm",
            "1 behind what has no weights of its own",
        ),
    ],
)
def test_a_norm_that_cannot_be_folded_stays_and_the_notes_say_why(analyse: Analyse, layers: str, why: str) -> None:
    text = f"input: [3, 4, 4]\nlayers:\n  {layers}\n"
    plain, report = analyse(text), analyse(text, fused=True)
    assert report.totals.params == plain.totals.params
    assert report.notes[1:] == (f"1 norm stays: {why}.",)


SHARED = """
input: [4, 4, 4]
layers:
  - conv: {out: 4, kernel: 1}
    name: first
  - norm:
    name: scale
  - conv: {out: 4, kernel: 1}
    shares: first
  - norm:
"""


def test_a_shared_layer_is_folded_only_where_its_norms_are_one(analyse: Analyse) -> None:
    different = analyse(SHARED, fused=True)
    assert different.totals.params == 16 + 8 + 8
    assert "2 norms stay: 2 behind a layer that shares its weights" in different.notes[1]
    folded = analyse(SHARED + "    shares: scale\n", fused=True)
    assert folded.totals.params == 16 + 4  # one kernel and one bias for both
    assert folded.totals.mac == 2 * (64 + 20 + 64)


def test_a_norm_that_lends_its_parameters_is_folded_and_the_borrower_counts_them(analyse: Analyse) -> None:
    text = """
input: [4, 4, 4]
layers:
  - conv: {out: 4, kernel: 1}
  - norm:
    name: scale
  - relu:
    as: a
  - add:
    from: [a, a]
  - norm:
    shares: scale
"""
    report = analyse(text, fused=True)
    assert report.totals.params == 16 + 4 + 8
    assert [row.shares for row in report.layers] == [""] * len(report.layers)


# -- in place --------------------------------------------------------------------------------------------------------


def in_place(report: Report) -> list[bool]:
    graph = report.totals.graph
    return [node.view for node in graph.nodes if node.layer.name == "activation"]


@pytest.mark.parametrize(
    ("layers", "placed"),
    [
        ("- conv: {out: 3, kernel: 1}\n  - relu", [True]),
        ("- relu\n  - conv: {out: 3, kernel: 1}", [False]),  # the input is the user's
        ("- conv: {out: 3, kernel: 1}\n    as: a\n  - relu:\n    as: b\n  - add:\n    from: [a, b]", [False]),
        ("- conv: {out: 3, kernel: 1}\n  - softmax", [False]),
        ("- conv: {out: 3, kernel: 1}\n  - relu\n  - sigmoid", [True, True]),
        ("- conv: {out: 3, kernel: 1}\n  - identity\n  - gelu", [True]),
        ("- parameter: [3, 4, 4]\n    as: p\n  - relu:\n    as: q\n  - add:\n    from: [input, q]", [False]),
    ],
)
def test_an_activation_is_in_place_where_nobody_else_reads_its_input(
    analyse: Analyse, layers: str, placed: list[bool]
) -> None:
    assert in_place(analyse(f"input: [3, 4, 4]\nlayers:\n  {layers}\n", fused=True)) == placed


def test_an_activation_of_a_part_stays_where_the_whole_is_read(analyse: Analyse) -> None:
    text = """
input: [4, 2, 2]
layers:
  - conv: {out: 4, kernel: 1}
  - split: {parts: 2}
    as: [gate, value]
  - sigmoid:
    from: gate
    as: open
  - multiply:
    from: [open, value]
"""
    assert in_place(analyse(text, fused=True)) == [False]


def test_a_prelu_in_place_reads_its_slopes_alone(analyse: Analyse) -> None:
    report = analyse("input: [3, 4, 4]\nlayers:\n  - conv: {out: 5, kernel: 1}\n  - prelu\n", fused=True)
    assert report.layers[1].mac == report.layers[1].params == 5
    assert report.totals.peak_memory == 48 + 80


def simulated_peak(graph: Graph) -> int:
    """Run the layers with reference counts; what is computed in place takes over the store of what it reads."""
    left: dict[int, int] = {}
    for node in graph.nodes:
        for tensor in node.inputs:
            left[tensor] = left.get(tensor, 0) + 1
    for tensor in graph.outputs.values():
        left[tensor] = left.get(tensor, 0) + 1
    store = {tensor: tensor for tensor in graph.inputs.values()}
    sizes = {tensor: int(volume(graph.shapes[tensor])) for tensor in store}
    peak = sum(sizes.values())
    for node in graph.nodes:
        if node.view:
            store[node.output] = store[node.inputs[0]]
        else:
            store[node.output] = node.output
            sizes[node.output] = int(volume(graph.shapes[node.output]))
        peak = max(peak, sum(sizes.values()))
        for tensor in node.inputs:
            left[tensor] -= 1
        alive = {store[tensor] for tensor in store if left.get(tensor, 0) > 0}
        sizes = {tensor: size for tensor, size in sizes.items() if tensor in alive}
    return peak


@few
@given(data=networks(overview=True))
def test_a_fused_random_network_keeps_what_it_computes_and_its_peak_is_simulated(data: dict[str, Any]) -> None:
    plain, fused = analyse_data(data), analyse_data(data, fused=True)
    assert fused.totals.madds == plain.totals.madds
    assert fused.totals.mac <= plain.totals.mac
    assert fused.totals.params <= plain.totals.params
    assert fused.totals.peak_memory == simulated_peak(fused.totals.graph) <= plain.totals.peak_memory
    graph = fused.totals.graph
    written = {*graph.inputs.values()}
    for node in graph.nodes:  # it can still be run in this order
        assert {*node.inputs} <= written
        written.add(node.output)
    assert {*graph.outputs.values()} <= written


# -- a batch ---------------------------------------------------------------------------------------------------------


@few
@given(data=networks(overview=True))
def test_a_batch_of_a_random_network_repeats_everything_but_its_parameters(data: dict[str, Any]) -> None:
    one, five = analyse_data(data), analyse_data(data, batch=5)
    params = one.totals.params
    assert five.totals.params == params
    assert five.totals.madds == 5 * one.totals.madds
    assert five.totals.activations == 5 * one.totals.activations
    assert five.totals.peak_memory == 5 * one.totals.peak_memory
    assert five.totals.mac == 5 * (one.totals.mac - params) + params


@pytest.mark.parametrize("name", ["thop", "fvcore", "strict", "torchinfo", "ptflops"])
def test_the_flops_of_a_batch_are_those_of_its_samples_under_every_convention(name: str) -> None:
    one, eight = (flopcalc.analyze("mobilenet_v2", convention=name, batch=batch) for batch in (1, 8))
    assert eight.totals.flops == 8 * one.totals.flops
    assert sum(each.value for each in eight.counted(metric="params")) == sum(
        each.value for each in one.counted(metric="params")
    )


def test_what_follows_from_parameters_alone_is_computed_once(analyse: Analyse) -> None:
    text = """
input: [4, 3]
layers:
  - parameter: [4, 3]
    as: table
  - relu:
    as: bent
  - add:
    from: [input, bent]
"""
    one, ten = analyse(text), analyse(text, batch=10)
    assert one.totals.mac == (12 + 12) + (12 + 12 + 12)
    assert ten.totals.mac == (12 + 12) + (120 + 12 + 120)
    assert ten.totals.params == 12
    # the input, the table and what is bent of it; then the input, that, and the sum
    assert ten.totals.peak_memory == 120 + 12 + 120


def test_shared_parameters_are_read_every_time_and_not_for_every_sample(analyse: Analyse) -> None:
    text = SHARED.replace("  - norm:\n    name: scale\n", "").replace("  - norm:\n", "")
    report = analyse(text, batch=3)
    assert report.totals.params == 16
    assert report.totals.mac == 2 * (3 * 64 + 16 + 3 * 64)


def test_an_embedding_reads_rows_for_every_sample(analyse: Analyse) -> None:
    report = analyse("input: [7]\nlayers:\n  - embedding: {count: 100, out: 5}\n", batch=4)
    assert report.totals.mac == 4 * (7 + 35 + 35)


# -- symbols ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["separable_conv", "resnet_bottleneck", "resnet_basic"])
def test_a_fused_block_in_symbols_is_the_block_in_numbers(name: str) -> None:
    values = {"C": 16, "M": 4, "O": 8, "K": 3, "H": 6, "W": 10, "t": 6, "g": 2, "c": 4, "n": 16}
    with_norms = {"norm": True, "activation": "relu"} if "norm" in load(name).known else {}
    formulas = flopcalc.analyze(name, fused=True, batch="B", **with_norms)
    known = {key: value for key, value in values.items() if str(formulas.parameters.get(key)) == key}
    numbers = flopcalc.analyze(name, fused=True, batch=6, **with_norms, **known)
    assert "0 norms" not in formulas.notes[0] or not with_norms
    for metric in ("params", "madds", "mac", "activations"):
        formula: Any = formulas.measure(metric)
        symbols = {str(one): one for one in getattr(formula, "free_symbols", ())}
        there = {one: {**known, "B": 6}[text] for text, one in symbols.items()}
        assert int(formula.subs(there) if symbols else formula) == numbers.measure(metric)


def test_a_symbolic_repeat_whose_turns_differ_is_refused(analyse: Analyse) -> None:
    text = """
parameters: {K: }
input: [4, 8, 8]
layers:
  - repeat: K
    layers:
      - norm
      - relu
      - conv: {out: 4, kernel: 1}
"""
    assert analyse(text, K=3, fused=True).totals.params == 8 + 3 * 16 + 2 * 4
    with pytest.raises(FlopcalcError, match="needs every turn of the repeat by itself"):
        analyse(text, fused=True)


def test_a_symbolic_repeat_of_whole_blocks_is_folded(analyse: Analyse) -> None:
    text = """
parameters: {K: }
input: [4, 8, 8]
layers:
  - repeat: K
    layers:
      - conv: {out: 4, kernel: 1}
      - norm
      - relu
"""
    formula: Any = analyse(text, fused=True).totals.params
    assert str(formula) == "20*K"
    assert analyse(text, K=7, fused=True).totals.params == 140
    mac: Any = analyse(text, fused=True, batch=2).totals.mac
    assert int(mac.subs(dict.fromkeys(mac.free_symbols, 7))) == analyse(text, K=7, fused=True, batch=2).totals.mac


# -- training --------------------------------------------------------------------------------------------------------


def test_three_layers_in_training_take_what_a_hand_computes(analyse: Analyse) -> None:
    step = analyse(THREE, training=True, optimizer="adam").training
    assert step is not None
    assert (step.forward_madds, step.backward_madds, step.madds) == (1728, 1728, 3456)  # no gradient of the input
    kept = [(kept.kind, kept.what, kept.elements) for kept in step.kept]
    assert kept == [("conv", "inputs", 48), ("norm", "inputs", 64), ("relu", "output", 64)]
    assert (step.gradients, step.state, step.memory) == (116, 232, 116 + 116 + 232 + 176)


@pytest.mark.parametrize(("optimizer", "state"), [("sgd", 0), ("momentum", 116), ("adam", 232)])
def test_an_optimizer_remembers_so_much(analyse: Analyse, optimizer: str, state: int) -> None:
    step = analyse(THREE, training=True, optimizer=optimizer).training
    assert step is not None
    assert step.state == state


def test_a_network_of_convolutions_trains_for_twice_its_multiply_adds_but_for_the_first_input_gradient() -> None:
    step = flopcalc.analyze("resnet50", training=True).training
    assert step is not None
    first = 7 * 7 * 3 * 64 * 112 * 112
    assert step.backward_madds == 2 * 4_089_184_256 - first
    # every conv has a norm, and every norm keeps what its convolution writes: conv_activations of measured_models.csv
    assert next(kept for kept in step.kept if kept.kind == "norm").elements == 11_113_984


class Tape:
    """Training as a program does it: every operation closes over the stores that its gradient will read."""

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.saved: set[int] = set()
        self.backward = 0

    def new(self, size: int, wanted: bool) -> tuple[int, int, bool]:
        self.sizes[len(self.sizes)] = size
        return len(self.sizes) - 1, size, wanted

    def weighted(self, x: tuple[int, int, bool], size: int, madds: int) -> tuple[int, int, bool]:
        self.saved.add(x[0])  # the weights' gradient is the input times the output's gradient
        self.backward += madds * (2 if x[2] else 1)
        return self.new(size, True)

    def relu(self, x: tuple[int, int, bool]) -> tuple[int, int, bool]:
        y = self.new(x[1], x[2])
        if x[2]:
            self.saved.add(y[0])
        return y

    def swish(self, x: tuple[int, int, bool]) -> tuple[int, int, bool]:
        if x[2]:
            self.saved.add(x[0])
        return self.new(x[1], x[2])

    def times(self, x: tuple[int, int, bool], y: tuple[int, int, bool], size: int, madds: int) -> tuple[int, int, bool]:
        if x[2]:
            self.saved.add(y[0])
        if y[2]:
            self.saved.add(x[0])
        self.backward += madds * (x[2] + y[2])
        return self.new(size, x[2] or y[2])

    def apart(self, x: tuple[int, int, bool], size: int, places: int = 0) -> tuple[int, int, bool]:
        if x[2] and places:
            self.saved.add(self.new(places, False)[0])
        return self.new(size, x[2])

    @property
    def kept(self) -> int:
        return sum(self.sizes[store] for store in self.saved)


def test_a_gated_block_keeps_and_computes_what_a_tape_does(analyse: Analyse) -> None:
    text = """
input: [4, 6, 6]
layers:
  - relu
  - conv: {out: 8, kernel: 3}
    as: map
  - global_pool
  - conv: {out: 8, kernel: 1}
  - sigmoid:
    as: gate
  - multiply:
    from: [map, gate]
  - swish
  - max_pool: {kernel: 2}
  - dropout
  - flatten
  - linear: {out: 5}
"""
    tape = Tape()
    x = tape.relu(tape.new(144, False))  # nothing learned before it: nothing is kept of it
    feature = tape.weighted(x, 288, 9 * 4 * 8 * 36)
    squeezed = tape.apart(feature, 8)
    gate = tape.relu(tape.weighted(squeezed, 8, 64))
    scaled = tape.times(feature, gate, 288, 0)
    pooled = tape.apart(tape.swish(scaled), 72, places=72)
    dropped = tape.apart(pooled, 72, places=72)
    tape.weighted(dropped, 5, 360)
    step = analyse(text, training=True).training
    assert step is not None
    assert (step.kept_elements, step.backward_madds) == (tape.kept, tape.backward)
    twice = analyse(text, training=True, batch=2).training
    assert twice is not None
    assert (twice.kept_elements, twice.backward_madds) == (2 * tape.kept, 2 * tape.backward)


def test_attention_keeps_and_computes_what_a_tape_does(analyse: Analyse) -> None:
    text = """
input: [6, 10]
layers:
  - linear: {out: 18}
  - split: {parts: 3}
    as: [q, k, v]
  - einsum: "dn,dm->nm"
    from: [q, k]
  - softmax: {axis: 1}
    as: weights
  - einsum: "nm,dm->dn"
    from: [weights, v]
"""
    tape = Tape()
    qkv = tape.weighted(tape.new(60, False), 180, 6 * 18 * 10)
    scores = tape.times(qkv, qkv, 100, 10 * 10 * 6)
    weights = tape.relu(scores)  # a softmax keeps what it writes
    tape.times(weights, qkv, 60, 10 * 10 * 6)
    step = analyse(text, training=True).training
    assert step is not None
    assert (step.kept_elements, step.backward_madds) == (tape.kept, tape.backward)


def test_a_product_with_what_has_no_gradient_keeps_one_factor(analyse: Analyse) -> None:
    text = """
inputs: {input: [4, 6, 6], mask: [4, 6, 6]}
layers:
  - depthwise: {kernel: 1}
    as: a
  - multiply:
    from: [a, mask]
"""
    step = analyse(text, training=True).training
    assert step is not None
    assert [(kept.kind, kept.elements) for kept in step.kept] == [("depthwise", 144), ("multiply", 144)]
    assert step.backward_madds == 144


@pytest.mark.parametrize(("role", "passes"), [("learned", 3), ("fixed", 2)])
def test_a_convolution_of_given_kernels_has_a_gradient_for_each_of_the_two_that_want_one(
    analyse: Analyse, role: str, passes: int
) -> None:
    # conv 1×1: 3·5 weights on 16 positions, whose input wants none; dynamic_conv 3×3: 5·2·9 kernels on 16 positions
    text = f"""
input: [3, 4, 4]
layers:
  - parameter: {{shape: [2, 5, 3, 3], role: {role}}}
    as: kernels
  - conv: {{out: 5, kernel: 1}}
    from: input
    as: map
  - dynamic_conv: {{out: 2, kernel: 3, bias: true}}
    from: [map, kernels]
"""
    step = analyse(text, training=True).training
    assert step is not None
    assert step.backward_madds == 15 * 16 + (passes - 1) * 90 * 16


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"batch": 0}, "the batch is 0"),
        ({"batch": "2.5"}, "the batch is 2.5"),
        ({"batch": True}, "the batch is True"),
        ({"batch": "a b"}, "the batch is a b"),
        ({"optimizer": "adam"}, "an optimizer is of a network that is trained"),
        ({"training": True, "optimizer": "adamm"}, "no optimizer adamm"),
        ({"training": True, "fused": True}, "cannot be fused"),
        ({"fused": "yes"}, "fused is yes"),
    ],
)
def test_a_reading_that_there_is_not_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(FlopcalcError, match=said):
        reading_of(**given)


def test_a_batch_is_not_called_what_stands_for_something_else() -> None:
    with pytest.raises(FlopcalcError, match="cannot be called C"):
        flopcalc.analyze("separable_conv", batch="C")
    with pytest.raises(FlopcalcError, match="cannot be called c"):
        flopcalc.analyze("separable_conv", C="4*c", batch="c")
