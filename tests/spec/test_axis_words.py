"""The words for axes, of which one is the name of a side too."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import analyze


@pytest.mark.parametrize(
    ("axis", "output"),
    [("channels", (1, 5, 6)), ("map", (4, 1, 1)), ("all", (1, 1, 1)), ("0", (1, 5, 6)), ("[0, 2]", (1, 5, 1))],
)
def test_a_word_for_axes_is_no_side_of_the_running_tensor(tmp_path: Path, axis: str, output: tuple[int, ...]) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(f"input: [4, 5, 6]\nlayers:\n  - reduce: {{op: max, axis: {axis}}}\n", encoding="utf-8")
    assert analyze(str(spec)).layers[0].output == output


def test_a_norm_over_the_channels_learns_a_factor_for_each(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [4, 5, 6]\nlayers:\n  - norm: {axis: channels}\n", encoding="utf-8")
    assert analyze(str(spec)).totals.params == 8
