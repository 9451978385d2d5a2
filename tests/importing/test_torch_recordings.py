"""Recorded runs of PyTorch modules become networks with their parameters and multiply-adds; torch is not needed."""

from __future__ import annotations

import dataclasses

import pytest
from torch_rows import EXPECTED, RECORDINGS

import flopcalc
from flopcalc.errors import FlopcalcError
from flopcalc.importing.document import spec_of
from flopcalc.importing.tensors import Builder
from flopcalc.importing.torch.functions import Reader
from flopcalc.importing.torch.loading import named, trace_of_recording
from flopcalc.importing.torch.recording import Call, Cut, Other, Output, Product, Recording, Ref, Tensor
from flopcalc.importing.trace import Trace

NAMES = sorted(path.stem for path in RECORDINGS.glob("*.json"))


def recording_of(name: str) -> Recording:
    return Recording.from_json((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))


def trace_of(name: str) -> Trace:
    return trace_of_recording(recording_of(name))


def words(trace: Trace) -> list[str]:
    return [step.word for step in trace.steps]


def small(call: Call, shape: tuple[int, ...], *others: Tensor) -> Recording:
    """Return a recording of one call that reads an input 1×4×6×6."""
    image = Tensor((1, 4, 6, 6), "float32", "input", ("x",))
    tensors = (image, Tensor(shape, "float32", "result"), *others)
    learned = tuple(number for number, each in enumerate(tensors) if each.kind == "parameter")
    return Recording("Small", tensors, (call,), (), (0,), learned, (), (Output("", 1),))


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_is_counted_exactly(name: str) -> None:
    totals = flopcalc.analyze(spec_of(trace_of(name), name)).totals
    assert (totals.params, totals.madds) == EXPECTED[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_of_a_recorded_run_is_known(name: str) -> None:
    reader = Reader(recording_of(name), Builder("net"))
    reader.read()
    assert not reader.uncounted


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_goes_to_json_and_back(name: str) -> None:
    recording = recording_of(name)
    assert Recording.from_json(recording.to_json()) == recording


@pytest.mark.parametrize("name", NAMES)
def test_every_tensor_of_a_recording_is_made_once_and_before_it_is_read(name: str) -> None:
    recording = recording_of(name)
    made = {number for number, each in enumerate(recording.tensors) if each.kind != "result"}
    for call in recording.calls:
        assert set(call.reads()) <= made
        assert len({*call.results}) == len(call.results)
        made |= {*call.results}


def test_every_kind_of_argument_goes_to_json_and_back() -> None:
    given = (None, True, 2, 0.5, float("inf"), "word", Ref(0), Cut(None, 3, Ref(0)), Other("torch.float32"), (1, (2,)))
    call = Call("f", "function", "a.b", "net.py:3", tuple((str(n), each) for n, each in enumerate(given)), (1,))
    recording = small(call, (1, 4, 6, 6))
    assert Recording.from_json(recording.to_json()) == recording
    assert call.reads() == (0, 0)


def test_what_is_written_in_place_is_read_by_what_follows() -> None:
    # a(x); b; y += x; relu_; y[:, :4] = x[:, 4:] is x's last four channels and y's last four; then the gate
    assert words(trace_of("awkward-Inplace")) == [
        "conv", "conv", "add", "relu", "slice", "slice", "concat", "global_pool", "sigmoid", "multiply",
    ]  # fmt: skip


def test_a_write_through_a_view_is_a_write_into_what_it_views() -> None:
    trace = trace_of("awkward-Views")
    # the chunk; its second half times two, put back; both halves taken anew; the first, added to, put back
    last = trace.steps[-1]
    assert last.word == "conv"
    by_result = {result: step for step in trace.steps for result in step.results}
    put_back = by_result[last.sources[0]]
    assert put_back.word == "concat"
    added = by_result[put_back.sources[0]]
    assert added.word == "add"
    conv = by_result[added.sources[1]]
    assert conv.attributes["out"] == 4
    doubled = by_result[conv.sources[0]]
    assert doubled.word in ("split", "slice", "reshape", "multiply")


def test_the_same_parameters_under_two_names_are_counted_once_and_told() -> None:
    (note,) = [note for note in trace_of("awkward-TwoInOne").notes if "several names" in note]
    assert note == (
        "Parameters under several names are counted once: b.weight = c.weight = s.0.weight = s.2.weight, "
        "b.bias = c.bias = s.0.bias = s.2.bias."
    )


def test_parameters_that_no_call_reads_are_counted_and_told() -> None:
    assert trace_of("awkward-Unused").notes == (
        "1,001,072 parameters are owned and not used in eval mode: never.weight, never.bias, aux.weight, aux.bias.",
    )


def test_outputs_are_found_in_lists_and_mappings_and_what_is_no_tensor_is_told() -> None:
    recording = recording_of("awkward-Caught")
    assert [output.key for output in recording.outputs] == ["map", "more.0"]
    assert len(trace_of("awkward-SharedScales").outputs) == 3


def test_a_function_without_a_layer_is_of_unknown_cost() -> None:
    call = Call("histc", "function", "", "net.py:3", (("input", Ref(0)),), (1,))
    trace = trace_of_recording(small(call, (100,)))
    (step,) = trace.steps
    assert step.word == "custom"
    assert step.attributes["cost"] == "unknown"
    assert step.layouts == ((100,),)
    assert step.origin == "histc in Small (net.py:3)"


def test_a_function_without_a_layer_whose_products_were_seen_has_those() -> None:
    product = Product("bmm", ((1, 4, 36), (1, 36, 4)), (1, 4, 4), 576)
    call = Call("made_up", "function", "", "net.py:3", (("input", Ref(0)),), (1,), (product,))
    trace = trace_of_recording(small(call, (1, 4, 4)))
    assert [dict(step.attributes) for step in trace.steps] == [
        {"title": "made_up", "output": (4, 4), "madds": 576},
    ]
    assert "made_up has no layer; its multiply-adds are those that torch's dispatcher saw." in trace.notes


def test_a_layer_whose_shape_is_not_the_runs_is_not_believed() -> None:
    call = Call("relu", "functional", "", "net.py:3", (("input", Ref(0)),), (1,))
    assert words(trace_of_recording(small(call, (1, 4, 6, 6)))) == ["relu"]
    (step,) = trace_of_recording(small(call, (1, 4, 6, 5))).steps
    assert (step.word, step.attributes["cost"]) == ("custom", "unknown")


def test_a_layer_whose_multiply_adds_are_not_the_dispatchers_is_not_believed() -> None:
    weight = Tensor((8, 4, 1, 1), "float32", "parameter", ("weight",), trained=True)
    arguments = (("input", Ref(0)), ("weight", Ref(2)), ("bias", None))
    product = Product("convolution", ((1, 4, 6, 6), (8, 4, 1, 1)), (1, 8, 6, 6), 1152)
    call = Call("conv2d", "functional", "", "net.py:3", arguments, (1,), (product,))
    assert words(trace_of_recording(small(call, (1, 8, 6, 6), weight))) == ["conv"]
    other = dataclasses.replace(call, products=(dataclasses.replace(product, madds=1153),))
    (step,) = trace_of_recording(small(other, (1, 8, 6, 6), weight)).steps
    assert (step.word, step.attributes["madds"], step.attributes["params"]) == ("custom", 1153, 32)


def test_a_layer_that_counts_other_parameters_than_it_reads_is_not_believed() -> None:
    weight = Tensor((8, 4, 1, 1), "float32", "parameter", ("weight",), trained=True)
    bias = Tensor((1,), "float32", "parameter", ("bias",), trained=True)  # which torch would not take
    arguments = (("input", Ref(0)), ("weight", Ref(2)), ("bias", Ref(3)))
    product = Product("convolution", ((1, 4, 6, 6), (8, 4, 1, 1)), (1, 8, 6, 6), 1152)
    call = Call("conv2d", "functional", "", "net.py:3", arguments, (1,), (product,))
    (step,) = trace_of_recording(small(call, (1, 8, 6, 6), weight, bias)).steps
    assert (step.word, step.attributes["madds"], step.attributes["params"]) == ("custom", 1152, 33)


def test_a_sum_of_products_is_read_letter_by_letter() -> None:
    def steps(equation: str, shape: tuple[int, ...], madds: int) -> list[tuple[str, object]]:
        product = (Product("bmm", (), (), madds),) if madds else ()
        call = Call("einsum", "function", "", "net.py:3", (("args", (equation, Ref(0), Ref(0))),), (1,), product)
        return [(step.word, step.attributes.get("equation")) for step in trace_of_recording(small(call, shape)).steps]

    assert steps("b c h w, b d h w -> b c d", (1, 4, 4), 576) == [("einsum", "chw,dhw->cd")]
    assert steps("bchw,bchw->bchw", (1, 4, 6, 6), 0) == [("multiply", None)]  # nothing is summed


def test_names_of_models_are_read_with_their_values() -> None:
    found = named("nets/mine.py:Net.small:width=2:sizes=[1, 2],act=relu:config=Config()")
    assert (found.module, found.attribute, found.is_file) == ("nets/mine.py", "Net.small", True)
    assert dict(found.values) == {"width": "2", "sizes": "[1, 2]", "act": "relu", "config": "Config()"}
    assert str(named("torchvision.models:resnet50")) == "torchvision.models:resnet50"


@pytest.mark.parametrize("text", ["net.py", "net.py:", "net.py:3", "net.py:Net:width", "net.py:Net:2=3", ":Net(", ""])
def test_a_name_that_is_none_is_told(text: str) -> None:
    with pytest.raises(FlopcalcError):
        named(text)
