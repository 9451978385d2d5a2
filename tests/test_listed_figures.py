"""The figures that the list of networks shows are those of the analysis. Run as a program it writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shipped

import flopcalc
from flopcalc.spec.catalog import FIGURES_FILE, Figures, figures

STORED = Path(__file__).parent.parent / "specs" / FIGURES_FILE
NAMES = [name for entry in flopcalc.list("architectures") for name in dict.fromkeys((entry.name, *entry.variants))]


def counted(name: str) -> Figures:
    cost, flops, _ = shipped.counted(name)
    return Figures(cost.params, flops, cost.mac)  # type: ignore[arg-type]


def test_every_network_and_no_other_has_its_figures() -> None:
    assert list(figures()) == NAMES


@shipped.networks
@pytest.mark.parametrize("name", NAMES)
def test_a_networks_figures_are_what_it_costs(name: str) -> None:
    assert figures()[name] == counted(name)


if __name__ == "__main__":
    rows = ",\n".join(f'"{name}": {json.dumps(counted(name))}' for name in NAMES)
    STORED.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
