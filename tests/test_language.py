"""The spec language, sentence by sentence: every row of the table in section 2 of the design, one small spec each."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest

from flopcalc import Report, analyze, load
from flopcalc.errors import FlopcalcError, ParameterError, ShapeError, SpecError
from flopcalc.spec import catalog

Run = Callable[..., Report]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Analyse a text as a spec file of its own folder."""

    def analyze_text(text: str, **options: object) -> Report:
        path = tmp_path / "net.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return analyze(str(path), **options)  # type: ignore[arg-type]

    return analyze_text


@pytest.fixture
def block(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a block beside the user's file."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / "blocks" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


def refused(run: Run, text: str, **options: object) -> str:
    with pytest.raises(FlopcalcError) as caught:
        run(text, **options)
    return str(caught.value)


def shapes(report: Report) -> list[str]:
    """Every layer's path and output, as text."""
    return [f"{row.path} {'×'.join(str(side) for side in row.output)}" for row in report.layers]


def paths(report: Report) -> list[str]:
    return [row.path for row in report.layers]


def outs(report: Report) -> list[object]:
    return [row.output[0] for row in report.layers]


def conv(out: object = 8, **more: object) -> str:
    extra = "".join(f", {name}: {value}" for name, value in more.items())
    return f"conv: {{out: {out}, kernel: 1{extra}}}"


# -- a whole spec ----------------------------------------------------------------------------------------------------


def test_a_spec_reads_like_the_table_in_its_paper(run: Run) -> None:
    """The example of the design, section 2."""
    report = run("""
        name: mobilenet_v1
        title: MobileNetV1
        source: Howard et al. 2017, arXiv:1704.04861, Table 1
        parameters:
          alpha: {default: 1, above: 0, help: width multiplier}
          rho: {default: 1, above: 0, help: resolution multiplier}
          resolution: {default: 224, min: 1}
          classes: {default: 1000, min: 1}
        define:
          width(c): round(alpha * c)
        input: [3, round(rho * resolution), round(rho * resolution)]
        blocks:
          separable:
            parameters: {out: , stride: 1}
            layers:
              - depthwise: {kernel: 3, stride: stride}
              - norm
              - relu
              - conv: {out: out, kernel: 1}
              - norm
              - relu
        layers:
          - conv: {out: width(32), kernel: 3, stride: 2}
          - norm
          - relu
          - table:
              columns: [c, s, n]
              rows:
                - [64, 1, 1]
                - [128, 2, 1]
                - [128, 1, 1]
                - [256, 2, 1]
                - [256, 1, 1]
                - [512, 2, 1]
                - [512, 1, 5]
                - [1024, 2, 1]
                - [1024, 1, 1]
              do:
                - separable: {out: width(c), stride: s}
                  repeat: n
          - global_pool
          - linear: {out: classes}
        """)
    assert report.totals.params == 4_231_976
    assert report.totals.madds == 568_740_352
    assert report.spec.title == "MobileNetV1"
    assert report.layers[-1].output == (1000, 1, 1)


# -- parameters ------------------------------------------------------------------------------------------------------

PARAMETERS = """
name: parameters
parameters:
  plain: 8
  bounded: {default: 4, min: 2, max: plain, help: text}
  positive: {default: 0.5, above: 0}
  derived: plain * 2
  also: {default: derived + bounded}
  word: {default: small, choices: [small, large, 3]}
  truth: true
input: [3, 4, 4]
layers:
  - conv: {out: also, kernel: 1, bias: truth}
  - conv: {out: 16 if word == 'small' else 32, kernel: 1}
  - conv: {out: ceil(positive * 10), kernel: 1}
"""


def test_defaults_are_numbers_words_truths_or_expressions_in_other_parameters(run: Run) -> None:
    report = run(PARAMETERS)
    assert report.parameters == {
        "plain": 8, "bounded": 4, "positive": Fraction(1, 2), "derived": 16, "also": 20, "word": "small", "truth": True,
    }  # fmt: skip
    assert outs(report) == [20, 16, 5]
    assert outs(run(PARAMETERS, plain=10, word="large", truth=False)) == [24, 32, 5]
    assert outs(run(PARAMETERS, derived=1)) == [5, 16, 5]


def test_bounds_hold_for_given_and_for_derived_values(run: Run) -> None:
    assert "at least 2" in refused(run, PARAMETERS, bounded=1)
    assert "at most 8" in refused(run, PARAMETERS, bounded=9)
    assert "at most 3" in refused(run, PARAMETERS, plain=3)
    assert run(PARAMETERS, bounded=8).parameters["bounded"] == 8
    assert "above 0" in refused(run, PARAMETERS, positive=0)
    assert "one of small, large, 3" in refused(run, PARAMETERS, word="medium")


def test_a_default_outside_the_choices_is_an_error_of_the_file(run: Run) -> None:
    assert "none of its choices" in refused(run, PARAMETERS.replace("default: small", "default: 4"))


def test_a_parameter_that_is_defined_by_itself_is_an_error(run: Run) -> None:
    message = refused(run, PARAMETERS.replace("plain: 8", "plain: also"))
    assert "defined by itself" in message
    assert "plain" in message


def test_a_blocks_bounds_are_held_too(run: Run) -> None:
    text = """
        name: outer
        input: [3, 8, 8]
        blocks:
          inner:
            parameters: {out: {min: 4}, kind: {default: a, choices: [a, b]}}
            layers:
              - conv: {out: out, kernel: 1}
        layers:
          - inner: {out: OUT, kind: KIND}
        """
    assert run(text.replace("OUT", "4").replace("KIND", "b")).totals.params == 12
    assert "at least 4" in refused(run, text.replace("OUT", "3").replace("KIND", "b"))
    assert "one of a, b" in refused(run, text.replace("OUT", "4").replace("KIND", "'c'"))
    assert "not known" in refused(run, text.replace("OUT", "4").replace("KIND", "c"))


# -- variants --------------------------------------------------------------------------------------------------------

VARIANTS = """
name: family
parameters: {depth: 18, width: {default: 8, max: 64}, kind: {default: plain, choices: [plain, wide]}}
variants:
  family_50: {depth: 50}
  family_w: {kind: wide, width: 16}
input: [3, 8, 8]
layers:
  - conv: {out: width * (2 if kind == 'wide' else 1), kernel: 1}
    repeat: depth
"""


def test_a_variant_sets_parameters_by_its_usual_name(tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    path.write_text(VARIANTS)
    spec = load(path)
    assert sorted(spec.variants) == ["family_50", "family_w"]
    wide = analyze(spec.as_variant("family_w"))
    assert wide.name == "family_w"
    assert wide.parameters["width"] == 16
    assert wide.layers[0].output[0] == 32
    assert len(analyze(spec.as_variant("family_50")).layers) == 50
    assert len(analyze(spec.as_variant("family_50"), depth=3).layers) == 3


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("{dept: 50}", "did you mean `depth`?"),
        ("{kind: huge}", "plain, wide"),
        ("{depth: depth}", "depth"),
        ("{kind: true}", "cannot be"),
    ],
)
def test_a_variant_that_does_not_fit_is_an_error_of_the_file(run: Run, variant: str, message: str) -> None:
    assert message in refused(run, VARIANTS.replace("{depth: 50}", variant))


def test_packaged_variants_are_found_through_the_index() -> None:
    """`flopcalc resnet50` finds it."""
    owners = {variant: entry.name for entry in catalog.index() for variant in entry.variants}
    for variant in list(owners)[:5]:
        report_spec = load(variant)
        assert report_spec.variant == variant
        assert report_spec.name == owners[variant]


def test_an_architecture_or_a_variant_is_a_block(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = tmp_path / "packaged"
    for kind in ("architectures", "blocks", "conventions"):
        (root / kind).mkdir(parents=True)
    (root / "architectures" / "family.yaml").write_text(VARIANTS)
    index = catalog.build_index(root)
    by_name = {name: entry for entry in index for name in (entry.name, *entry.variants)}
    text = """
        name: both
        input: [3, 8, 8]
        layers:
          - family: {depth: 1}
          - conv: {out: 3, kernel: 1}
          - family_w: {depth: 2}
            name: wide
        """
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "packaged_root", lambda: root)
        patch.setattr(catalog, "_by_name", lambda: by_name)
        report = run(text)
    assert shapes(report) == ["family.conv1 8×8×8", "conv 3×8×8", "wide.conv1 32×8×8", "wide.conv2 32×8×8"]


def test_a_packaged_architecture_is_a_block(run: Run) -> None:
    report = run("""
        name: twice
        input: [3, 224, 224]
        layers:
          - mobilenet_v1: {alpha: 1/2, classes: 10}
          - linear: {out: 5}
        """)
    alone = analyze("mobilenet_v1", alpha="1/2", classes=10)
    assert report.totals.params == alone.totals.params + 10 * 5 + 5
    assert report.layers[0].path == f"mobilenet_v1.{alone.layers[0].path}"
    assert "given 3×8×8" in refused(run, "name: small\ninput: [3, 8, 8]\nlayers: [mobilenet_v1]\n")


# -- define ----------------------------------------------------------------------------------------------------------


def test_define_holds_values_functions_tables_and_row_lists(run: Run) -> None:
    text = """
        name: defined
        parameters:
          g: {default: 1, choices: [1, 2, 0.5]}
          network: {default: small, choices: [small, large]}
        define:
          base: 4 * g
          width(c): round(c * base)
          scaled(c, by): width(c) * by
          one(): 1
          stage_channels: {1: [144, 288, 576], 2: [200, 400, 800], 1/2: [7, 8, 9]}
          rows:
            small: [[8, conv], [16, depthwise]]
            large: [[32, conv]]
        input: [3, 8, 8]
        layers:
          - conv: {out: "scaled(2, 3) * one()", kernel: 1}
          - conv: {out: "stage_channels[g][0]", kernel: 1}
          - table:
              columns: [c, op]
              rows: rows[network]
              do:
                - conv: {out: c, kernel: 1}
                  when: op == 'conv'
                - depthwise: {kernel: 3}
                  when: op == 'depthwise'
        """
    assert outs(run(text)) == [24, 144, 8, 8]
    assert outs(run(text, g=2, network="large")) == [48, 200, 32]
    assert outs(run(text, g="0.5")) == [12, 7, 8, 8]
    assert [row.kind for row in run(text).layers] == ["conv", "conv", "conv", "depthwise"]


def test_a_key_of_a_table_stands_once_however_it_is_written(run: Run) -> None:
    text = """
        name: keys
        define:
          table: {0.5: 1, 1/2: 2}
        input: [3, 8, 8]
        layers:
          - conv: {out: 'table[0.5]', kernel: 1}
        """
    assert "stands twice" in refused(run, text)
    assert "no entry true" in refused(run, text.replace("{0.5: 1, 1/2: 2}", "{1: 3}").replace("[0.5]", "[true]"))
    assert outs(run(text.replace("{0.5: 1, 1/2: 2}", "{1: 3, 0.5: 7}"))) == [7]


@pytest.mark.parametrize("row", ["{a: 3}", "[3, {a: 3}]", "table"])
@pytest.mark.parametrize("attribute", ["out", "kernel", "bias", "stride"])
def test_a_look_up_table_is_no_value_of_a_layer(run: Run, row: str, attribute: str) -> None:
    text = f"""
        name: net
        define: {{table: {{a: {{b: 3}}}}, rows: [{row}]}}
        input: [3, 8, 8]
        layers:
          - conv: {{out: 8, kernel: 3, {attribute}: "{"table['a']" if row == "table" else "rows[0]"}"}}
    """
    if attribute in ("out", "kernel"):
        text = text.replace(f"{attribute}: {'8' if attribute == 'out' else '3'}, ", "")
    assert f"conv: {attribute} is " in refused(run, text)


def test_definitions_may_stand_in_any_order_but_not_lead_to_themselves(run: Run) -> None:
    text = """
        name: order
        define: {a: b + 1, b: f(2), f(x): x * c, c: 5}
        input: [3, 8, 8]
        layers:
          - conv: {out: a, kernel: 1}
        """
    assert outs(run(text)) == [11]
    assert "defined by itself" in refused(run, text.replace("c: 5", "c: a"))
    assert "defined by itself" in refused(run, text.replace("f(x): x * c", "f(x): f(x)"))


def test_a_definition_is_computed_only_where_it_is_used(run: Run) -> None:
    text = """
        name: lazy
        define: {bad: 1 / 0, good: 4}
        input: [3, 8, 8]
        layers:
          - conv: {out: good, kernel: 1}
        """
    assert outs(run(text.replace("1 / 0", "sqrt(good - 5)"))) == [4]


# -- input and inputs ------------------------------------------------------------------------------------------------


def test_names_bind_what_enters_and_keep_it_while_channels_changes(run: Run, block: Callable[..., Path]) -> None:
    block("se", """
        name: se
        parameters: {r: 4}
        input: [C, H, W]
        layers:
          - global_pool
          - conv: {out: C / r, kernel: 1}
          - conv: {out: C, kernel: 1}
            as: gate
          - multiply: {}
            from: [input, gate]
        """)  # fmt: skip
    text = """
        name: outer
        input: [3, 8, 8]
        layers:
          - conv: {out: 16, kernel: 1}
          - se
          - conv: {out: 64, kernel: 1}
          - se: {r: 8}
        """
    report = run(text)
    assert shapes(report)[1:5] == [
        "se1.global_pool 16×1×1",
        "se1.conv1 4×1×1",
        "se1.conv2 16×1×1",
        "se1.multiply 16×8×8",
    ]
    assert shapes(report)[6:] == [
        "se2.global_pool 64×1×1",
        "se2.conv1 8×1×1",
        "se2.conv2 64×1×1",
        "se2.multiply 64×8×8",
    ]


def test_the_names_of_the_input_are_its_free_parameters_when_a_block_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "se.yaml"
    path.write_text("name: se\ninput: [C, H, W]\nlayers:\n  - global_pool\n  - conv: {out: C / 4, kernel: 1}\n")
    report = analyze(str(path))
    assert str(report.totals.params) == "C**2/4"
    assert analyze(str(path), C=8, H=3, W=5).totals.params == 16
    assert analyze(str(path), C=8, H=3, W=5).layers[0].inputs[0] == (8, 3, 5)


def test_a_repeated_name_of_the_input_is_checked(run: Run, block: Callable[..., Path]) -> None:
    block("square", "name: square\ninput: [C, H, H]\nlayers: [relu]\n")
    text = "name: outer\ninput: [3, 8, {}]\nlayers: [square, tanh]\n"
    assert shapes(run(text.format(8))) == ["square.relu 3×8×8", "tanh 3×8×8"]
    message = refused(run, text.format(9))
    assert "square is given 3×8×9" in message
    assert "width 8" in message


def test_an_entry_of_the_input_that_is_a_parameter_or_an_expression_is_checked(
    run: Run, block: Callable[..., Path]
) -> None:
    block("even", "name: even\nparameters: {K: 2}\ninput: [4 * K, H, W]\nlayers: [relu]\n")
    text = "name: outer\ninput: [8, 5, 5]\nlayers:\n  - even: {{K: {}}}\n  - tanh\n"
    assert shapes(run(text.format(2)))[0] == "even.relu 8×5×5"
    assert "channels 12" in refused(run, text.format(3))


TWO_INPUTS = """
name: fuse
inputs: {x: [C, H, W], image: [3, HI, WI]}
layers:
  - conv: {out: C, kernel: 1, stride: 2}
    from: image
    as: small
  - add: {}
    from: [x, small]
"""


def test_several_inputs_are_filled_in_order_by_from(run: Run, block: Callable[..., Path]) -> None:
    block("fuse", TWO_INPUTS)
    text = """
        name: outer
        input: [3, 8, 8]
        layers:
          - conv: {out: 16, kernel: 1, stride: 2}
            as: body
          - fuse: {}
            from: [body, input]
        """
    assert shapes(run(text)) == ["conv 16×4×4", "fuse.conv 16×4×4", "fuse.add 16×4×4"]
    assert "channels 3" in refused(run, text.replace("[body, input]", "[input, body]"))
    assert "reads 2 tensors, not 1" in refused(run, text.replace("[body, input]", "body"))


def test_a_spec_with_several_inputs_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "fuse.yaml"
    path.write_text(TWO_INPUTS)
    report = analyze(str(path), H=4, W=4, HI=8, WI=8)
    assert str(report.totals.params) == "3*C"
    assert analyze(str(path), input={"x": (5, 4, 4), "image": (3, 8, 8)}).totals.params == 15


def test_the_label_input_is_the_tensor_that_enters(run: Run) -> None:
    text = """
        name: residual
        input: [8, 4, 4]
        blocks:
          inner:
            layers:
              - conv: {out: 8, kernel: 1}
                as: grown
              - layers:
                  - add: {}
                    from: [input, grown]
        layers:
          - relu
          - inner
        """
    assert shapes(run(text)) == ["relu 8×4×4", "inner.conv 8×4×4", "inner.add 8×4×4"]
    assert "label of the tensor that enters" in refused(run, text.replace("as: grown", "as: input"))


# -- outputs ---------------------------------------------------------------------------------------------------------

HEADS = """
name: heads
input: [3, 8, 8]
outputs: [OUTPUTS]
layers:
  - conv: {out: 8, kernel: 1}
    as: body
  - conv: {out: 4, kernel: 1}
    as: classes
  - conv: {out: 2, kernel: 1}
    from: body
    name: boxes
"""


def test_a_tensor_neither_used_nor_listed_is_an_error(run: Run) -> None:
    assert run(HEADS.replace("OUTPUTS", "classes")).totals.params == 24 + 32 + 16
    message = refused(run, HEADS.replace("OUTPUTS", "body"))
    assert "conv2 is never used" in message
    assert "net.yaml:8:" in message


def test_outputs_may_name_an_entry_and_must_exist(run: Run) -> None:
    report = run(HEADS.replace("OUTPUTS", "classes, boxes"))
    assert set(report.totals.graph.outputs) == {"classes", "boxes", "output"}
    assert "did you mean `classes`?" in refused(run, HEADS.replace("OUTPUTS", "clases"))


def test_the_input_must_be_used(run: Run) -> None:
    text = """
        name: unused
        inputs: {x: [C, 8, 8], y: [D, 8, 8]}
        layers:
          - relu
        """
    assert "input y is never used" in refused(run, text)


# -- blocks ----------------------------------------------------------------------------------------------------------

LOCAL = """
name: local
parameters: {alpha: 2}
define: {wide(c): alpha * c, base: 4}
input: [3, 8, 8]
blocks:
  inner:
    parameters: {out: }
    blocks:
      innermost:
        layers:
          - conv: {out: wide(out), kernel: 1}
    layers:
      - innermost
      - sibling
  sibling:
    layers:
      - conv: {out: base + alpha, kernel: 1}
layers:
  - inner: {out: 5}
  - sibling
"""


def test_local_blocks_see_their_specs_parameters_and_defines(run: Run) -> None:
    assert shapes(run(LOCAL)) == ["inner.innermost.conv 10×8×8", "inner.sibling.conv 6×8×8", "sibling.conv 6×8×8"]
    assert outs(run(LOCAL, alpha=3)) == [15, 7, 7]


def test_shared_blocks_see_only_their_own(run: Run, block: Callable[..., Path]) -> None:
    block("shared", "name: shared\nlayers:\n  - conv: {out: alpha, kernel: 1}\n")
    text = "name: outer\nparameters: {alpha: 4}\ninput: [3, 8, 8]\nlayers: [shared]\n"
    message = refused(run, text)
    assert "`alpha` is not known here" in message
    assert "shared.yaml:3:" in message


def test_a_blocks_file_beside_the_users_file_goes_before_a_packaged_one(run: Run, block: Callable[..., Path]) -> None:
    text = "name: outer\ninput: [8, 8, 8]\nlayers:\n  - separable_conv: {O: 16, K: 3}\n  - tanh\n"
    assert paths(run(text)) == ["separable_conv.depthwise", "separable_conv.conv", "tanh"]
    block("separable_conv", "name: separable_conv\nparameters: {O: , K: }\nlayers:\n  - conv: {out: O, kernel: K}\n")
    assert paths(run(text)) == ["separable_conv.conv", "tanh"]


def test_a_local_block_goes_before_a_shared_one(run: Run, block: Callable[..., Path]) -> None:
    block("mine", "name: mine\nlayers: [relu]\n")
    text = "name: outer\ninput: [8, 8, 8]\nblocks:\n  mine:\n    layers: [sigmoid]\nlayers: [mine, tanh]\n"
    assert paths(run(text)) == ["mine.sigmoid", "tanh"]


def test_a_shared_block_may_use_another_beside_it(run: Run, block: Callable[..., Path]) -> None:
    block("outer_block", "name: outer_block\nlayers: [inner_block]\n")
    block("inner_block", "name: inner_block\nlayers: [relu]\n")
    assert paths(run("name: net\ninput: [3, 8, 8]\nlayers: [outer_block, tanh]\n"))[0] == "outer_block.relu"


def test_a_primitive_cannot_be_shadowed(run: Run, block: Callable[..., Path]) -> None:
    text = "name: outer\ninput: [8, 8, 8]\nblocks:\n  relu:\n    layers: [sigmoid]\nlayers: [relu]\n"
    assert "primitive" in refused(run, text)
    block("relu", "name: relu\nlayers: [sigmoid]\n")
    assert paths(run("name: outer\ninput: [8, 8, 8]\nlayers: [relu]\n")) == ["relu"]


def test_a_block_that_uses_itself_is_an_error(run: Run, block: Callable[..., Path]) -> None:
    text = "name: outer\ninput: [8, 8, 8]\nblocks:\n  a: {layers: [b]}\n  b: {layers: [a]}\nlayers: [a]\n"
    assert "uses itself" in refused(run, text)
    block("loop", "name: loop\nlayers: [loop]\n")
    assert "uses itself" in refused(run, "name: outer\ninput: [8, 8, 8]\nlayers: [loop]\n")


def test_an_unknown_block_is_an_error_that_suggests(run: Run) -> None:
    assert "did you mean `conv`?" in refused(run, "name: outer\ninput: [8, 8, 8]\nlayers:\n  - cnov: {out: 3}\n")


def test_a_block_needs_its_parameters_and_knows_no_others(run: Run) -> None:
    text = "name: outer\ninput: [8, 8, 8]\nlayers:\n  - separable_conv: {O: 16, K: 3}\n"
    assert "needs `K`" in refused(run, text.replace(", K: 3", ""))
    assert "no attribute `k`" in refused(run, text.replace("K: 3", "K: 3, k: 3"))


# -- entries and modifiers -------------------------------------------------------------------------------------------


def test_an_entry_stands_alone_or_with_attributes_or_with_modifiers(run: Run) -> None:
    report = run("""
        name: entries
        input: [3, 8, 8]
        layers:
          - relu
          - norm:
          - norm: {}
            when: channels == 3
          - norm:
            name: last
          - conv: {out: 4, kernel: 3}
        """)
    assert paths(report) == ["relu", "norm1", "norm2", "last", "conv"]


def test_when_is_tested_first_and_sees_the_running_tensor(run: Run) -> None:
    text = """
        name: when
        parameters: {skip: true, K: 3}
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
            as: body
          - conv: {out: 1 / 0 + i, kernel: 1}
            when: not skip and channels == 4
            repeat: 1 / 0
            from: body
          - relu: {}
            when: channels == 4 and height == 8
        """
    assert paths(run(text.replace("1 / 0", "sqrt(K - 4)"))) == ["conv1", "relu"]
    assert "true or false" in refused(run, text.replace("1 / 0", "1").replace("not skip and channels == 4", "K"))


def test_repeat_builds_an_entry_again_with_i_from_zero(run: Run) -> None:
    report = run("""
        name: repeat
        parameters: {n: 3}
        input: [3, 8, 8]
        layers:
          - conv: {out: 4 + i, kernel: 1, stride: 2 if i == 0 else 1}
            repeat: n
          - relu: {}
            repeat: 0
        """)
    assert shapes(report) == ["conv1 4×4×4", "conv2 5×4×4", "conv3 6×4×4"]


def test_name_is_the_entrys_part_of_the_path(run: Run) -> None:
    report = run("""
        name: names
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
            name: stem
          - separable_conv: {O: 4, K: 3}
            name: body
          - layers:
              - relu
            name: stage
          - table:
              columns: [n, c]
              rows: [[2, 4], [3, 8]]
              do:
                - conv: {out: c, kernel: 1}
                  name: stage{n}
        """)
    assert paths(report) == ["stem", "body.depthwise", "body.conv", "stage.relu", "stage2", "stage3"]


def test_as_labels_an_output_and_from_reads_it(run: Run) -> None:
    report = run("""
        name: labels
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
            as: first
          - conv: {out: 5, kernel: 1}
            as: second
          - concat: {}
            from: [first, second, input]
            as: joined
          - conv: {out: 7, kernel: 1}
            from: first
            as: third
          - concat: {}
            from: [joined, third]
        """)
    assert [row.inputs for row in report.layers][2:] == [
        ((4, 8, 8), (5, 8, 8), (3, 8, 8)), ((4, 8, 8),), ((12, 8, 8), (7, 8, 8)),
    ]  # fmt: skip


def test_as_on_a_skipped_entry_labels_what_passes_through(run: Run) -> None:
    text = """
        name: skipped
        parameters: {expand: false}
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
          - conv: {out: 24, kernel: 1}
            when: expand
            as: expanded
          - conv: {out: 2, kernel: 1}
            as: out
          - concat: {}
            from: [expanded, out]
        """
    assert run(text).layers[-1].inputs == ((4, 8, 8), (2, 8, 8))
    assert run(text, expand=True).layers[-1].inputs == ((24, 8, 8), (2, 8, 8))


def test_as_on_a_skipped_entry_labels_what_it_would_have_read(run: Run) -> None:
    text = """
        name: shortcut
        parameters: {project: false}
        input: [4, 8, 8]
        layers:
          - conv: {out: 4, kernel: 3}
            as: main
          - conv: {out: 4, kernel: 1}
            from: input
            when: project
            as: shortcut
          - add: {}
            from: [main, shortcut]
        """
    assert [row.kind for row in run(text).layers] == ["conv", "add"]
    assert run(text).totals.graph.nodes[-1].inputs == (1, 0)
    assert run(text, project=True).totals.graph.nodes[-1].inputs == (1, 2)


def test_as_on_a_repeated_entry_labels_the_last(run: Run) -> None:
    report = run("""
        name: repeated
        input: [3, 8, 8]
        layers:
          - conv: {out: 4 + i, kernel: 1}
            repeat: 3
            as: last
          - conv: {out: 9, kernel: 1}
            as: more
          - concat: {}
            from: [last, more]
        """)
    assert report.layers[-1].inputs == ((6, 8, 8), (9, 8, 8))


def test_from_on_a_repeated_entry_feeds_the_first_turn(run: Run) -> None:
    report = run("""
        name: repeated
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
            as: side
          - conv: {out: 5, kernel: 1}
            from: input
            repeat: 2
            as: main
          - concat: {}
            from: [side, main]
        """)
    assert [row.inputs[0][0] for row in report.layers] == [3, 3, 5, 4]


def test_a_group_puts_entries_under_one_set_of_modifiers(run: Run) -> None:
    text = """
        name: groups
        parameters: {wanted: true}
        input: [3, 8, 8]
        layers:
          - layers:
              - conv: {out: 4 + i, kernel: 1}
              - relu
            when: wanted
            repeat: 2
            name: stage
            as: out
          - layers:
              - sigmoid
            from: input
            as: gate
          - concat: {}
            from: [out, gate]
        """
    report = run(text)
    assert paths(report) == ["stage1.conv", "stage1.relu", "stage2.conv", "stage2.relu", "sigmoid", "concat"]
    assert report.layers[-1].inputs == ((5, 8, 8), (3, 8, 8))
    assert paths(run(text, wanted=False)) == ["sigmoid", "concat"]


def test_an_entry_has_one_word_that_is_no_modifier(run: Run) -> None:
    head = "name: x\ninput: [3, 8, 8]\nlayers:\n"
    assert "2 words that are no modifiers" in refused(run, head + "  - conv: {out: 3, kernel: 1}\n    relu: {}\n")
    assert "names no layer" in refused(run, head + "  - repeat: 3\n")
    assert "did you mean `repeat`?" in refused(run, head + "  - conv: {out: 3, kernel: 1}\n    repeta: 3\n")


# -- labels ----------------------------------------------------------------------------------------------------------


def test_a_label_is_seen_to_the_end_of_its_list_and_inside_its_branches(run: Run) -> None:
    text = """
        name: labels
        input: [3, 8, 8]
        layers:
          - layers:
              - conv: {out: 4, kernel: 1}
                as: inner
              - branches:
                  paths:
                    - - relu
                    - - sigmoid: {}
                        from: inner
                  merge: add
                as: again
              - layers:
                  - add: {}
                    from: [inner, again]
          - tanh
        """
    assert run(text).totals.params == 12
    assert "no label `inner`" in refused(run, text.replace("- tanh", "- tanh: {}\n            from: inner"))


def test_a_label_of_a_branch_ends_with_it(run: Run) -> None:
    text = """
        name: branch
        input: [3, 8, 8]
        layers:
          - branches:
              paths:
                - - relu: {}
                    as: inner
                  - sigmoid
                - - tanh: {}
                    from: inner
              merge: add
        """
    assert "no label `inner`" in refused(run, text)


def test_a_label_is_not_seen_before_it_is_set(run: Run) -> None:
    text = "name: x\ninput: [3, 8, 8]\nlayers:\n  - relu: {}\n    from: later\n  - relu: {}\n    as: later\n"
    assert "no label `later`" in refused(run, text)
    assert "nothing before this is named `later`" in refused(run, text.replace("as: later", "name: later"))


def test_the_labels_of_a_block_are_private_to_it(run: Run) -> None:
    text = """
        name: private
        input: [3, 8, 8]
        blocks:
          inner:
            layers:
              - conv: {out: 4, kernel: 1}
                as: hidden
              - relu
        layers:
          - inner
          - relu: {}
            from: hidden
        """
    assert "no label `hidden`" in refused(run, text)


BACKBONE = """
name: backbone
input: [3, 8, 8]
blocks:
  stage:
    parameters: {out: }
    layers:
      - conv: {out: 6 * out, kernel: 1}
        MARK: expanded
      - conv: {out: out, kernel: 1}
  body:
    layers:
      - stage: {out: 2}
        name: stage2
      - stage: {out: 3}
        name: stage3
      - relu
layers:
  - body: {}
    name: backbone
  - conv: {out: 3, kernel: 1}
    as: deep
  - conv: {out: 3, kernel: 1}
    from: backbone.stage3.expanded
    as: shallow
  - conv: {out: 3, kernel: 1}
    from: backbone.stage2
    as: middle
  - add: {}
    from: [deep, shallow, middle]
"""


@pytest.mark.parametrize("mark", ["name", "as"])
def test_names_reach_into_a_block_from_outside(run: Run, mark: str) -> None:
    report = run(BACKBONE.replace("MARK", mark))
    reading = [row.inputs[0][0] for row in report.layers[-3:-1]]
    assert reading == [18, 2]
    wrong = BACKBONE.replace("MARK", mark).replace("stage3.expanded", "stage3.expnded")
    assert "expnded" in refused(run, wrong)


def test_names_in_groups_tables_and_branches_are_reached(run: Run) -> None:
    report = run("""
        name: reached
        input: [4, 8, 8]
        layers:
          - layers:
              - conv: {out: 4, kernel: 1}
                name: first
              - relu
            name: group
          - table:
              columns: [c]
              rows: [[5], [6]]
              do:
                - conv: {out: c, kernel: 1}
                  name: row
          - branches:
              paths:
                - - conv: {out: 7, kernel: 1}
                    name: left
                - - relu
              merge: concat
            as: joined
          - concat: {}
            from: [group.first, row1, row2, left, joined]
        """)
    assert [shape[0] for shape in report.layers[-1].inputs] == [4, 5, 6, 7, 13]


def test_names_are_reached_from_inside_a_later_group_and_from_its_branches(run: Run) -> None:
    report = run("""
        name: sideways
        input: [4, 8, 8]
        layers:
          - layers:
              - conv: {out: 5, kernel: 1}
                as: kept
              - relu
            name: first
          - layers:
              - branches:
                  paths:
                    - - concat: {}
                        from: [first, first.kept]
                    - - conv: {out: 7, kernel: 1}
                    - []
                  merge: concat
            name: second
        """)
    assert [shape[0] for shape in report.layers[-1].inputs] == [10, 7, 5]


# -- tables ----------------------------------------------------------------------------------------------------------


def test_a_table_builds_its_body_once_a_row_with_columns_as_variables(run: Run) -> None:
    text = """
        name: table
        parameters: {wide: 3}
        input: [3, 8, 8]
        layers:
          - table:
              columns: [c, s, op, use]
              rows:
                - [4, 1, plain, true]
                - [wide * 2, 2, fused, false]
                - ["max(7, wide)", 1, plain, true]
              do:
                - conv: {out: c, kernel: 1, stride: s, bias: use}
                  when: op == 'plain'
                - conv: {out: c, kernel: 3, stride: s, bias: use}
                  when: op == 'fused'
        """
    report = run(text)
    assert shapes(report) == ["conv1 4×8×8", "conv2 6×4×4", "conv3 7×4×4"]
    assert [row.cost.biases for row in report.layers] == [4, 0, 7]
    assert "3 entries" in refused(run, text.replace("[4, 1, plain, true]", "[4, 1, plain]"))
    assert "quoted" in refused(run, text.replace('["max(7, wide)", 1, plain, true]', "[max(7, wide), 1, plain, true]"))


def test_a_cell_that_names_a_parameter_is_its_value_and_any_other_word_is_a_word(run: Run) -> None:
    text = """
        name: words
        parameters: {plain: 5}
        input: [3, 8, 8]
        layers:
          - table:
              columns: [c, op]
              rows: [[plain, fused], [2, plain]]
              do:
                - conv: {out: c, kernel: 1}
                  when: op == 'fused'
                - conv: {out: op, kernel: 1}
                  when: op != 'fused'
        """
    assert outs(run(text)) == [5, 5]


def test_rows_of_a_single_column_need_no_brackets(run: Run) -> None:
    text = """
        name: single
        input: [3, 8, 8]
        layers:
          - table:
              columns: [c]
              rows: [4, [5], 6]
              do:
                - conv: {out: c, kernel: 1}
        """
    assert outs(run(text)) == [4, 5, 6]


def test_a_table_may_be_nested_repeated_and_named(run: Run) -> None:
    report = run("""
        name: nested
        input: [3, 8, 8]
        layers:
          - table:
              columns: [c]
              rows: [4, 5]
              do:
                - table:
                    columns: [k]
                    rows: [1, 3]
                    do:
                      - conv: {out: c + i, kernel: k}
            repeat: 2
            name: all
        """)
    assert paths(report) == [f"all{turn}.conv{number}" for turn in (1, 2) for number in (1, 2, 3, 4)]
    assert outs(report) == [4, 4, 5, 5, 5, 5, 6, 6]


# -- branches --------------------------------------------------------------------------------------------------------


def branches(paths_: str, merge: str, split: str = "") -> str:
    return (
        dedent("""
        name: branches
        parameters: {K: 3}
        input: [8, 4, 4]
        layers:
          - branches:
              paths: PATHS
              merge: MERGE
              SPLIT
        """)
        .replace("PATHS", paths_)
        .replace("MERGE", merge)
        .replace("SPLIT", f"split: {split}" if split else "")
    )


def test_each_path_sees_the_whole_input_and_an_empty_one_is_the_identity(run: Run) -> None:
    report = run(branches(f"[[], [{{{conv(8)}}}]]", "add"))
    assert report.layers[-1].inputs == ((8, 4, 4), (8, 4, 4))
    assert report.layers[0].inputs == ((8, 4, 4),)
    assert report.totals.params == 64


def test_an_even_split_gives_each_path_its_part(run: Run) -> None:
    report = run(branches(f"[[], [{{{conv(6)}}}]]", "concat", "even"))
    assert [row.kind for row in report.layers] == ["split", "split", "conv", "concat"]
    assert report.layers[2].inputs == ((4, 4, 4),)
    assert report.layers[-1].output[0] == 10
    assert "do not split into 3" in refused(run, branches("[[], [], [relu]]", "concat", "even"))


def test_a_split_by_a_list_gives_each_path_its_channels(run: Run) -> None:
    report = run(branches("[[relu], [sigmoid]]", "concat", "[K, channels - K]"))
    assert [row.output[0] for row in report.layers if row.kind in ("relu", "sigmoid")] == [3, 5]
    assert [row.output[0] for row in run(branches("[[relu], [tanh]]", "concat", "[1, 7]")).layers if row.follows] == [
        1,
        7,
    ]
    assert "adds up to 9" in refused(run, branches("[[relu], [sigmoid]]", "concat", "[4, 5]"))
    assert "one for each path" in refused(run, branches("[[relu], [sigmoid]]", "concat", "[4, 2, 2]"))
    assert "even, or a list" in refused(run, branches("[[relu], [sigmoid]]", "concat", "odd"))


def test_paths_are_added_multiplied_or_concatenated(run: Run) -> None:
    two = f"[[{{{conv(8)}}}], [relu]]"
    assert run(branches(two, "add")).layers[-1].output == (8, 4, 4)
    assert run(branches(two, "concat")).layers[-1].output == (16, 4, 4)
    gate = f"[[], [global_pool, {{{conv(8)}}}, sigmoid]]"
    report = run(branches(gate, "multiply"))
    assert report.layers[-1].inputs == ((8, 4, 4), (8, 1, 1))
    assert report.layers[-1].output == (8, 4, 4)
    assert run(branches(gate, "add")).layers[-1].output == (8, 4, 4)  # a side of 1 is spread over the other's
    assert "add cannot sum 8×4×4 and 8×2×2" in refused(run, branches("[[], [max_pool: {kernel: 2}]]", "add"))
    assert "did you mean `concat`?" in refused(run, branches(two, "concta"))


def test_hierarchical_feature_fusion_sums_from_first_on_and_concatenates_once(run: Run) -> None:
    """ESPNet (arXiv:1803.06815), figure 1b: K paths, K − 1 − first sums."""
    four = "[[{conv: {out: 5, kernel: 1}}], [relu], [sigmoid], [tanh]]"
    report = run(branches(four, "{hff: {first: 1}}"))
    kinds = [row.kind for row in report.layers]
    assert kinds == ["conv", "relu", "sigmoid", "tanh", "add", "add", "concat"]
    assert report.layers[-1].inputs == ((5, 4, 4), (8, 4, 4), (8, 4, 4), (8, 4, 4))
    graph = report.totals.graph
    first, second = (node for node in graph.nodes if node.layer.name == "add")
    assert first.output in second.inputs
    assert graph.nodes[-1].inputs[1:] == (graph.nodes[1].output, first.output, second.output)
    assert [row.kind for row in run(branches("[[relu], [sigmoid], [tanh]]", "hff")).layers].count("add") == 2
    assert [row.kind for row in run(branches("[[relu], [sigmoid], [tanh]]", "{hff: {first: 2}}")).layers].count(
        "add"
    ) == 0
    assert "first is 4 of 4 paths" in refused(run, branches(four, "{hff: {first: 4}}"))
    assert "add cannot sum" in refused(run, branches(four, "{hff: {first: 0}}"))


def test_a_repeated_path_is_as_many_paths_with_i_as_their_number(run: Run) -> None:
    text = branches("{repeat: K, do: [{conv: {out: 2 + i, kernel: 3, dilation: 2 ** i}}]}", "concat")
    report = run(text)
    assert paths(report) == ["branch1.conv", "branch2.conv", "branch3.conv", "concat"]
    assert [row.attributes["dilation"] for row in report.layers[:-1]] == [(1, 1), (2, 2), (4, 4)]
    assert report.layers[-1].output[0] == 2 + 3 + 4
    assert len(run(text, K=5).layers) == 6
    mixed = branches("[[], {repeat: K, do: [{conv: {out: 8, kernel: 1}}]}, [relu]]", "add")
    assert len(run(mixed).layers[-1].inputs) == 5


def test_a_repeat_of_one_path_adds_nothing(run: Run) -> None:
    """ResNeXt (arXiv:1611.05431), Table 2: cardinality 1 is the ResNet bottleneck."""
    text = branches("{repeat: K, do: [{conv: {out: 8, kernel: 1}}]}", "add")
    assert [row.kind for row in run(text, K=1).layers] == ["conv"]
    assert [row.kind for row in run(text, K=2).layers] == ["conv", "conv", "add"]
    assert "no path is left" in refused(run, text, K=0)


def test_branches_carry_modifiers(run: Run) -> None:
    text = branches("[[], [{conv: {out: 8, kernel: 1}}]]", "add") + "    repeat: K\n    name: unit\n    as: last\n"
    assert paths(run(text, K=2)) == ["unit1.conv", "unit1.add", "unit2.conv", "unit2.add"]


# -- scope -----------------------------------------------------------------------------------------------------------


def test_the_innermost_name_wins_column_attribute_define_parameter_then_the_running_tensor(run: Run) -> None:
    text = """
        name: scope
        parameters: {c: 10, channels: 5, height: 7}
        define: {d: c + 1, c2: 100}
        input: [3, 8, 8]
        blocks:
          inner:
            parameters: {c2: 1}
            define: {d: c2 + 1}
            layers:
              - conv: {out: d, kernel: 1}
              - table:
                  columns: [d]
                  rows: [50]
                  do:
                    - conv: {out: d, kernel: 1}
              - conv: {out: channels + width, kernel: 1}
        layers:
          - conv: {out: d, kernel: 1}
          - inner
          - inner: {c2: 20}
          - table:
              columns: [c]
              rows: [77]
              do:
                - conv: {out: c, kernel: 1}
                - conv: {out: d, kernel: 1}
        """
    assert outs(run(text)) == [11, 2, 50, 13, 21, 50, 13, 77, 11]


def test_attributes_are_evaluated_where_they_are_written(run: Run) -> None:
    text = """
        name: written
        input: [3, 8, 8]
        blocks:
          inner:
            parameters: {out: , last: }
            layers:
              - conv: {out: 100, kernel: 1}
              - conv: {out: out, kernel: 1}
              - conv: {out: last + channels, kernel: 1}
        layers:
          - inner: {out: channels * 2, last: i}
            repeat: 2
        """
    assert outs(run(text)) == [100, 6, 6, 100, 12, 13]


def test_the_running_tensors_sides_follow_the_layers(run: Run) -> None:
    report = run("""
        name: running
        input: [3, 16, 8]
        layers:
          - conv: {out: channels + height + width, kernel: 1, stride: 2}
          - conv: {out: channels + height + width, kernel: 1}
          - branches:
              paths:
                - - conv: {out: channels - 30, kernel: 1}
                  - conv: {out: channels, kernel: 1}
                - - conv: {out: channels - 30, kernel: 1}
              merge: add
        """)
    assert outs(report) == [27, 39, 9, 9, 9, 9]


@pytest.mark.parametrize("shared", [False, True])
def test_a_default_reads_the_channels_of_the_tensor_that_enters(
    run: Run, block: Callable[..., Path], shared: bool
) -> None:
    inner = """
        parameters: {out: channels, side: height}
        define: {entering: channels, now(): channels}
        layers:
          - conv: {out: 2 * out + side, kernel: 1}
          - conv: {out: out, kernel: 1}
          - conv: {out: entering + now(), kernel: 1}
        """
    text = "name: outer\ninput: [3, 4, 4]\nblocks: BLOCKS\nlayers:\n  - conv: {out: 5, kernel: 1}\n  - inner\n"
    if shared:
        path = block("inner", "name: inner\ninput: [_c, _h, _w]" + dedent(inner))
        text = text.replace("blocks: BLOCKS\n", "")
        assert [str(out) for out in outs(analyze(str(path)))] == ["2*_c + _h", "_c", "2*_c"]
    else:
        body = "".join(f"    {line}\n" for line in dedent(inner).strip().splitlines())
        text = text.replace("BLOCKS", "\n  inner:\n" + body)
    assert outs(run(text)) == [5, 14, 5, 10]


def test_a_repeats_index_ends_with_it_and_is_not_seen_inside_blocks(run: Run) -> None:
    head = "name: x\ninput: [3, 8, 8]\nblocks:\n  inner:\n    layers:\n      - conv: {out: OUT, kernel: 1}\nlayers:\n"
    assert "`i` is not known here" in refused(run, head.replace("OUT", "i") + "  - inner: {}\n    repeat: 2\n")
    after = "  - inner: {}\n    repeat: 2\n  - conv: {out: i, kernel: 1}\n"
    assert "`i` is not known here" in refused(run, head.replace("OUT", "3") + after)


def test_a_local_block_sees_no_columns_and_no_labels_of_where_it_is_used(run: Run) -> None:
    text = """
        name: unseen
        input: [3, 8, 8]
        blocks:
          inner:
            layers:
              - conv: {out: OUT, kernel: 1}
                FROM
        layers:
          - relu: {}
            as: label
          - table:
              columns: [c]
              rows: [4]
              do:
                - inner
          - add: {}
            from: [label, label]
        """
    assert "`c` is not known here" in refused(run, text.replace("OUT", "c").replace("FROM", "name: x"))
    assert "no label `label`" in refused(run, text.replace("OUT", "4").replace("FROM", "from: label"))


def test_a_name_may_hold_expressions(run: Run) -> None:
    report = run("""
        name: named
        parameters: {first: 2}
        input: [3, 8, 8]
        layers:
          - conv: {out: 4, kernel: 1}
            repeat: 2
            name: conv{first + i}_x
          - relu: {}
            from: conv2_x
            as: a
          - relu: {}
            from: conv3_x
            as: b
          - add: {}
            from: [a, b]
        """)
    assert paths(report)[:2] == ["conv2_x", "conv3_x"]


def test_nested_repeats_have_an_index_each(run: Run) -> None:
    report = run("""
        name: nested
        input: [3, 8, 8]
        layers:
          - layers:
              - conv: {out: 10 + i, kernel: 1}
              - conv: {out: 20 + i, kernel: 1}
                repeat: 2
              - conv: {out: 30 + i, kernel: 1}
            repeat: 2
        """)
    assert outs(report) == [10, 20, 21, 30, 11, 20, 21, 31]


def test_conditions_short_circuit_in_a_spec(run: Run) -> None:
    report = run("""
        name: short
        parameters: {g: 3}
        define: {table: {1: 4}}
        input: [3, 8, 8]
        layers:
          - conv: {out: "table[g] if g == 1 else 8", kernel: 1}
            when: g != 1 or table[g] == 4
          - relu: {}
            when: g == 1 and table[g] == 4
        """)
    assert shapes(report) == ["conv 8×8×8"]


# -- whole results ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("out: 7 / 2", "not whole"),
        ("out: sqrt(2)", "not whole"),
        ("out: 0", "at least 1"),
        ("out: -3", "at least 1"),
        ("out: true", "whole number"),
        ("out: [3, 4]", "whole number"),
        ("out: 4, kernel: 3/2", "not whole"),
        ("out: 4, groups: 2", "divide"),
    ],
)
def test_a_result_that_must_be_whole_and_is_not_is_an_error(run: Run, attribute: str, message: str) -> None:
    extra = "" if "kernel" in attribute else ", kernel: 1"
    text = f"name: whole\ninput: [3, 8, 8]\nlayers:\n  - conv: {{{attribute}{extra}}}\n"
    error = refused(run, text)
    assert message in error
    assert "net.yaml:4:" in error


@pytest.mark.parametrize("repeat", ["1/2", "-1", "sqrt(2)", "true", "10**12"])
def test_a_repeats_count_is_a_whole_number(run: Run, repeat: str) -> None:
    with pytest.raises((ParameterError, ShapeError, SpecError)):
        run(f"name: whole\ninput: [3, 8, 8]\nlayers:\n  - relu: {{}}\n    repeat: {repeat}\n")


def test_an_inputs_side_is_whole(run: Run) -> None:
    assert "not whole" in refused(run, "name: x\nparameters: {rho: 0.7}\ninput: [3, 8 * rho, 8]\nlayers: [relu]\n")


# -- YAML's own traps ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        "conv: {out: max(3, 4), kernel: 1}",
        "conv: {out: table[0], kernel: 1}",
        "conv: {out: 3 if 'a' == op else 4, kernel: 1}",
        "conv: {out: 'a' == op, kernel: 1}",
    ],
)
def test_an_expression_that_must_be_quoted_and_was_not_is_told_so(run: Run, entry: str) -> None:
    text = f"name: x\nparameters: {{op: 3}}\ndefine: {{table: [3]}}\ninput: [3, 8, 8]\nlayers:\n  - {entry}\n"
    if "3 if" in entry:
        assert run(text).totals.params == 12
    else:
        assert "quote" in refused(run, text)


def test_numbers_come_from_the_source_text(run: Run) -> None:
    text = "name: x\nparameters: {{alpha: {}}}\ninput: [3, 8, 8]\nlayers:\n  - conv: {{out: 1000 * alpha, kernel: 1}}\n"
    assert run(text.format("0.714")).layers[0].output[0] == 714
    assert run(text.format("1e-3")).layers[0].output[0] == 1
    for trap in ("010", "1:30", "0x1F", "1_0_", ".inf", ".nan", "off", "yes", "2001-01-01e"):
        assert refused(run, text.format(trap))


# -- paths -----------------------------------------------------------------------------------------------------------


def test_words_that_stand_several_times_are_numbered_from_one(run: Run) -> None:
    report = run("""
        name: numbers
        input: [8, 8, 8]
        blocks:
          unit:
            layers:
              - conv: {out: 8, kernel: 1}
              - relu
              - branches:
                  paths:
                    - []
                    - - conv: {out: 8, kernel: 1}
                  merge: add
        layers:
          - conv: {out: 8, kernel: 1}
          - unit
          - unit: {}
            repeat: 2
          - max_pool: {kernel: 2}
        """)
    assert paths(report) == [
        "conv",
        *[f"unit{number}.{part}" for number in (1, 2, 3) for part in ("conv1", "relu", "conv2", "add")],
        "max_pool",
    ]


def test_paths_of_branches_are_numbered_where_several_have_layers(run: Run) -> None:
    report = run("""
        name: numbers
        input: [8, 8, 8]
        layers:
          - branches:
              paths:
                - - conv: {out: 8, kernel: 1}
                  - relu
                - []
                - - conv: {out: 8, kernel: 1}
              merge: add
          - conv: {out: 8, kernel: 1}
        """)
    assert paths(report) == ["branch1.conv", "branch1.relu", "branch3.conv", "add", "conv"]


def test_paths_are_unique_and_their_first_part_is_the_block(run: Run) -> None:
    for report in (run(LOCAL), run(BACKBONE.replace("MARK", "name")), analyze("mobilenet_v1")):
        assert len(set(paths(report))) == len(paths(report))
        assert all(row.path.startswith(row.block) for row in report.layers)


def test_a_name_that_stands_twice_is_an_error(run: Run) -> None:
    text = "name: x\ninput: [3, 8, 8]\nlayers:\n  - relu: {}\n    name: a\n  - relu: {}\n    name: NAME\n"
    assert "the name `a` stands twice" in refused(run, text.replace("NAME", "a"))
    assert paths(run(text.replace("NAME", "b"))) == ["a", "b"]


def test_a_repeat_numbers_a_name_with_an_expression_that_does_not_speak_of_the_turn(tmp_path: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(
        """
input: [4, 8, 8]
layers:
  - relu: {}
    repeat: 2
    name: b{2}
  - layers:
      - relu: {}
        repeat: 2
        name: c{i}x
        when: i == 0
      - relu: {}
        repeat: 2
        name: e{i + 1}
        when: i == 1
      - gelu: {}
        name: d{i}
    repeat: 2
"""
    )
    paths = [layer.path for layer in analyze(str(path)).layers]
    assert paths == ["b2_1", "b2_2", "c0x", "c1x", "d0", "e1", "e2", "d1"]


# -- the running tensor's own names ----------------------------------------------------------------------------------


def test_the_maps_sides_are_the_running_tensors_whatever_the_files_names_are(run: Run) -> None:
    report = run(
        """
        input: [8, 16, 32]
        parameters: {height: 4, channels: 100}
        define:
          width: 7
          tall(n): map.height * n
          entering: map.width
        layers:
          - conv: {out: map.height, kernel: 1, stride: 2}
          - conv: {out: height, kernel: 1}
          - conv: {out: map.channels + map.width, kernel: 1}
          - conv: {out: tall(2), kernel: 1}
          - conv: {out: entering, kernel: 1}
          - conv: {out: map.channels + i, kernel: 1}
            repeat: 2
        """
    )
    # the map: 8×16×32, then 16×8×16, of 4, 4 + 16, 8·2, 32, 32 + 0 and 32 + 1 channels
    assert outs(report) == [16, 4, 20, 16, 32, 32, 33]


def test_a_block_reads_the_map_and_not_what_it_was_given_by_that_name(run: Run) -> None:
    report = run(
        """
        input: [8, 16, 32]
        blocks:
          half: {parameters: {channels: {}}, layers: [{conv: {out: map.channels / 2, kernel: channels}}]}
        layers: [{half: {channels: 3}}, {half: {channels: 1}}]
        """
    )
    assert outs(report) == [4, 2]


def test_the_maps_sides_are_symbols_where_the_input_is(run: Run) -> None:
    report = run(
        """
        input: [C, H, W]
        layers: [{conv: {out: 2 * map.channels, kernel: 1}}, {conv: {out: map.height, kernel: 1}}]
        """
    )
    assert [str(row.params) for row in report.layers] == ["2*C**2", "2*C*H"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("map.depth", "expected: map.channels, map.height, map.width"),
        ("map.hieght", "did you mean `map.height`"),
        ("mop.height", "is not allowed in an expression"),
        ("map.height.width", "is not allowed in an expression"),
        ("map", "`map` is not known here"),
        ("map.channels()", "calls what is no function"),
    ],
)
def test_nothing_else_is_read_off_a_map(run: Run, text: str, said: str) -> None:
    layers = f'[{{conv: {{out: "{text}", kernel: 1}}}}]'
    assert said in refused(run, f"input: [8, 16, 32]\nlayers: {layers}\n")


def test_a_value_from_outside_cannot_name_the_map() -> None:
    with pytest.raises(FlopcalcError, match=r"map\.height"):
        analyze("conv", C="map.height")


def test_a_layer_that_reads_a_name_that_hides_a_side_of_the_map_gets_a_note(run: Run) -> None:
    text = """
        input: [8, 16, 32]
        parameters: {height: 4, width: 6}
        define: {wide(c): c * width}
        layers:
          - conv: {out: wide(2), kernel: 1}
          - conv: {out: %s, kernel: 1}
    """
    (note,) = run(text % "2 * height").notes
    assert note.endswith("net.yaml:7:21, height is the file's own; map.height is the running tensor's.")
    assert run(text % "map.height").notes == ()  # and `width`, in a definition, is no layer's


def test_no_packaged_spec_needs_such_a_note() -> None:
    names = [entry.name for entry in catalog.index() if entry.kind in catalog.SPEC_KINDS]
    assert [name for name in names if load(name).hiding] == []
