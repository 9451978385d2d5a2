"""Hostile and broken ONNX files end in an error that says what is wrong, in little time and memory."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run
from onnx_bytes import INT64, Attribute, field, graph, info, model, node, tensor

from flopcalc import analyze, from_onnx
from flopcalc.errors import FlopcalcError
from flopcalc.importing.loading import load

FILES = Path(__file__).parent.parent / "goldens" / "onnx"
SMALL = (FILES / "nasty-Inplace.onnx").read_bytes()


def opened(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    load(str(path))


def test_a_file_that_is_cut_off_anywhere_is_refused_or_a_smaller_network(tmp_path: Path) -> None:
    for length in range(0, len(SMALL), 37):
        with suppress(FlopcalcError):
            opened(SMALL[:length], tmp_path)


def test_a_file_with_a_wrong_byte_anywhere_is_refused_or_another_network(tmp_path: Path) -> None:
    drawn = random.Random(1)
    for _ in range(150):
        data = bytearray(SMALL)
        data[drawn.randrange(len(data))] = drawn.randrange(256)
        with suppress(FlopcalcError):
            opened(bytes(data), tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"hello, world", "wire type"),
        (b"\x08\x07", "there is no graph in it"),
        (b"\x3a\x00", "its graph has no nodes"),
        (b"\x3a\xff\xff\xff\xff\x0f", "cut off"),
        (b"\x3a" + b"\xff" * 11, "more than ten bytes"),
        (b"\x00\x01", "number 0"),
    ],
)
def test_what_is_no_model_says_why(data: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(FlopcalcError, match=said):
        opened(data, tmp_path)


def test_a_file_of_nothing_but_fields_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.importing.onnx.wire.MOST_FIELDS", 1000)
    with pytest.raises(FlopcalcError, match="too many fields"):
        opened(b"\x08\x00" * 2000, tmp_path)


def test_a_folder_and_a_file_that_is_not_there_say_so(tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(FlopcalcError, match="it is a directory"):
        load(str(tmp_path / "folder.onnx"))
    with pytest.raises(FlopcalcError, match="there is no such file"):
        load(str(tmp_path / "other.onnx"))


X = {"x": (1, 3, 8, 8)}
KERNEL = tensor("w", (8, 3, 3, 3))


def conv(**attributes: Attribute) -> bytes:
    return node("Conv", ["x", "w"], ["y"], "it", **attributes)


def one(entry: bytes, *tensors: bytes) -> bytes:
    return model(graph([entry], X, ["y"], tensors))


def shaped(op: str, *numbers: int, **attributes: Attribute) -> bytes:
    given = tensor("n", (len(numbers),), numbers, INT64)
    return one(node(op, ["x", "n"], ["y"], "it", **attributes), given)


def nested(depth: int) -> bytes:
    inner = graph([node("Relu", ["x"], ["y"])], {}, ["y"])
    for _ in range(depth):
        inner = graph([node("If", ["c"], ["y"], then_branch=field(6, inner))], {}, ["y"])
    return model(inner + field(5, tensor("c", (), [1], INT64)) + field(11, info("x", X["x"])))


REFUSED = {
    "a kernel that shrinks the map below nothing": (
        one(conv(), tensor("w", (8, 3, 2**62, 3))),
        "smaller than a window",
    ),
    "a kernel of other channels": (one(conv(), tensor("w", (8, 5, 3, 3))), "Conv it: .* has not the channels"),
    "a side below 0": (one(conv(), tensor("w", (8, -3, 3, 3))), "a side of -3"),
    "no strides": (one(conv(strides=[0, 0]), KERNEL), "Conv it: a window 3×3 has strides of 0"),
    "strides backwards": (one(conv(strides=[-1, 2]), KERNEL), "strides of -1"),
    "too few strides": (one(conv(strides=[1]), KERNEL), "strides of 1"),
    "no dilation": (one(conv(dilations=[0, 0]), KERNEL), "dilations of 0"),
    "padding below 0": (one(conv(pads=[-9, 0, 0, 0]), KERNEL), "padding is -9"),
    "no groups": (one(conv(group=0), KERNEL), "0 groups"),
    "a pool without a window": (one(node("MaxPool", ["x"], ["y"], "it")), "MaxPool it: .* has a window of 0 sides"),
    "a pool of nothing": (one(node("MaxPool", ["x"], ["y"], "it", kernel_shape=[0, 0])), "kernel of 0"),
    "two sides that follow": (shaped("Reshape", -1, -1), "cannot be -1×-1"),
    "a shape of 65,000 sides": (shaped("Reshape", *[1] * 64_999, 192), "cannot be"),
    "65,000 sides more": (shaped("Unsqueeze", *[0] * 65_000), "gets 65000 more sides"),
    "another order": (one(node("Transpose", ["x"], ["y"], "it", perm=[0, 0, 0, 0])), "has no order"),
    "a place that is not there": (shaped("Gather", 99, axis=1), "no place 99"),
    "parts that are too large": (shaped("Split", 5, 9, axis=1), "cannot be split into 5, 9"),
    "a size of 0": (one(node("Resize", ["x", "", "", "n"], ["y"]), tensor("n", (4,), [1, 3, 0, 5], INT64)), "resized"),
    "blocks that do not fit": (one(node("DepthToSpace", ["x"], ["y"], blocksize=2**40)), "does not fit blocks"),
    "a cycle": (
        model(graph([node("Add", ["x", "b"], ["a"], "it"), node("Relu", ["a"], ["b"])], X, ["b"])),
        "Add it reads b, which a later node writes",
    ),
    "a tensor that nothing writes": (one(node("Add", ["x", "gone"], ["y"], "it")), "gone, which nothing writes"),
    "a name twice": (
        model(graph([node("Relu", ["x"], ["y"]), node("Tanh", ["x"], ["y"], "it")], X, ["y"])),
        "Tanh it writes y, which is there already",
    ),
    "graphs in graphs": (nested(1000), "nested too deeply"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_network_can_be_is_refused_with_its_node(case: str, tmp_path: Path) -> None:
    data, said = REFUSED[case]
    with pytest.raises(FlopcalcError, match=said):
        opened(data, tmp_path)


@pytest.mark.parametrize(
    "attributes",
    [{"strides": "x"}, {"group": "two"}, {"dilations": 1.5}, {"auto_pad": 7}, {"kernel_shape": "abc"}, {"pads": 3}],
    ids=str,
)
def test_an_attribute_of_another_type_is_refused_or_left_out(attributes: dict[str, Attribute], tmp_path: Path) -> None:
    with suppress(FlopcalcError):
        opened(one(conv(**attributes), KERNEL), tmp_path)


def test_a_number_without_its_bytes_is_left_out(tmp_path: Path) -> None:
    opened(one(node("LeakyRelu", ["x"], ["y"], alpha=field(2, b""))), tmp_path)


def test_constants_that_grow_are_not_computed(tmp_path: Path) -> None:
    wide = tensor("c0", (65_536,), range(65_536), INT64)
    doubled = [node("Concat", [f"c{turn}"] * 2, [f"c{turn + 1}"], axis=0) for turn in range(60)]
    added = [node("Add", [f"c{turn}"] * 2, [f"c{turn + 1}"]) for turn in range(3000)]
    for entries in (doubled, added):
        before = time.process_time()
        opened(model(graph([*entries, conv()], X, ["y"], [KERNEL, wide])), tmp_path)
        assert time.process_time() - before < 20  # without a bound, hours


def test_numbers_in_a_list_count_as_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.importing.onnx.wire.MOST_FIELDS", 1000)
    many = field(1, 2000) + field(2, INT64) + field(8, "q") + field(7, bytes(2000))
    with pytest.raises(FlopcalcError, match="too many numbers"):
        opened(one(conv(), KERNEL, many), tmp_path)


def test_data_in_another_file_is_never_opened(tmp_path: Path) -> None:
    told = field(13, field(1, "location") + field(2, "numbers.bin")) + field(14, 1)
    (tmp_path / "numbers.bin").write_bytes(bytes(8 * 2))
    path = tmp_path / "net.onnx"
    path.write_bytes(one(conv(), tensor("w", (8, 3, 3, 3)) + told))
    assert analyze(path).totals.params == 8 * 27
    path.write_bytes(one(node("Reshape", ["x", "n"], ["y"], "it"), tensor("n", (2,), None, INT64) + told))
    assert analyze(path).totals.unknown  # the shape would be in the other file


def test_texts_of_a_file_reach_the_screen_only_as_printable_ones(tmp_path: Path, run: Run) -> None:
    evil = "\x1b[31m\u202e\r\n\x00\x07"
    entries = [
        node("Conv", [evil, "w"], [evil + "1"], f"/{evil}/{evil}"),
        node(f"Fo{evil}", [evil + "1"], [evil + "2"], evil),
        node("Relu", [evil + "2"], ["y"], evil),
    ]
    path = tmp_path / "net.onnx"
    path.write_bytes(model(graph(entries, {evil: (1, 3, 8, evil)}, ["y"], [KERNEL]), producer=evil))
    result = run(str(path))
    assert result.code == 3
    assert not {*"\x1b\u202e\r\x00\x07"} & {*result.out, *result.err}


def test_a_first_side_is_a_batch_only_where_a_map_is_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    linear = [node("MatMul", ["x", "w"], ["y"])]
    path.write_bytes(model(graph(linear, {"x": (7, 1, 10)}, ["y"], [tensor("w", (10, 5))])))
    assert analyze(path).totals.madds == 7 * 50
    assert any("7, is taken for no batch" in note for note in from_onnx(path).notes)
    assert analyze(path, input="1,10").totals.madds == 50
    path.write_bytes(model(graph([conv()], {"x": (7, 3, 8, 8)}, ["y"], [KERNEL])))
    assert analyze(path).totals.madds == 8 * 27 * 36
    assert any("7 samples at once; one is counted" in note for note in from_onnx(path).notes)


def test_a_batch_that_is_in_the_shapes_is_counted_whole(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    flat = tensor("n", (2,), [7, 192], INT64)
    entries = [node("Reshape", ["x", "n"], ["r"]), node("MatMul", ["r", "v"], ["y"])]
    path.write_bytes(model(graph(entries, {"x": (7, 3, 8, 8)}, ["y"], [flat, tensor("v", (192, 5))])))
    assert analyze(path).totals.madds == 7 * 192 * 5
    assert any("all are counted" in note for note in from_onnx(path).notes)


def test_outputs_behind_a_shape_that_is_not_known_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    entries = [conv(), node("NonZero", ["y"], ["z"], "/head/NonZero"), node("Cast", ["z"], ["out"], to=1)]
    path.write_bytes(model(graph(entries, X, ["out"], [KERNEL])))
    totals = analyze(path).totals
    assert totals.madds == 8 * 27 * 36
    assert "madds" in totals.unknown
    assert any("NonZero /head/NonZero" in note for note in from_onnx(path).notes)


def test_parts_of_a_split_may_be_left_unread(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    entries = [conv(), node("Split", ["y"], ["a", "b"], axis=1), node("Relu", ["a"], ["out"])]
    path.write_bytes(model(graph(entries, X, ["out"], [KERNEL])))
    assert analyze(path).totals.madds == 8 * 27 * 36


def test_inputs_whose_names_the_language_has_not_get_others(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    entries = [conv(), node("Add", ["0", "a.b"], ["s"]), node("Add", ["s", "a_b"], ["z"])]
    named = {**X, "0": (1, 3, 8, 8), "a.b": (1, 3, 8, 8), "a_b": (1, 3, 8, 8)}
    path.write_bytes(model(graph(entries, named, ["y", "z"], [KERNEL])))
    assert analyze(path).totals.madds == 8 * 27 * 36
    wider = analyze(path, input=dict.fromkeys(("x", "in_0", "a_b", "a_b_2"), "3,9,9"))
    assert wider.totals.madds == 8 * 27 * 49


def test_a_size_that_was_assumed_and_does_not_fit_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    tensors = [tensor("n", (2,), [20, 16], INT64), tensor("v", (16, 5))]
    entries = [node("Reshape", ["x", "n"], ["r"], "it"), node("MatMul", ["r", "v"], ["y"])]
    path.write_bytes(model(graph(entries, {"x": ("batch", "seq", 16)}, ["y"], tensors)))
    with pytest.raises(FlopcalcError, match="224 is assumed; from_onnx"):
        from_onnx(path)
    assert analyze(from_onnx(path, "20,16")).totals.madds == 20 * 16 * 5
