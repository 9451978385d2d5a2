"""``flopcalc list``, ``show`` and ``schema``: what there is, and what it is made of."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from flopcalc.page.terminal import page_as_text
from flopcalc.pages.listing import listing_page
from flopcalc.render.terminal import Screen
from flopcalc.spec import catalog

Ok = Callable[..., str]


def test_the_list_names_every_architecture_variant_block_and_document(ok: Ok) -> None:
    text, variants = ok("list"), ok("list", "--variants")
    for entry in catalog.index():
        assert entry.name in text
        for variant in entry.variants:
            assert f"  {variant} " in variants or variant == entry.name


def test_networks_are_listed_with_what_they_cost(ok: Ok) -> None:
    (line,) = (line for line in ok("list", "architectures").splitlines() if line.startswith("mobilenet_v1 "))
    assert line.split()[1:4] == ["MobileNetV1", "2017", "4.232"]
    assert "568.7 M" in line
    (entry,) = (one for one in json.loads(ok("list", "--format", "json")) if one["name"] == "resnet")
    assert entry["figures"]["resnet18"]["params"] == 11_689_512
    assert entry["year"] == 2016


def test_every_name_of_the_list_can_be_typed(ok: Ok) -> None:
    for entry in json.loads(ok("list", "blocks", "--format", "json")):
        assert ok(entry["name"], "--format", "csv").startswith("path,")


@pytest.mark.parametrize("kind", sorted({entry.kind for entry in catalog.index()}))
def test_the_list_may_be_of_one_kind(ok: Ok, kind: str) -> None:
    names = {entry["name"] for entry in json.loads(ok("list", kind, "--format", "json"))}
    assert names == {entry.name for entry in catalog.index() if entry.kind == kind}
    titles = {name.capitalize() for name in catalog.KINDS}
    assert [line for line in ok("list", kind).splitlines() if line in titles] == [kind.capitalize()]


def test_the_list_as_csv_and_json_says_the_same(ok: Ok) -> None:
    rows = list(csv.DictReader(io.StringIO(ok("list", "--format", "csv"))))
    entries = json.loads(ok("list", "--format", "json"))
    assert [row["name"] for row in rows] == [entry["name"] for entry in entries]
    assert [row["variants"].split() for row in rows] == [entry["variants"] for entry in entries]
    assert set(entries[0]) == {
        "name", "kind", "file", "title", "source", "parameters", "variants", "year", "figures"
    }  # fmt: skip


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 132, 200])
def test_the_list_fits_the_screen_and_has_no_empty_column(width: int) -> None:
    text = page_as_text(listing_page(catalog.index()), Screen(width))
    for line in text.splitlines():
        assert cell_len(line) <= width
        assert line == line.rstrip()
    blocks = text[text.index("\nBlocks\n") :].split("\n\n")[0].strip().splitlines()
    assert "Variants" not in blocks[1]


def test_eighty_columns_show_what_can_be_typed_and_the_titles_of_blocks() -> None:
    architectures, blocks, *_ = page_as_text(listing_page(catalog.index()), Screen(80)).split("\n\n")
    assert architectures.splitlines()[1].split() == ["Name", "Title", "Year", "Params", "FLOPs", "MAC", "(mem)"]
    assert blocks.splitlines()[1].split() == ["Name", "Title"]


def test_a_spec_is_shown_as_it_is_written(ok: Ok) -> None:
    assert ok("show", "mobilenet_v1") == (catalog.packaged_root() / "architectures/mobilenet_v1.yaml").read_text(
        encoding="utf-8"
    )
    assert ok("show", "resnet50") == ok("show", "resnet")


def test_a_graph_names_every_layer_its_shape_and_what_it_reads(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "title: A net\nparameters: {n: 2}\ninputs: {x: [3, 8, 8], y: [C, 8, 8]}\noutputs: [early]\nlayers:\n"
        "  - conv: {out: n, kernel: 1}\n    from: x\n    as: early\n  - concat: {}\n    from: [early, y]\n",
        encoding="utf-8",
    )
    assert ok("show", f"{path}:n=5", "--graph").splitlines() == [
        "A net",
        "#  Layer   Operation  Output                Reads",
        "───────────────────────────────────────────────────",
        "   x       input      3×8×8",
        "   y       input      C×8×8",
        "1  conv    conv 1×1   5×8×8 (output)        x",
        "2  concat  concat     (C + 5)×8×8 (output)  conv, y",
    ]
    assert "5×8×8 (output)" in ok("show", str(path), "--graph", "--set", "n=5")


def long_names(folder: Path) -> Path:
    """Write a network whose layers stand in blocks in blocks, under long names."""
    path = folder / "deep.yaml"
    name = "a_name_that_is_long_enough_to_fill_half_of_a_terminal"
    path.write_text(
        f"title: Deep\ninput: [3, 8, 8]\nlayers:\n  - name: {name}\n    layers:\n      - name: {name}\n"
        "        layers:\n          - {conv: {out: 4, kernel: 1}, name: first}\n          - relu\n",
        encoding="utf-8",
    )
    return path


def test_a_graph_in_a_file_or_a_pipe_has_whole_names(ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = long_names(tmp_path)
    whole = "a_name_that_is_long_enough_to_fill_half_of_a_terminal." * 2 + "first"
    monkeypatch.delenv("COLUMNS", raising=False)
    assert sum(whole in line for line in ok("show", str(path), "--graph").splitlines()) == 2
    monkeypatch.setenv("COLUMNS", "80")
    assert all(len(line) <= 80 for line in ok("show", str(path), "--graph").splitlines())
    ok("show", str(path), "--graph", "--output", str(tmp_path / "out.txt"))
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").count(whole) == 2


def test_a_graph_as_json_has_layers_and_the_tensors_between_them(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "title: A net\ninputs: {x: [3, 8, 8], y: [C, 8, 8]}\noutputs: [early]\nlayers:\n"
        "  - {conv: {out: 5, kernel: 1}, from: x, as: early}\n  - {concat: {}, from: [early, y]}\n",
        encoding="utf-8",
    )
    found = json.loads(ok("show", str(path), "--graph", "--format", "json"))
    assert found["schema"] == "flopcalc.graph/1"
    assert found["symbols"] == {"C": "positive integer"}
    tensors = {tensor["id"]: tensor for tensor in found["tensors"]}
    conv, concat = found["layers"]
    assert (conv["path"], conv["kind"], conv["operation"], conv["view"]) == ("conv", "conv", "conv 1×1", False)
    assert [tensors[read]["input"] for read in conv["reads"]] == ["x"]
    assert tensors[conv["writes"]] == {
        "id": conv["writes"], "shape": [5, 8, 8], "input": None, "from": "conv", "to": ["concat"], "outputs": ["early"],
    }  # fmt: skip
    assert [tensors[read]["from"] or tensors[read]["input"] for read in concat["reads"]] == ["conv", "y"]
    assert tensors[concat["writes"]]["shape"] == ["C + 5", 8, 8]
    assert tensors[concat["writes"]]["outputs"] == ["output"]


def test_json_is_for_the_graph(refused: Ok) -> None:
    assert "add --graph" in refused("show", "mobilenet_v1", "--format", "json")


def test_the_schema_is_a_json_schema_that_the_packaged_specs_meet(ok: Ok) -> None:
    import yaml
    from jsonschema import Draft202012Validator

    schema = json.loads(ok("schema"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for entry in catalog.index():
        if entry.kind in catalog.SPEC_KINDS:
            text = (catalog.packaged_root() / entry.file).read_text(encoding="utf-8")
            assert not list(validator.iter_errors(yaml.safe_load(text))), entry.file


def test_a_graph_names_the_paths_that_are_the_identity(ok: Ok) -> None:
    # He et al. 2016: a shortcut has a projection where the shape changes, at the head of conv3_x, conv4_x and conv5_x.
    plain = ["conv2_x.basic1", "conv2_x.basic2", "conv3_x.basic2", "conv4_x.basic2", "conv5_x.basic2"]
    paths = [f"{block}.branch2" for block in plain]
    said = " ".join(ok("show", "resnet18", "--graph").splitlines()[-2:])
    assert said == f"{', '.join(paths)} are the identity: `when` leaves out their layers."
    assert json.loads(ok("show", "resnet18", "--graph", "--format", "json"))["identities"] == paths
    assert "identity" not in ok("show", "mobilenet_v1", "--graph")


def test_a_caption_is_the_title_of_what_is_listed(ok: Ok) -> None:
    assert r"\caption{Architectures.}" in ok("list", "architectures", "--format", "latex")


@pytest.mark.parametrize(("command", "kind"), [("derive", "derivations"), ("experiment", "experiments")])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_what_a_command_takes_is_listed_as_in_the_list(ok: Ok, command: str, kind: str, form: str) -> None:
    assert ok(command, "--format", form) == ok("list", kind, "--format", form)
