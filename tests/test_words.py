"""Words as values: the choices of a parameter and the cells of tables."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from flopcalc import analyze
from flopcalc.errors import FlopcalcError

CHOOSING = """
parameters:
  kind: {{default: {default}, choices: [{choices}]}}
input: [3, 8, 8]
layers:
  - conv: {{out: 8 if kind == {test} else 16, kernel: 1}}
"""


def write(folder: Path, text: str) -> str:
    """Write a spec and return its path."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("word", ["torchvision", "3x3", "1x1", "32x4d", "v1.5", "pre-act", "k3_e6", "x0_5", "2d", "Σ"])
def test_a_choice_may_be_any_word_of_letters_digits_dots_and_hyphens(tmp_path: Path, word: str) -> None:
    spec = write(tmp_path, CHOOSING.format(default=word, choices=f"other, {word}", test=f"'{word}'"))
    assert analyze(spec).parameters["kind"] == word
    assert analyze(spec).totals.params == 3 * 8
    assert analyze(spec, kind=word).totals.params == 3 * 8
    assert analyze(f"{spec}:kind={word}").totals.params == 3 * 8
    assert analyze(spec, kind="other").totals.params == 3 * 16


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", Fraction(1, 2)), ("4/7", Fraction(4, 7)), ("-1", -1), ("1e3", 1000), ("2*3", 6), ("true", True)],
)
def test_a_choice_that_is_a_number_or_a_truth_value_is_no_word(tmp_path: Path, text: str, value: object) -> None:
    spec = write(tmp_path, CHOOSING.format(default=text, choices=f"other, {text}", test=text))
    assert analyze(spec).parameters["kind"] == value
    assert analyze(f"{spec}:kind={text}").totals.params == 3 * 8


@pytest.mark.parametrize("text", ["010", "0x10", "1_0_", "off", "No", "3e"])
def test_what_yaml_would_read_otherwise_is_no_choice(tmp_path: Path, text: str) -> None:
    spec = write(tmp_path, CHOOSING.format(default="other", choices=f"other, {text}", test="1"))
    with pytest.raises(FlopcalcError):
        analyze(spec)


def test_a_refused_choice_is_answered_with_decimals_as_people_write_them(tmp_path: Path) -> None:
    spec = write(tmp_path, CHOOSING.format(default="0.5", choices="0.5, 4/7, 3x3", test="1"))
    with pytest.raises(FlopcalcError) as caught:
        analyze(spec, kind=0.75)
    assert "cannot be 0.75" in str(caught.value)
    assert "one of 0.5, 4/7, 3x3" in str(caught.value)


def test_cells_of_a_table_may_be_words_that_begin_with_a_digit_and_truth_values(tmp_path: Path) -> None:
    spec = write(
        tmp_path,
        """
input: [3, 8, 8]
layers:
  - table:
      columns: [op, c, normed]
      rows:
        - [3x3, 8, true]
        - [1x1, 8, false]
      do:
        - conv: {out: c, kernel: 3 if op == '3x3' else 1}
        - norm: {}
          when: normed
""",
    )
    assert [row.label for row in analyze(spec).layers] == ["conv 3×3", "norm", "conv 1×1"]


def test_a_cell_that_yaml_would_read_as_a_truth_value_is_refused(tmp_path: Path) -> None:
    spec = write(
        tmp_path,
        """
input: [3, 8, 8]
layers:
  - table:
      columns: [normed]
      rows:
        - [no]
      do:
        - norm: {}
          when: normed
""",
    )
    with pytest.raises(FlopcalcError, match="`no` is not a value"):
        analyze(spec)


def test_a_text_with_a_comma_in_braces_asks_for_quotes(tmp_path: Path) -> None:
    spec = write(tmp_path, "parameters: {a: {default: 1, help: one, two words}}\ninput: [a, 1, 1]\nlayers: [relu]\n")
    with pytest.raises(FlopcalcError, match="must be quoted"):
        analyze(spec)


def test_layers_whose_word_ends_in_a_digit_are_numbered_after_a_bar(tmp_path: Path) -> None:
    spec = write(tmp_path, "input: [3, 8, 8]\nlayers: [relu6, relu, relu6, relu]\n")
    assert [row.path for row in analyze(spec).layers] == ["relu6_1", "relu1", "relu6_2", "relu2"]
