"""Experiments on a screen, in Markdown, as CSV and as JSON: the networks, the published speeds, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.number import Value, as_text, is_rational
from flopcalc.render.json import plain
from flopcalc.render.markdown import escaped_markdown
from flopcalc.render.units import exact_number, rounded
from flopcalc.theory.experiments import Column, Network, Outcome, Pair, PlatformOutcome

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = [
    "SCHEMA",
    "experiment_as_dict",
    "experiment_as_markdown",
    "experiment_as_rows",
    "experiment_as_text",
    "table_as_markdown",
    "verdict",
]

SCHEMA = "flopcalc.experiment/1"
"""What the key ``schema`` says: the layout, and its version."""


# -- what is said, before it is laid out -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Table:
    """A table under its title; the columns after the first `words` hold numbers."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1


_Part = str | _Table


def _parts(outcome: Outcome) -> Iterator[_Part]:
    """Yield the tables and paragraphs, in their order."""
    experiment = outcome.experiment
    settings = ", ".join(f"{name} = {value.text}" for name, value in experiment.settings.items())
    yield f"Built: {experiment.spec.called} with {settings}"
    if experiment.define:
        yield "Rule: " + "; ".join(f"{name} = {value.text}" for name, value in experiment.define.items())
    for platform in outcome.platforms:
        yield _networks(outcome, platform)
        yield from _remarks(outcome, platform)
        yield _multiples(outcome, platform)
    yield f"Does MAC order them? {verdict(outcome)}"
    if not outcome.ordered:
        yield _exceptions(outcome)
    yield _growth(outcome)
    if experiment.notes:
        yield experiment.notes
    many = "" if experiment.count == 1 else f", of which a network has {experiment.count}"
    yield (
        f"FLOPs and MAC are of one {experiment.unit}{many}. One FLOP is one multiply-add. MAC is memory access cost in "
        "elements: inputs and parameters read, outputs written. Speeds are the source's."
    )


def _networks(outcome: Outcome, platform: PlatformOutcome) -> _Table:
    """Return the networks of the first column, with the speeds of all."""
    experiment, first = outcome.experiment, platform.columns[0]
    rows = [
        (
            network.name,
            *(_number(value) for value in network.widths.values()),
            exact_number(network.unit_flops),
            exact_number(network.unit_mac),
            *(column.networks[index].speed.text for column in platform.columns),
        )
        for index, network in enumerate(first.networks)
    ]
    device = f" ({platform.platform.device})" if platform.platform.device else ""
    unit = f" in {platform.platform.unit}" if platform.platform.unit else ""
    columns = tuple(column.title for column in platform.columns)
    return _Table(
        f"{platform.platform.title}{device}: networks of {first.title}, speeds{unit}",
        (experiment.header, *experiment.show, "FLOPs", "MAC", *columns),
        tuple(rows),
    )


def _remarks(outcome: Outcome, platform: PlatformOutcome) -> Iterator[str]:
    """Yield how near the networks are to their budget, and where the paper's widths are not the rule's."""
    column = platform.columns[0]
    flops = [network.unit_flops for network in column.networks]
    if is_rational(platform.budget):
        low, high = (rounded(Fraction(100 * value) / platform.budget, 2) for value in (min(flops), max(flops)))
        share = f"{low} %" if low == high else f"{low} to {high} %"
        yield f"Budget: {exact_number(platform.budget)} FLOPs a {outcome.experiment.unit}; they use {share} of it."
    for printed in platform.printed:
        paper = ", ".join(f"{name} = {_number(value)}" for name, value in printed.widths.items())
        rule = ", ".join(f"{name} = {_number(value)}" for name, value in printed.network.widths.items())
        why = f", which cannot be built ({printed.fault})" if printed.fault else ""
        name = f"{outcome.experiment.header} = {printed.network.name}"
        yield f"{name}: the paper prints {paper}{why}; the rule gives {rule}."


def _multiples(outcome: Outcome, platform: PlatformOutcome) -> _Table:
    """Return MAC and speed of every column as multiples of the first network's."""
    values: list[tuple[Fraction, ...]] = []
    heads: list[str] = []
    for column in platform.columns:
        heads += [f"MAC {column.title}", f"Speed {column.title}"]
        values += [column.against_first(_mac), column.against_first(_speed)]
    names = [network.name for network in platform.columns[0].networks]
    return _Table(
        f"{platform.platform.title}: MAC and speed as multiples of the first row's",
        (outcome.experiment.header, *heads),
        tuple((name, *(rounded(column[index], 3) for column in values)) for index, name in enumerate(names)),
    )


def verdict(outcome: Outcome) -> str:
    """Return in words whether MAC orders the published speeds."""
    pairs = outcome.pairs
    found = Counter(pair.relation for pair in pairs)
    if outcome.ordered:
        return f"Yes, in every column: of every two networks the one of lower MAC is the faster ({len(pairs)} pairs)."
    words = {
        "reversed": "the other way round",
        "same speed": "of one printed speed at unlike MAC",
        "same MAC": "of one MAC at unlike speeds",
    }
    rest = [f"{found[relation]} {text}" for relation, text in words.items() if found[relation]]
    return f"Not in every column: of {len(pairs)} pairs {found['ordered']} are in order, {', '.join(rest)}."


def _exceptions(outcome: Outcome) -> _Table:
    """Return the pairs of every column that MAC does not order."""
    rows = []
    for platform in outcome.platforms:
        for column in platform.columns:
            found = [pair for pair in column.pairs if pair.relation != "ordered"]
            count = f"{len(column.pairs) - len(found)} of {len(column.pairs)}"
            rows.append((_where(platform, column), count, "; ".join(_exception(pair) for pair in found)))
    return _Table("Pairs in order, by column", ("Column", "In order", "Not in order"), tuple(rows), 3)


def _exception(pair: Pair) -> str:
    low, high = sorted((pair.first, pair.second), key=_mac)
    if pair.relation == "reversed":
        return f"{high.name} ({high.speed.text}) is faster than {low.name} ({low.speed.text})"
    if pair.relation == "same speed":
        return f"{low.name} and {high.name} run alike ({low.speed.text})"
    return f"{low.name} ({low.speed.text}) and {high.name} ({high.speed.text}) have one MAC"


def _growth(outcome: Outcome) -> str:
    """Say where time grows more than MAC, and where it grows less."""
    found = [
        (time / mac, f"{network.name} on {_where(platform, column)}", time, mac)
        for platform in outcome.platforms
        for column in platform.columns
        for network, time, mac in column.growth
    ]
    above = [item for item in found if item[0] > 1]
    below = [item for item in found if item[0] < 1]
    text = (
        f"From a column's network of least MAC to the others, time grows more than MAC in {len(above)} of {len(found)}"
    )
    if above:
        text += f" cases, furthest for {_grown(max(above, key=_first))}"
    else:
        text += " cases"
    text += f"; less in {len(below)}"
    if below:
        text += f", furthest for {_grown(min(below, key=_first))}"
    return f"{text}."


def _first(item: tuple[Fraction, str, Fraction, Fraction]) -> Fraction:
    return item[0]


def _grown(item: tuple[Fraction, str, Fraction, Fraction]) -> str:
    _, name, time, mac = item
    return f"{name} (MAC ×{rounded(mac, 2)}, time ×{rounded(time, 2)})"


def _where(platform: PlatformOutcome, column: Column) -> str:
    return f"{platform.platform.title} {column.title}"


def _mac(network: Network) -> int:
    return network.mac


def _speed(network: Network) -> int | Fraction:
    return network.speed.value


def _number(value: Value) -> str:
    return exact_number(value) if is_rational(value) else as_text(value)


# -- formats ---------------------------------------------------------------------------------------------------------


def experiment_as_text(outcome: Outcome, screen: Screen | None = None) -> str:
    """Return an experiment as text for a screen."""
    from flopcalc.render.terminal import Head, Screen, listing_as_text

    screen = screen or Screen()
    experiment = outcome.experiment
    pieces = [screen.drawn(screen.written(line)) for line in (experiment.title or experiment.name, experiment.source)]
    for part in _parts(outcome):
        if isinstance(part, str):
            pieces.append("\n" + screen.drawn(screen.written(part)))
        else:
            heads = [
                Head(screen.written(head), numeric=index >= part.words, whole=index == 0 and screen.width >= 80)
                for index, head in enumerate(part.heads)
            ]
            pieces.append("\n" + listing_as_text(heads, part.rows, screen, part.title))
    more = "--format csv and --format json have the networks of every column."
    return "".join((*pieces, screen.drawn(more)))


def experiment_as_markdown(outcome: Outcome) -> str:
    """Return an experiment as GitHub-flavoured Markdown."""
    experiment = outcome.experiment
    lines = [f"## {escaped_markdown(experiment.title or experiment.name)}", "", escaped_markdown(experiment.source), ""]
    for part in _parts(outcome):
        if isinstance(part, str):
            lines += [escaped_markdown(part), ""]
            continue
        lines += [f"**{escaped_markdown(part.title)}**", "", table_as_markdown(part.heads, part.rows, part.words)]
    return "\n".join(lines).rstrip("\n") + "\n"


def table_as_markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], words: int | None = None) -> str:
    r"""Return a table in Markdown; columns after the first `words` hold numbers, or none does.

    Examples
    --------
    >>> print(table_as_markdown(["Name", "MAC"], [["g_1", "12"]], 1), end="")
    | Name | MAC |
    | --- | ---: |
    | g\_1 | 12 |
    """
    rule = ["---" if words is None or index < words else "---:" for index in range(len(heads))]
    lines = [
        [escaped_markdown(head) for head in heads],
        rule,
        *([escaped_markdown(cell) for cell in row] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def experiment_as_rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """Return a header and a row for every network of every column, every number exact."""
    rows = [
        (
            "platform",
            "column",
            "network",
            *outcome.experiment.show,
            "flops",
            "mac",
            "unit_flops",
            "unit_mac",
            "mac_ratio",
            "speed",
            "speed_ratio",
        )
    ]
    for platform in outcome.platforms:
        for column in platform.columns:
            ratios = zip(column.against_first(_mac), column.against_first(_speed), strict=True)
            for network, (mac, speed) in zip(column.networks, ratios, strict=True):
                numbers = (network.flops, network.mac, network.unit_flops, network.unit_mac, mac)
                rows.append(
                    (
                        platform.platform.name,
                        column.title,
                        network.name,
                        *(as_text(value) for value in network.widths.values()),
                        *(as_text(number) for number in numbers),
                        network.speed.text,
                        as_text(speed),
                    )
                )
    return rows


def experiment_as_dict(outcome: Outcome) -> dict[str, Any]:
    """Return an experiment as one object of JSON's types: integers, and fractions as strings."""
    experiment = outcome.experiment
    relations = Counter(pair.relation for pair in outcome.pairs)
    return {
        "schema": SCHEMA,
        "name": experiment.name,
        "title": experiment.title,
        "source": experiment.source,
        "notes": experiment.notes,
        "spec": experiment.spec.called,
        "rule": {name: value.text for name, value in experiment.define.items()},
        "convention": "paper",
        "unit": {"name": experiment.unit, "count": experiment.count},
        "platforms": [
            {
                "name": platform.platform.name,
                "title": platform.platform.title,
                "device": platform.platform.device,
                "unit": platform.platform.unit,
                "budget": None if platform.budget is None else plain(platform.budget),
                "columns": [_column(column) for column in platform.columns],
                "printed": [
                    {
                        "network": item.network.name,
                        "printed": _plain(item.widths),
                        "rule": _plain(item.network.widths),
                        "fault": item.fault,
                    }
                    for item in platform.printed
                ],
            }
            for platform in outcome.platforms
        ],
        "verdict": {
            "ordered": outcome.ordered,
            "text": verdict(outcome),
            "pairs": {relation: relations[relation] for relation in ("ordered", "reversed", "same speed", "same MAC")},
        },
    }


def _column(column: Column) -> dict[str, Any]:
    ratios = zip(column.against_first(_mac), column.against_first(_speed), strict=True)
    return {
        "title": column.title,
        "networks": [
            {
                "name": network.name,
                "widths": _plain(network.widths),
                "parameters": {name: as_text(value) for name, value in network.parameters.items()},
                "flops": network.flops,
                "mac": network.mac,
                "unit_flops": plain(network.unit_flops),
                "unit_mac": plain(network.unit_mac),
                "mac_ratio": as_text(mac),
                "speed": network.speed.text,
                "speed_ratio": as_text(speed),
            }
            for network, (mac, speed) in zip(column.networks, ratios, strict=True)
        ],
        "exceptions": [
            {"networks": [pair.first.name, pair.second.name], "relation": pair.relation}
            for pair in column.pairs
            if pair.relation != "ordered"
        ],
    }


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}
