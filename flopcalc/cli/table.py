"""The main job: ``flopcalc SPEC [--PARAMETER VALUE …]`` prints the table of a spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from flopcalc.analysis import analyze_spec, split_inline
from flopcalc.binding import is_truth
from flopcalc.cli.options import input_shapes, named_values, shared_options, split_list
from flopcalc.cli.output import write_report
from flopcalc.errors import ParameterError, Problem, UnknownNameError
from flopcalc.number import readable
from flopcalc.spec import Parameter, Spec, load

__all__ = ["SpecCommand", "spec_command"]

_PREFIX = "parameter_"


class SpecCommand(click.Command):
    """A spec as a command: its parameters are options, and stand first in its help."""

    def __init__(self, spec: Spec, settings: Mapping[str, str], **attributes: Any) -> None:
        shared = shared_options()
        taken = {option for item in shared for option in item.opts} | {"-h", "--help", "--version"}
        parameters = {**dict.fromkeys(spec.free_names()), **spec.parameters}
        own = {name: _option(name, parameter, spec, taken) for name, parameter in parameters.items()}
        super().__init__(params=[*(option for option in own.values() if option is not None), *shared], **attributes)
        self.spec = spec
        self.settings = settings
        self.parameters: Mapping[str, Parameter | None] = parameters
        self.own = own

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the parameters, then the shared options, then the variants."""
        parameters = [
            (_usage(name, option, parameter), _help(name, parameter, self.spec))
            for (name, parameter), option in zip(self.parameters.items(), self.own.values(), strict=True)
        ]
        own = set(self.own.values())
        options = [option.get_help_record(ctx) for option in self.get_params(ctx) if option not in own]
        sections = {"Parameters": parameters, "Options": [record for record in options if record is not None]}
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if self.spec.variants:
            with formatter.section("Variants"):
                formatter.write_text(", ".join(self.spec.variants))


def spec_command(text: str, commands: Mapping[str, object]) -> click.Command:
    """Return the command for a spec's name, a variant's, or a path, perhaps with values inline.

    Raises
    ------
    FlopcalcError
        Where there is no such spec; near commands are suggested too.
    """
    name, settings = split_inline(text)
    try:
        spec = load(name)
    except UnknownNameError:
        from flopcalc.spec.catalog import unknown

        raise unknown(name, commands) from None
    title = spec.title or spec.name
    lines = [f"{title}: {spec.variant}" if spec.variant else title, spec.source]
    return SpecCommand(
        spec,
        settings,
        name=name,
        help="\b\n" + "\n".join(line for line in lines if line),
        callback=_run,
        options_metavar="[--PARAMETER VALUE …] [OPTIONS]",
    )


def _option(name: str, parameter: Parameter | None, spec: Spec, taken: set[str]) -> click.Option | None:
    """Return the option of one parameter, or None where a shared option has its name."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    if taken & spellings.keys():
        return None
    # it takes several values only to say that there is one too many
    return click.Option([_PREFIX + name, *spellings], multiple=True)


def _usage(name: str, option: click.Option | None, parameter: Parameter | None) -> str:
    """Return how a parameter is given."""
    value = "VALUE"
    if parameter is not None and parameter.choices:
        value = "|".join(readable(choice) for choice in parameter.choices)
    elif parameter is not None and is_truth(parameter):
        value = "true|false"
    return f"--{name} {value}" if option is not None else f"--set {name}={value}"


def _help(name: str, parameter: Parameter | None, spec: Spec) -> str:
    """Return what a parameter is, its default and its bounds."""
    symbol = "a symbol where not given"
    if parameter is None:
        sides = ("channels", "height", "width")
        said = next(
            f"{side} of the input" + (f" {entry.label}" if len(spec.inputs) > 1 else "")
            for entry in spec.inputs
            for side, item in zip(sides, entry.entries, strict=True)
            if item == name
        )
        return f"{said}  [{symbol}]"
    default = symbol
    if name in spec.preset:
        default = f"default: {readable(spec.preset[name])}"
    elif parameter.default is not None:
        default = f"default: {parameter.default.text}"
    bounds = (("at least", parameter.minimum), ("at most", parameter.maximum), ("above", parameter.above))
    notes = [default, *(f"{words} {bound.text}" for words, bound in bounds if bound is not None)]
    return f"{parameter.help}  [{'; '.join(notes)}]".strip()


@click.pass_context
def _run(ctx: click.Context, /, **options: Any) -> None:
    command = ctx.command
    assert isinstance(command, SpecCommand)
    write_report(
        analyze_spec(
            command.spec,
            _values(command.settings, named_values(options["settings"]), options),
            convention=options["convention"],
            symbolic=split_list(options["symbolic"]) or (),
            input=input_shapes(options["input_shape"]),
            assume=options["assume"],
            exact_rounding=options["exact_rounding"],
            dtype=options["dtype"],
        ),
        output_format=options["output_format"],
        output=options["output"],
        by=options["by"],
        columns=split_list(options["columns"]),
        units=options["units"],
    )


def _values(inline: Mapping[str, str], named: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, object]:
    """Gather the parameters' values from the three ways in which they may be given."""
    given: dict[str, Sequence[str]] = {
        key.removeprefix(_PREFIX): values for key, values in options.items() if key.startswith(_PREFIX) and values
    }
    values: dict[str, object] = {}
    for name, text in [
        *inline.items(),
        *named.items(),
        *((name, text) for name, texts in given.items() for text in texts),
    ]:
        if name in values:
            raise ParameterError(Problem(f"{name} is given twice", None, "every parameter once"))
        if not text.strip():
            raise ParameterError(Problem(f"{name} is given no value", None, "a number, a word or an expression"))
        values[name] = text
    return values
