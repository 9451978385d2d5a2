"""The tables of docs/architectures.md: what every packaged architecture costs, beside what its paper prints."""

from __future__ import annotations

import math
from fractions import Fraction

import shipped
from test_goldens import PUBLISHED, as_printed, counted, published

from flopcalc.layers import show_shape
from flopcalc.render.units import rounded as decimals
from flopcalc.spec import catalog

__all__ = ["architectures_table", "published_tables"]


def _table(header: tuple[str, ...], numeric: frozenset[int], rows: list[tuple[str, ...]]) -> str:
    rule = ("---:" if index in numeric else "---" for index in range(len(header)))
    lines = (header, tuple(rule), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def architectures_table() -> str:
    """Return every architecture and variant with its input, its parameters, weights and multiply-adds."""
    rows: list[tuple[str, ...]] = []
    for entry in catalog.index():
        if entry.kind != "architectures":
            continue
        found = {name: shipped.counted(name) for name in (*entry.variants, entry.name)}
        costs = [found[name][0] for name in entry.variants]
        for name, (cost, _, inputs) in found.items():
            if name not in entry.variants and cost in costs:
                continue  # the defaults are one of the variants
            shapes = ", ".join(show_shape(shape) for shape in inputs)
            figures = (f"{value:,}" for value in (cost.params, cost.weights, cost.madds))
            rows.append((f"`{name}`", entry.title, shapes, *figures))
    return _table(("Name", "Paper's name", "Input", "Params", "Weights", "Multiply-adds"), frozenset({3, 4, 5}), rows)


def published_tables() -> str:
    """Return every published figure beside the count, an architecture a table, with the reason of a difference."""
    families: dict[str, list[tuple[str, ...]]] = {}
    titles = {name: entry.title for entry in catalog.index() for name in (entry.name, *entry.variants) if entry.title}
    for golden in PUBLISHED:
        family = titles[golden["spec"].partition(":")[0]]
        cells = [f"`{golden['spec']}`"]
        different = False
        for quantity in ("params", "madds"):
            printed, digit, _ = published(golden, quantity)
            if not printed or (quantity == "params" and not golden["params_of"]):
                cells += ["", ""]
                continue
            value = counted(golden, quantity)
            places = max(0, -math.floor(math.log10(digit))) + 2
            what = " weights" if quantity == "params" and golden["params_of"] == "weights" else ""
            cells += [printed, decimals(Fraction(value), min(places, 6)) + what]
            different |= not as_printed(value, printed, digit)
        reason = golden["remark"] or golden["note"] if different or golden["misprint"] else ""
        if golden["counted_by"] and not reason:
            reason = f"counted as `{golden['counted_by']}` counts, and so is the figure beside it"
        cells += [f"{golden['source']}, {golden['table']}", reason]
        families.setdefault(family, []).append(tuple(cells))
    header = ("Spec", "Params, M", "counted", "MAdds, M", "counted", "Printed in", "Why they differ")
    return "\n\n".join(
        f"### {family}\n\n{_table(header, frozenset({1, 2, 3, 4}), rows)}" for family, rows in families.items()
    )
