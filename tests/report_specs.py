"""Specs for the renderers: a small network, one in symbols, and one whose words every format must escape."""

from __future__ import annotations

from pathlib import Path

from flopcalc import Report, analyze

SMALL = """
name: small
title: A small network
source: nobody, nowhere, Table 1
parameters:
  width: {default: 8, min: 1}
  ratio: {default: 0.5, above: 0}
  kind: {default: plain, choices: [plain, fancy]}
input: [3, 16, 32]
layers:
  - conv: {out: width, kernel: 3, stride: 2}
  - norm
  - relu
  - layers:
      - conv: {out: 2 * width, kernel: 1}
      - relu
      - depthwise: {kernel: 3}
    name: body
  - global_pool
  - linear: {out: 10}
"""

BLOCK = """
name: block
title: A block in symbols
parameters: {O: , K: {min: 1}}
input: [C, H, W]
layers:
  - depthwise: {kernel: K}
  - conv: {out: O, kernel: 1}
  - norm
"""

ROUNDED = """
name: rounded
parameters: {alpha: {default: 1, above: 0}}
input: [3, H, 8]
layers:
  - conv: {out: round(8 * alpha), kernel: 3, stride: 2}
  - norm
  - conv: {out: make_divisible(20 * alpha), kernel: 1}
"""

HOSTILE = r"""
name: hostile
title: "[red]A|B_c*d$x & 100% #1 ~ ^ {x} <b> \\ `code` α≠β -- \"q\""
source: "50% of $HOME_dir & [link](x) | y_z, Université, 網路"
parameters:
  format: {default: 1, min: 1}
  truth: {default: true}
inputs: {x: [3, 8, 8], image: [4, 8, 8]}
layers:
  - concat: {}
    from: [x, image]
  - conv: {out: 8 * format, kernel: 3}
    name: first_conv
"""


def made(folder: Path, text: str, **options: object) -> Report:
    """Analyze the text of a spec."""
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return analyze(str(path), **options)  # type: ignore[arg-type]
