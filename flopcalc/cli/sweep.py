"""``flopcalc sweep SPEC``: every metric of every configuration of a grid, filtered, ranked, drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from flopcalc.cli.executors import executor, needs
from flopcalc.cli.interrupts import INTERRUPTED
from flopcalc.cli.options import page_format_option, paper_options, shared_options, split_list
from flopcalc.cli.output import (
    NOT_WHOLLY_KNOWN,
    chosen_format,
    is_standard_output,
    say,
    screen_for,
    whole_file,
    write_page,
    write_pieces,
    write_text,
)
from flopcalc.cli.spec_options import OnSpec, SpecCommand, asked_of
from flopcalc.cli.waiting import hide
from flopcalc.convention import load_convention
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, listed, one_of, shorten, suggest
from flopcalc.metrics import COUNTED, check_metric
from flopcalc.render.text import spelt
from flopcalc.spec.unknown import unknown_layers
from flopcalc.sweeps import BATCH, METRICS, Axis, Block, read_axis, read_grid, sweep, sweep_reduced

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from flopcalc.page.formats import Format
    from flopcalc.page.model import Page
    from flopcalc.render.plot import Cloud
    from flopcalc.sweeps.selecting import Selection, Tally

__all__ = ["command"]

Some = TypeVar("Some")

_PARQUET = (".parquet", ".pq")
_PICTURES = (".svg", ".png", ".pdf")
_SHOWN = (20, 1_000)
"""How many rows a screen shows by itself, and at most."""
_WRITTEN = (10_000, 10_000)
"""The same for a document."""
_MOST_COUNTED = 100_000_000
"""How many configurations are evaluated to say how many more rows there are."""


def _run(ctx: click.Context, /, **options: Any) -> int:
    command = ctx.command
    assert isinstance(command, SpecCommand)
    hide()  # it shows how far it is by itself
    job = _Job(ctx, command, options)
    try:
        job.run()
    except KeyboardInterrupt:
        say(job.interrupted())
        return INTERRUPTED
    from flopcalc.render.sweep import known_from_below

    if not job.open:
        return 0
    if not job.on_screen:
        say(known_from_below(job.open))
    return NOT_WHOLLY_KNOWN


class _Job:
    """One sweep, from its options to what is written."""

    def __init__(self, ctx: click.Context, command: SpecCommand, options: Mapping[str, Any]) -> None:
        from flopcalc.render.sweep import STREAMED, Heading
        from flopcalc.sweeps.selecting import Tally

        self.command = command
        self.options = options
        self.output: str | None = options["output"]
        self.plot: str | None = options["plot"]
        self.tally = Tally()
        spec, values, analysed = asked_of(ctx, options)
        self.reading = spec.reading
        self.open = unknown_layers(spec)
        self.input = analysed["input"]
        axes, given = _parted(values)
        _all_given(command, {*axes, *given}, self.input is not None)
        self.convention = load_convention(options["convention"])
        self.size = len(read_grid(axes))
        self.axes, self.given = axes, given
        columns, chosen = _columns(options, tuple(axes))
        self.chosen = _format(options)
        self.streamed = self.chosen is not None and self.chosen.name in STREAMED
        self.on_screen = self.chosen is not None and self.chosen.name == "table"
        self.first, self.most = _SHOWN if self.on_screen else _WRITTEN
        names = [*METRICS, *(name for name, axis in axes.items() if not axis.words)]
        selection = _selection(options, names, command, axes, given)
        if not options["columns"]:
            columns = tuple(
                dict.fromkeys([*columns, *(name for name in replace(selection, front=()).metrics if name in METRICS)])
            )
        if self.paged and selection.order and selection.most is None:
            selection = replace(selection, most=self.first)
        self.heading = Heading(
            spec,
            axes,
            given,
            self.convention,
            columns,
            selection,
            self.size,
            chosen,
            options["dtype"],
        )
        self.x, self.y = _sides(options, self.plot, selection, names)
        self._check()
        shown = [name for name in columns if name in METRICS]
        drawn = [name for name in (self.x, self.y) if self.plot and name in METRICS]
        read = [name for name in selection.metrics if name in METRICS]
        self.metrics = tuple(dict.fromkeys([*shown, *read, *drawn])) or ("params",)

    @property
    def paged(self) -> bool:
        """Whether people read it, so that it has the first rows alone."""
        return self.chosen is not None and not self.streamed

    def _check(self) -> None:
        """Refuse what cannot be done before anything is evaluated."""
        from flopcalc.sweeps.selecting import MOST_HELD, too_many_to_sort

        selection = self.heading.selection
        everything = selection.order and selection.most is None and not selection.condition and not selection.front
        if everything and self.size > MOST_HELD:
            raise too_many_to_sort(self.size)
        if self.chosen is None:
            needs("pyarrow", "parquet", "a .parquet file")
        if self.plot == "-" and self.chosen and is_standard_output(self.output) and not self.on_screen:
            what = f"--plot - and --format {self.chosen.name} both write to the standard output"
            raise ParameterError(Problem(what, None, "", "--output FILE for the rows, or --plot FILE"))
        if self.plot is not None and self.plot != "-":
            if not self.plot:
                raise ParameterError(Problem("--plot names no file", None, "", "--plot FILE.svg; - for the terminal"))
            if Path(self.plot).suffix.lower() not in _PICTURES:
                what = f"--plot {shorten(self.plot)} names no kind of picture"
                raise ParameterError(
                    Problem(what, None, f"a file that ends in {listed(_PICTURES)}; - for the terminal")
                )
            needs("matplotlib", "plot", "--plot FILE")
            if self.output and Path(self.plot).absolute() == Path(self.output).absolute():
                raise ParameterError(Problem(f"--plot and --output both write {shorten(self.plot)}", None, "two files"))
        for name in (self.output, self.plot):
            if name and not is_standard_output(name) and not Path(name).absolute().parent.is_dir():
                what = f"`{shorten(name)}` cannot be written: there is no such folder"
                raise FlopcalcError(Problem(what, None, "a file in a folder that exists"))
        if self.plot is None and (self.options["x"] or self.options["y"]):
            raise ParameterError(Problem("--x and --y are the sides of a picture", None, "", "--plot - or --plot FILE"))
        if self.options["workers"] and self.options["scheduler"] is not None:
            raise ParameterError(Problem("--workers and --scheduler are two places to compute", None, "one of the two"))

    # -- running -----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Evaluate, select and write."""
        cloud = self._cloud()
        fronts: list[Block] = []
        with self._progress() as update, executor(self.options) as (pool, in_flight):
            source, found = self._found(pool, in_flight, update, cloud, fronts)
            try:
                page = self._write(_begun(found), lazily=cloud is None)
            finally:
                source.close()  # what is under way is not waited for
        if page is not None and self.chosen is not None:
            write_page(page, self.chosen, self.options)
        if cloud is not None:
            self._draw(cloud, fronts[0] if fronts else None)

    def _found(
        self,
        executor: Executor | None,
        in_flight: int | None,
        update: Callable[[int], None],
        cloud: Cloud | None,
        fronts: list[Block],
    ) -> tuple[Generator[Any, None, None], Iterator[Any]]:
        """Return what evaluates, and what is kept of it: written lines where the format is a text, else blocks.

        Rows are selected, and if they can be written as well, where they are computed.
        """
        from flopcalc.render.sweep import Writing
        from flopcalc.sweeps.selecting import Reduction, kept_of_parts, selected, selected_of_parts

        selection = self.heading.selection
        writing = Writing(self.chosen.name, self.heading.columns) if self.chosen and self.streamed else None
        apart = executor is not None and cloud is None
        source: Generator[Any, None, None]
        if executor and apart and writing is not None and selection.streams and selection.most is None:
            source = self._parts(executor, in_flight, replace(writing, selection=selection), update, blocks=1)
            return source, kept_of_parts(source, self.tally)
        reduction = Reduction.of(selection) if apart else None
        if executor and reduction is not None:
            source = self._parts(executor, in_flight, reduction, update)
            rows = selected_of_parts(source, selection, self.tally, fronts.append)
        else:
            source = self._blocks(executor, in_flight, update)
            rows = selected(source, selection, self.tally, None if cloud is None else cloud.add, fronts.append)
        return source, rows if writing is None else writing.lines(rows)

    def _blocks(
        self, executor: Executor | None, in_flight: int | None, update: Callable[[int], None]
    ) -> Generator[Block, None, None]:
        """Yield the blocks of the grid, and tell how many configurations are done."""
        lazy = self.paged and self.plot is None and self.heading.selection.streams
        few = lazy and not self.heading.selection.condition
        run = partial(sweep, executor=executor, in_flight=in_flight, block_rows=1024 if few else None)
        return self._told(run, lambda block: len(block) + block.skipped, update)

    def _parts(
        self,
        executor: Executor,
        in_flight: int | None,
        reduce: Callable[[Iterator[Block]], tuple[Any, Tally]],
        update: Callable[[int], None],
        *,
        blocks: int = BATCH,
    ) -> Generator[tuple[Any, Tally], None, None]:
        """Yield what is kept of each part of the grid, and tell how many configurations are done."""
        run = partial(sweep_reduced, reduce=reduce, executor=executor, in_flight=in_flight, blocks=blocks)
        return self._told(run, lambda part: part[1].evaluated, update)

    def _told(
        self, run: Callable[..., Iterator[Some]], size: Callable[[Some], int], update: Callable[[int], None]
    ) -> Generator[Some, None, None]:
        """Run a sweep of what is asked for, and tell after each piece how many configurations are done."""
        done = 0
        try:
            for piece in run(
                self.command.name or "",
                self.axes,
                self.metrics,
                convention=self.options["convention"],
                input=self.input,
                skip_refused=self.options["skip_refused"],
                dtype=self.options["dtype"],
                fused=self.reading.fused,
                batch=self.reading.batch,
                assume_free=self.reading.free,
                parameters=self.given,
            ):
                yield piece
                done += size(piece)
                update(done)
        except FlopcalcError as error:
            raise _with_hint(error, self.axes) from None

    def _write(self, rows: Iterator[Any], *, lazily: bool) -> Page | None:
        """Write the rows, blocks or lines; return the page that is to be written once all is done."""
        from flopcalc.render.json import escaped
        from flopcalc.render.sweep import sweep_streamed, write_parquet

        if self.chosen is None:
            with whole_file(self.output or "") as file:
                write_parquet(self.heading, rows, file)
        elif self.streamed:
            pieces = sweep_streamed(self.chosen.name, self.heading, rows, self.tally)
            write_pieces(pieces, self.output, spelt=escaped if self.chosen.ascii else spelt)
        else:
            return self._page(rows, lazily)
        return None

    def _page(self, rows: Iterator[Block], lazily: bool) -> Page:
        """Return the page of the first rows, and how many more there are."""
        from flopcalc.pages.sweep import sweep_page
        from flopcalc.sweeps.selecting import joined

        selection = self.heading.selection
        most = min(selection.most or self.first, self.most)
        kept: list[Block] = []
        held = count = 0
        unsure = selection.condition is not None or self.options["skip_refused"]
        counted = not lazily or not selection.streams or (unsure and self.size <= _MOST_COUNTED)
        for block in rows:
            count += len(block)
            if held < most:
                kept.append(block.take(slice(0, most - held)))
                held += len(kept[-1])
            if held == most and not counted:
                break
        left: int | None = count - held
        if selection.order and not selection.front:
            left = max(0, self.tally.met - held) if self.options["top"] is None else left
        elif not counted and not unsure:
            left = min(selection.most or self.size, self.size) - held
        elif selection.streams and self.tally.evaluated < self.size:
            left = None
        return sweep_page(self.heading, joined(kept) if kept else None, self.tally, left=left)

    def _cloud(self) -> Cloud | None:
        from flopcalc.render.plot import Cloud, drawn_lines

        if self.plot is None:
            return None
        return Cloud(self.x, self.y, None if self.plot == "-" else drawn_lines(self.heading, self.x))

    def _draw(self, cloud: Cloud, front: Block | None) -> None:
        from flopcalc.render.plot import plot_as_text, write_plot

        assert self.plot is not None
        if self.plot == "-":
            text = plot_as_text(self.heading, cloud, front, screen_for(None if self.output is None else "-"))
            write_text(("\n" if is_standard_output(self.output) else "") + text)
            return
        with whole_file(self.plot) as file:
            write_plot(self.heading, cloud, front, file, Path(self.plot).suffix.lower()[1:])

    def _progress(self) -> Any:
        from flopcalc.render.terminal import progress

        streams = self.streamed and is_standard_output(self.output)
        quiet = streams and sys.stdout is not None and sys.stdout.isatty()
        return progress(self.size, "configurations", None if quiet else sys.stderr)

    def interrupted(self) -> str:
        """Say what was done before the user had enough."""
        done = f"interrupted after {self.tally.evaluated:,} of {self.size:,} configurations"
        files = [name for name in (self.output, self.plot) if name and not is_standard_output(name)]
        if files:
            return f"{done}; {' and '.join(files)} not written"
        return f"{done}; the rows so far are not all" if self.streamed else done


def _begun(rows: Iterator[Any]) -> Iterator[Any]:
    """Return the same rows, the first of them made, so that what is wrong from the start is said before a header."""
    return chain(list(islice(rows, 1)), rows)


def _with_hint(error: FlopcalcError, axes: Mapping[str, Axis]) -> FlopcalcError:
    """Add to a refused configuration's error that such ones can be left out."""
    first, *others = error.problems
    if not first.what.startswith(f"{next(iter(axes))}=") or first.hint:
        return error
    return type(error)(replace(first, hint="--skip-refused leaves such configurations out"), *others)


# -- the options' texts ----------------------------------------------------------------------------------------------


def _parted(values: Mapping[str, object]) -> tuple[dict[str, Axis], dict[str, str]]:
    """Part the parameters that vary from those with one value."""
    from flopcalc.analysis import texts_of

    axes: dict[str, Axis] = {}
    given: dict[str, str] = {}
    for name, text in values.items():
        assert isinstance(text, str)
        if len(texts_of(name, text)) > 1 or ":" in text:
            axes[name] = read_axis(text, name)
        else:
            given[name] = text.strip().rstrip(",")
    if not axes:
        what = "no parameter varies" if given else "no parameter is given values"
        raise ParameterError(
            Problem(what, None, "a range or a list for at least one", "--NAME 0.25:1:0.25 or --NAME 1,2")
        )
    return axes, given


def _all_given(command: SpecCommand, given: set[str], shaped: bool) -> None:
    """Refuse a spec whose parameters are symbols still: a sweep is of numbers."""
    missing = [
        name
        for name, parameter in command.parameters.items()
        if name not in given
        and name not in command.spec.preset
        and (not shaped if parameter is None else parameter.default is None)
    ]
    if missing:
        what = f"{command.spec.name} leaves {listed(missing)} free"
        hint = " ".join(f"--{name} VALUE" for name in missing)
        raise ParameterError(Problem(what, None, "a value, or several, for every parameter", hint))


def _columns(options: Mapping[str, Any], parameters: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Return which columns are shown, and whether they were asked for."""
    columns, metrics = (split_list(options[name]) for name in ("columns", "metrics"))
    if columns and metrics:
        raise ParameterError(Problem("--columns and --metrics both choose", None, "one of the two"))
    known = [*parameters, *METRICS] if columns else METRICS
    for name in columns or metrics or ():
        check_metric(name, known, "column" if columns else "metric")
    if columns:
        return tuple(dict.fromkeys(columns)), True
    return (*parameters, *dict.fromkeys(metrics or COUNTED)), bool(metrics)


def _format(options: Mapping[str, Any]) -> Format | None:
    """Return the format that is asked for, or that the file's extension means; None is Parquet, which no page has."""
    output, asked = options["output"], options["output_format"]
    if is_standard_output(output) or Path(output).suffix.lower() not in _PARQUET:
        return chosen_format(options, _PARQUET)
    if asked:
        raise ParameterError(Problem(f"`{output}` is Parquet by its ending", None, f"no --format {asked} with it"))
    if options["units"] == "human":
        raise ParameterError(Problem("--units human does not go with Parquet, which is exact"))
    for name in ("caption", "label", "standalone"):
        if options[name]:
            raise ParameterError(Problem(f"--{name} does not go with Parquet", None, "LaTeX", "--format latex"))
    return None


def _selection(
    options: Mapping[str, Any],
    names: Sequence[str],
    command: SpecCommand,
    axes: Mapping[str, Axis],
    given: Mapping[str, str],
) -> Selection:
    from flopcalc.sweeps.conditions import read_condition, single_values
    from flopcalc.sweeps.selecting import Selection, first_values, read_objectives, read_order

    conditions = options["where"]
    condition = None
    if conditions:
        text = conditions[0] if len(conditions) == 1 else " and ".join(f"({item})" for item in conditions)
        single = single_values(command.spec, axes, given)
        others = [name for name in command.parameters if name not in axes and name not in single]
        condition = read_condition(text, METRICS, first_values(axes), single, others)
    return Selection(
        condition,
        read_objectives(options["pareto"], names) if options["pareto"] is not None else (),
        read_order(options["sort"], names) if options["sort"] is not None else (),
        options["top"],
    )


def _sides(options: Mapping[str, Any], plot: str | None, selection: Selection, names: Sequence[str]) -> tuple[str, str]:
    """Return the columns that a picture has across and up: the front's objectives, the cost across."""
    across, up = "flops", "params"
    if len(selection.front) >= 2:
        first, second = sorted(selection.front[:2], key=lambda key: key.greatest)
        across, up = first.name, second.name
    for name in (options["x"], options["y"]) if plot is not None else ():
        if name is not None and name not in names:
            what = f"there is no column `{shorten(name)}` to draw"
            raise UnknownNameError(Problem(what, None, one_of(names), suggest(name, names)))
    return options["x"] or across, options["y"] or up


# -- the command -----------------------------------------------------------------------------------------------------

_SHARED = ("units", "convention", "dtype", "fused", "batch", "assume_free", "input_shape")
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    """Make the options beside the spec's parameters."""
    return [
        click.Option(
            ["--where"],
            multiple=True,
            metavar="CONDITION",
            help="Keep configurations that meet it: 'flops <= 150M and params < 3M'.",
        ),
        click.Option(
            ["--pareto"],
            metavar="max:NAME,min:NAME",
            help="Keep those that no other one betters: max:params,min:flops.",
        ),
        click.Option(["--sort"], metavar="NAME,…", help="In the order of a column; -NAME or NAME:desc descends."),
        click.Option(["--top"], type=click.IntRange(min=1), metavar="N", help="Keep the first N."),
        click.Option(["--metrics"], multiple=True, metavar="NAME,…", help="Which metrics: " + ", ".join(METRICS) + "."),
        click.Option(["--columns"], multiple=True, metavar="NAME,…", help="Which columns: parameters and metrics."),
        *(option for option in shared_options() if option.name in _SHARED),
        page_format_option(),
        click.Option(
            ["--output"],
            metavar="FILE",
            help="Write to FILE, whole or not at all; its extension says how: .csv, .tsv, .json and .parquet have "
            "every row, documents such as .md and .html the first 10,000.",
        ),
        *paper_options(),
        click.Option(["--plot"], metavar="FILE|-", help="Draw a picture: .svg, .png or .pdf; - draws on the terminal."),
        click.Option(["--x"], metavar="NAME", help="What the picture has across: a metric or a parameter."),
        click.Option(["--y"], metavar="NAME", help="What it has up."),
        click.Option(["--workers"], type=click.IntRange(1, 1024), metavar="N", help="Compute in N processes."),
        click.Option(["--scheduler"], metavar="tcp://…", help="Compute on the Dask cluster of this scheduler."),
        click.Option(
            ["--skip-refused"], is_flag=True, help="Leave out and count configurations that cannot be, as odd groups."
        ),
        click.Option(
            ["--set", "settings"],
            multiple=True,
            metavar="NAME=VALUES",
            help="A parameter, also one that is named like an option.",
        ),
    ]


command = OnSpec(
    name="sweep",
    options=_options,
    run=_run,
    help="Every metric of every configuration: each parameter takes values between commas, and ranges "
    "start:stop:step (inclusive); all are exact. Without a choice the table shows the first 20 rows.\n\n\b\n"
    "flopcalc sweep mobilenet_v1 --alpha 0.25:1.4:0.01 --rho 4/7,5/7,6/7,1\n"
    "flopcalc sweep mobilenet_v2 --alpha 0.35:1.4:0.05 --where 'flops <= 150M' --top 5 --sort -params\n"
    "flopcalc sweep mobilenet_v2 --alpha 0.35:1.4:0.01 --rho 0.5:1:0.01 --pareto max:params,min:flops --plot -",
)
