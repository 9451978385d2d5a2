"""What ``flopcalc experiment`` says: the networks, the published speeds, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from flopcalc.number import Value, as_text, is_rational
from flopcalc.page.model import Block, Column, Page, Said, Table, listing
from flopcalc.render.cells import Cell, Digits
from flopcalc.render.json import plain
from flopcalc.render.units import exact_number, rounded
from flopcalc.theory import experiments
from flopcalc.theory.experiments import Network, Outcome, Pair, PlatformOutcome

__all__ = ["SCHEMA", "experiment_page", "verdict"]

SCHEMA = "flopcalc.experiment/1"
"""What the key ``schema`` says: the layout, and its version."""


def experiment_page(outcome: Outcome) -> Page:
    """Return the networks of an experiment, their published speeds, and whether MAC orders them."""
    experiment = outcome.experiment
    heading = ((experiment.title or experiment.name,), (experiment.source,))
    return Page(heading, tuple(_blocks(outcome)), (), partial(_data, outcome), partial(_records, outcome))


def _blocks(outcome: Outcome) -> Iterator[Block]:
    """Yield the tables and paragraphs, in their order."""
    experiment = outcome.experiment
    settings = ", ".join(f"{name} = {value.text}" for name, value in experiment.settings.items())
    yield _said(f"Built: {experiment.spec.called} with {settings}")
    if experiment.define:
        yield _said("Rule: " + "; ".join(f"{name} = {value.text}" for name, value in experiment.define.items()))
    for platform in outcome.platforms:
        yield _networks(outcome, platform)
        yield from map(_said, _remarks(outcome, platform))
        yield _multiples(outcome, platform)
    yield _said(f"Does MAC order them? {verdict(outcome)}")
    if not outcome.ordered:
        yield _exceptions(outcome)
    yield _said(_growth(outcome))
    if experiment.notes:
        yield _said(experiment.notes)
    many = "" if experiment.count == 1 else f", of which a network has {experiment.count}"
    yield _said(
        f"FLOPs and MAC are of one {experiment.unit}{many}. One FLOP is one multiply-add. MAC is memory access cost in "
        "elements: inputs and parameters read, outputs written. Speeds are the source's.",
        "--format csv and --format json have the networks of every column.",
    )


def _said(*texts: str) -> Said:
    return Said(tuple((text,) for text in texts), back=False)


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]], words: int = 1) -> Table:
    """Return a table under its title; the columns after the first `words` hold numbers."""
    columns = (Column(str(index), head, numeric=index >= words, whole=index == 0) for index, head in enumerate(heads))
    return listing([*columns], rows, (title,))


def _networks(outcome: Outcome, platform: PlatformOutcome) -> Table:
    """Return the networks of the first column, with the speeds of all."""
    experiment, first = outcome.experiment, platform.columns[0]
    rows = [
        (
            network.name,
            *map(_number, network.widths.values()),
            network.unit_flops,
            network.unit_mac,
            *(Digits(column.networks[index].speed.text) for column in platform.columns),
        )
        for index, network in enumerate(first.networks)
    ]
    device = f" ({platform.platform.device})" if platform.platform.device else ""
    unit = f" in {platform.platform.unit}" if platform.platform.unit else ""
    columns = (column.title for column in platform.columns)
    return _table(
        f"{platform.platform.title}{device}: networks of {first.title}, speeds{unit}",
        (experiment.header, *experiment.show, "FLOPs", "MAC", *columns),
        rows,
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
        why = f", which cannot be built ({printed.fault})" if printed.fault else ""
        name = f"{outcome.experiment.header} = {printed.network.name}"
        paper, rule = map(_settings, (printed.widths, printed.network.widths))
        yield f"{name}: the paper prints {paper}{why}; the rule gives {rule}."


def _settings(widths: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} = {_number(value).text}" for name, value in widths.items())


def _number(value: Value) -> Digits:
    return Digits(exact_number(value) if is_rational(value) else as_text(value))


def _multiples(outcome: Outcome, platform: PlatformOutcome) -> Table:
    """Return MAC and speed of every column as multiples of the first network's."""
    values: list[tuple[Fraction, ...]] = []
    heads: list[str] = []
    for column in platform.columns:
        heads += [f"MAC {column.title}", f"Speed {column.title}"]
        values += [column.against_first(_mac), column.against_first(_speed)]
    names = [network.name for network in platform.columns[0].networks]
    return _table(
        f"{platform.platform.title}: MAC and speed as multiples of the first row's",
        (outcome.experiment.header, *heads),
        [(name, *(Digits(rounded(column[index], 3)) for column in values)) for index, name in enumerate(names)],
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


def _exceptions(outcome: Outcome) -> Table:
    """Return the pairs of every column that MAC does not order."""
    rows = []
    for platform, column in _columns(outcome):
        found = [pair for pair in column.pairs if pair.relation != "ordered"]
        count = f"{len(column.pairs) - len(found)} of {len(column.pairs)}"
        rows.append((_where(platform, column), count, "; ".join(map(_exception, found))))
    return _table("Pairs in order, by column", ("Column", "In order", "Not in order"), rows, 3)


def _exception(pair: Pair) -> str:
    low, high = sorted((pair.first, pair.second), key=_mac)
    if pair.relation == "reversed":
        return f"{high.name} ({high.speed.text}) is faster than {low.name} ({low.speed.text})"
    if pair.relation == "same speed":
        return f"{low.name} and {high.name} run alike ({low.speed.text})"
    return f"{low.name} ({low.speed.text}) and {high.name} ({high.speed.text}) have one MAC"


_Grown = tuple[Fraction, str, Fraction, Fraction]
"""How much more time grows than MAC, where, and the growth of both."""


def _growth(outcome: Outcome) -> str:
    """Say where time grows more than MAC, and where it grows less."""
    found: list[_Grown] = [
        (time / mac, f"{network.name} on {_where(platform, column)}", time, mac)
        for platform, column in _columns(outcome)
        for network, time, mac in column.growth
    ]
    above = [item for item in found if item[0] > 1]
    below = [item for item in found if item[0] < 1]
    most = f", furthest for {_grown(max(above, key=itemgetter(0)))}" if above else ""
    least = f", furthest for {_grown(min(below, key=itemgetter(0)))}" if below else ""
    return (
        f"From a column's network of least MAC to the others, time grows more than MAC in {len(above)} of {len(found)} "
        f"cases{most}; less in {len(below)}{least}."
    )


def _grown(item: _Grown) -> str:
    _, name, time, mac = item
    return f"{name} (MAC ×{rounded(mac, 2)}, time ×{rounded(time, 2)})"


def _columns(outcome: Outcome) -> Iterator[tuple[PlatformOutcome, experiments.Column]]:
    return ((platform, column) for platform in outcome.platforms for column in platform.columns)


def _where(platform: PlatformOutcome, column: experiments.Column) -> str:
    return f"{platform.platform.title} {column.title}"


_mac = attrgetter("mac")
_speed = attrgetter("speed.value")


def _against_first(column: experiments.Column) -> Iterator[tuple[Network, str, str]]:
    """Yield every network, with its MAC and its speed as multiples of the first one's."""
    ratios = (map(as_text, column.against_first(get)) for get in (_mac, _speed))
    return zip(column.networks, *ratios, strict=True)


# -- data ------------------------------------------------------------------------------------------------------------

_COSTS = ("flops", "mac", "unit_flops", "unit_mac")


def _records(outcome: Outcome) -> list[Sequence[str]]:
    """Return a row for every network of every column, every number exact."""
    figures = (*_COSTS, "mac_ratio", "speed", "speed_ratio")
    rows: list[Sequence[str]] = [("platform", "column", "network", *outcome.experiment.show, *figures)]
    for platform, column in _columns(outcome):
        for network, mac, speed in _against_first(column):
            widths = map(as_text, network.widths.values())
            costs = (as_text(getattr(network, name)) for name in _COSTS)
            names = (platform.platform.name, column.title, network.name)
            rows.append((*names, *widths, *costs, mac, network.speed.text, speed))
    return rows


def _data(outcome: Outcome) -> dict[str, Any]:
    """Return one object of JSON's types: integers, and fractions as strings."""
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


def _column(column: experiments.Column) -> dict[str, Any]:
    return {
        "title": column.title,
        "networks": [
            {
                "name": network.name,
                "widths": _plain(network.widths),
                "parameters": {name: as_text(value) for name, value in network.parameters.items()},
                **{name: plain(getattr(network, name)) for name in _COSTS},
                "mac_ratio": mac,
                "speed": network.speed.text,
                "speed_ratio": speed,
            }
            for network, mac, speed in _against_first(column)
        ],
        "exceptions": [
            {"networks": [pair.first.name, pair.second.name], "relation": pair.relation}
            for pair in column.pairs
            if pair.relation != "ordered"
        ],
    }


def _plain(values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}
