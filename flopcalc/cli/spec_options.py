"""Specs on the command line: their parameters as options, which stand first in the help of a command on a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import click
from click.shell_completion import CompletionItem

from flopcalc.analysis import analyze_spec, resolve, split_inline
from flopcalc.binding import is_truth
from flopcalc.cli.completing import beginning, spec_names
from flopcalc.cli.help import Context
from flopcalc.cli.options import given_once, input_shapes, named_values, reading_from, shared_options, split_list
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, listed, shorten, suggest
from flopcalc.layers import sides_called
from flopcalc.number import readable
from flopcalc.report import Report
from flopcalc.shapes import read_input
from flopcalc.spec import Parameter, Spec
from flopcalc.spec.catalog import spelling

__all__ = ["USAGE", "OnSpec", "OnSpecs", "SpecCommand", "asked_of", "report_of", "shared_values", "spec_command"]

_PREFIX = "parameter_"

_GIVEN = "flopcalc.given"
"""Where the values of parameters wait that a command on several specs is given as options."""

USAGE = "[--PARAMETER VALUE …] [OPTIONS]"


class SpecCommand(click.Command):
    """A spec as a command: its parameters are options, and stand first in its help."""

    context_class = Context

    def __init__(
        self, spec: Spec, settings: Mapping[str, str], options: Sequence[click.Parameter], **attributes: Any
    ) -> None:
        taken = {option for item in options for option in item.opts} | {"-h", "--help", "--version"}
        own = {name: _option(name, parameter, spec, taken) for name, parameter in spec.known.items()}
        super().__init__(params=[*(option for option in own.values() if option is not None), *options], **attributes)
        self.spec = spec
        self.settings = settings
        self.parameters = spec.known
        self.own = own

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the parameters, then the shared options, then the variants."""
        parameters = [
            (_usage(name, option, parameter), _help(name, parameter, self.spec))
            for (name, parameter), option in zip(self.parameters.items(), self.own.values(), strict=True)
        ]
        own = set(self.own.values())
        shared = (option for option in self.get_params(ctx) if isinstance(option, click.Option))
        options = [option.get_help_record(ctx) for option in shared if option not in own]
        sections = {"Parameters": parameters, "Options": [record for record in options if record is not None]}
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if self.spec.variants:
            with formatter.section("Variants"):
                formatter.write_text(", ".join(self.spec.variants))


def spec_command(
    text: str,
    options: Sequence[click.Parameter],
    run: Callable[..., Any],
    *,
    others: Mapping[str, object] | None = None,
    first: str = "",
) -> SpecCommand:
    """Return a command on a spec, which is named as a user does: by its name, a variant's or a path.

    Parameters
    ----------
    text : str
        The name or path, perhaps with values inline.
    options : sequence of click.Parameter
        What the command takes beside the spec's parameters.
    run : callable
        Takes click's context and the options.
    others : mapping, optional
        Names that are suggested too where there is no such spec.
    first : str
        What the help says before the spec's title.

    Raises
    ------
    FlopcalcError
        Where there is no such spec.
    """
    name = split_inline(text)[0]
    try:
        spec, settings = resolve(text)
    except UnknownNameError:
        if others is None:
            raise
        from flopcalc.spec.catalog import unknown

        raise unknown(name, others) from None
    title = spec.title or spec.name
    lines = [f"{title}: {spec.variant}" if spec.variant else title, spec.source]
    return SpecCommand(
        spec,
        settings,
        options,
        name=spelling(name),
        help=(f"{first}\n\n" if first else "") + "\b\n" + "\n".join(line for line in lines if line),
        callback=click.pass_context(run),
        options_metavar=USAGE,
    )


def report_of(ctx: click.Context, options: Mapping[str, Any]) -> Report:
    """Return the report that a command on a spec asks for, by its parameters and the shared options that it has."""
    spec, values, given = asked_of(ctx, options)
    return analyze_spec(spec, values, **given)


def asked_of(ctx: click.Context, options: Mapping[str, Any]) -> tuple[Spec, dict[str, str], dict[str, Any]]:
    """Return what :func:`report_of` analyses: the spec, the values of its parameters, and the other arguments."""
    command = ctx.command
    assert isinstance(command, SpecCommand)
    given: dict[str, Any] = {
        "symbolic": split_list(options.get("symbolic", ())) or (),
        "symbols": split_list(options.get("symbols", ())) or (),
        "input": input_shapes(options.get("input_shape", ())),
        "assume": options.get("assume", ()),
        "exact_rounding": options.get("exact_rounding", False),
    }
    given |= {name: options[name] for name in ("convention", "dtype", "order") if name in options}
    return (
        command.spec.at(read_input(given["input"])).read_as(reading_from(options)),
        _values(command.settings, named_values(options["settings"]), options),
        given,
    )


class OnSpec(click.Group):
    """A command whose first argument is a spec, and whose other options are the spec's parameters and its own.

    Parameters
    ----------
    options : callable
        Makes its own options.
    run : callable
        Takes click's context and the options.
    argument : click.Argument, optional
        What follows the spec.
    """

    context_class = Context

    def __init__(
        self,
        *,
        options: Callable[[], list[click.Option]],
        run: Callable[..., Any],
        argument: click.Argument | None = None,
        **attributes: Any,
    ) -> None:
        more = "" if argument is None else f"{argument.metavar} "
        super().__init__(
            subcommand_metavar=f"SPEC {more}{USAGE}", options_metavar="", no_args_is_help=False, **attributes
        )
        self.argument = () if argument is None else (argument,)
        self.own = options
        self.run = run

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name no specs: there are many, and `flopcalc list` has them."""
        return []

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete specs, and options before one."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return spec_names(incomplete)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command on a spec."""
        return spec_command(cmd_name, [*self.argument, *self.own()], self.run, first=self.help or "")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the first argument for the spec."""
        command = self.get_command(ctx, args[0])
        return command.name, command, args[1:]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move the spec to the front, where options stand before it."""
        if args[:1] not in (["--help"], ["-h"]) and not ctx.resilient_parsing:
            args = self._spec_first(args, ctx)
        return super().parse_args(ctx, args)

    def _spec_first(self, args: list[str], ctx: click.Context) -> list[str]:
        flags = {"--", *ctx.help_option_names, *(spelling for o in self.own() if o.is_flag for spelling in o.opts)}
        position = 0
        while position < len(args) and args[position].startswith("-"):
            position += 1 if "=" in args[position] or args[position] in flags else 2
        if position >= len(args):
            raise click.UsageError("no SPEC is named", ctx)
        return [args[position], *args[:position], *args[position + 1 :]]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options; those of a spec's parameters stand in the help of the command on that spec."""
        records = [option.get_help_record(ctx) for option in [*self.own(), *self.get_params(ctx)]]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record is not None])


class OnSpecs(click.Command):
    """A command on several specs, whose options are its own and every parameter of any of them."""

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the options out that are parameters' and leave the rest to click."""
        takes = {
            spelling: not option.is_flag
            for option in self._options(ctx)
            for spelling in (*option.opts, *option.secondary_opts)
        }
        rest: list[str] = []
        given: list[tuple[str, str]] = []
        waiting = list(args)
        while waiting:
            argument = waiting.pop(0)
            name, equals, value = argument.partition("=")
            if argument == "--":
                rest += [argument, *waiting]
                break
            if not argument.startswith("--") or name in takes:
                rest.append(argument)
                if argument in takes and takes[argument] and waiting:
                    rest.append(waiting.pop(0))
                continue
            if not equals and _is_elsewhere(name, with_value=bool(waiting)):
                raise UnknownNameError(_unknown(ctx, name.removeprefix("--"), ()))
            if not equals and not waiting:
                if ctx.resilient_parsing:
                    break  # a shell completes its value
                raise click.BadOptionUsage(name, "", ctx)
            given.append((name.removeprefix("--"), value if equals else waiting.pop(0)))
        ctx.meta[_GIVEN] = given
        try:
            return super().parse_args(ctx, rest)
        except click.UsageError as error:
            takes_none = next(
                (pair for pair in pairwise(args) if takes.get(pair[0]) is False and pair[1] in error.message), None
            )
            if takes_none is None or "extra argument" not in error.message:
                raise
            raise ParameterError(_valueless(*takes_none, args)) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete its own options, and the parameters of the specs that are named so far."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("--"):
            named = [text for text in ctx.params.values() if isinstance(text, str)]
            named += [text for texts in ctx.params.values() if isinstance(texts, tuple) for text in texts]
            known = dict.fromkeys(f"--{name}" for text in named for name in _known_of(text))
            found += [CompletionItem(option) for option in known if option.startswith(incomplete)]
        return found

    def _options(self, ctx: click.Context) -> list[click.Option]:
        return [option for option in self.get_params(ctx) if isinstance(option, click.Option)]


def _valueless(flag: str, value: str, args: Sequence[str]) -> Problem:
    """Say that an option takes no value, and which parameter begins like it."""
    known = dict.fromkeys(
        name for text in args for name in _known_of(text.partition("=")[2] if text.startswith("--") else text)
    )
    hint = next((f"--{name} {value}" for name in known if name.startswith(flag.strip("-"))), "")
    return Problem(f"{flag} takes no value, and {shorten(value)} follows it", None, "the option alone", shorten(hint))


def _known_of(text: object) -> Iterable[str]:
    """Return the parameters of a spec, if a text names one."""
    try:
        return tuple(resolve(str(text))[0].known)
    except FlopcalcError:
        return ()


def shared_values(ctx: click.Context, specs: Sequence[str], settings: Sequence[str]) -> dict[str, str]:
    """Return the values that a command on several specs is given for all of them, by ``--set`` and by name.

    Raises
    ------
    ParameterError
        Where one is given twice, or is given nothing.
    UnknownNameError
        Where no spec has such a parameter.
    """
    values: list[tuple[str, str]] = []
    known: dict[str, None] = {}
    for name, text in ctx.meta[_GIVEN]:
        known = known or dict.fromkeys(key for spec in specs for key in resolve(spec)[0].known)
        key = name if name in known else name.replace("-", "_")
        if key not in known:
            raise UnknownNameError(_unknown(ctx, name, list(known)))
        values.append((key, text))
    return given_once(named_values(settings).items(), values)


def _is_elsewhere(spelling: str, *, with_value: bool) -> bool:
    """Tell whether an option is one of other commands: a flag, or without its value any."""
    return any(spelling in option.opts and not (with_value and not option.is_flag) for option in shared_options())


def _unknown(ctx: click.Context, name: str, known: Sequence[str]) -> Problem:
    own = [spelling.lstrip("-") for option in ctx.command.get_params(ctx) for spelling in option.opts]
    near = suggest(name, [*known, *own])
    options = f"an option that `{ctx.command_path} --help` shows"
    elsewhere = f"--{name}" in {spelling for option in shared_options() for spelling in option.opts}
    return Problem(
        f"{ctx.command_path} has no option `--{shorten(name)}`, which other commands have"
        if elsewhere
        else f"no SPEC has a parameter for `--{shorten(name)}`",
        None,
        f"one of {listed(f'--{item}' for item in known)}, or {options}" if known else options,
        near.replace(" `", " `--"),
    )


def _option(name: str, parameter: Parameter | None, spec: Spec, taken: set[str]) -> click.Option | None:
    """Return the option of one parameter, or None where a shared option has its name."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    if taken & spellings.keys():
        return None
    # it takes several values only to say that there is one too many
    return click.Option(
        [_PREFIX + name, *spellings],
        multiple=True,
        shell_complete=lambda ctx, param, incomplete: beginning(_values_of(parameter), incomplete),
    )


def _values_of(parameter: Parameter | None) -> Sequence[str]:
    """Return the values of a parameter that has only some."""
    if parameter is None:
        return ()
    if parameter.choices:
        return tuple(readable(choice) for choice in parameter.choices)
    return ("true", "false") if is_truth(parameter) else ()


def _usage(name: str, option: click.Option | None, parameter: Parameter | None) -> str:
    """Return how a parameter is given."""
    value = "|".join(_values_of(parameter)) or "VALUE"
    return f"--{name} {value}" if option is not None else f"--set {name}={value}"


def _help(name: str, parameter: Parameter | None, spec: Spec) -> str:
    """Return what a parameter is, its default and its bounds."""
    symbol = "a symbol where not given"
    if parameter is None:
        said = next(
            f"{side} of the input" + (f" {entry.label}" if len(spec.inputs) > 1 else "")
            for entry in spec.inputs
            for side, item in zip(sides_called(len(entry.entries)), entry.entries, strict=True)
            if item == name
        )
        return f"{said}  [{symbol}]"
    default = symbol
    if name in spec.preset:
        default = f"default: {readable(spec.preset[name])}"
    elif parameter.default is not None:
        default = f"default: {parameter.default.text}"
    bounds = (("at least", parameter.minimum), ("at most", parameter.maximum), ("above", parameter.above))
    whole = ["whole"] if parameter.whole else []
    notes = [default, *whole, *(f"{words} {bound.text}" for words, bound in bounds if bound is not None)]
    return f"{parameter.help}  [{'; '.join(notes)}]".strip()


def _values(inline: Mapping[str, str], named: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, str]:
    """Gather the parameters' values from the three ways in which they may be given."""
    given: dict[str, Sequence[str]] = {
        key.removeprefix(_PREFIX): values for key, values in options.items() if key.startswith(_PREFIX) and values
    }
    own = ((name, text) for name, texts in given.items() for text in texts)
    return given_once(inline.items(), named.items(), own)
