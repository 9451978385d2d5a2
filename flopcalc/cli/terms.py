"""``flopcalc help [TERM]``: a metric or a word of the field in five lines, with its formula."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

import click

from flopcalc.cli.completing import listed_words
from flopcalc.cli.help import Command
from flopcalc.cli.options import output_option
from flopcalc.cli.output import is_standard_output, width_of, write_text
from flopcalc.dataclass import dataclass
from flopcalc.errors import Problem, UnknownNameError, shorten, suggest
from flopcalc.metrics import METRICS, Metric, metric_named
from flopcalc.render.text import broken
from flopcalc.spec.catalog import folded

__all__ = ["TERMS", "Term", "command", "term_of"]

_CONV = "for a conv"
_LETTERS = "C×H×W enters, O×P×Q leaves, the kernel is K×L, in g groups"


@dataclass(frozen=True, slots=True)
class Term:
    """A metric or a word of the field.

    Attributes
    ----------
    name : str
        As options and columns have it.
    what : str
        One sentence.
    formula, letters : str
        Its formula, and what its letters are.
    see : str
        Which command shows it, or how it is told from what sounds alike.
    other : tuple of str
        Other words for it.
    """

    name: str
    what: str
    formula: str
    letters: str
    see: str
    other: tuple[str, ...] = ()


TERMS: Mapping[str, Term] = {
    term.name: term
    for term in (
        Term(
            "params", "Every learnable number: kernels, matrices, biases, scales and shifts.",
            f"K·L·C·O/g {_CONV}, and O with a bias", _LETTERS, "docs/metrics.md; running statistics are not learnable",
        ),
        Term(
            "weights", "The elements of kernels and matrices alone, without biases and norms.",
            f"K·L·C·O/g {_CONV}", _LETTERS, "docs/metrics.md",
        ),
        Term(
            "madds", "Multiply-adds of convolutions, linear layers and matrix products.",
            f"K·L·C·O·P·Q/g {_CONV}", _LETTERS, "mac, which is memory access cost; many tools write MACs for this",
        ),
        Term(
            "flops", "Floating-point operations, as a convention counts them.",
            f"K·L·C·O·P·Q/g {_CONV} (paper); strict counts two each", _LETTERS, "flopcalc conventions SPEC",
        ),
        Term(
            "mac", "Memory access cost: every element that a layer reads or writes, once.",
            f"C·H·W + O·P·Q + K·L·C·O/g {_CONV}", _LETTERS, "madds, which are multiply-adds and never called MAC here",
        ),
        Term(
            "activations", "Elements that convolutions, linear layers and matrix products write.",
            f"O·P·Q {_CONV}", _LETTERS, "peak_memory, which is of tensors that are alive at once",
        ),
        Term(
            "intensity", "FLOPs for every element of memory access: low where memory is the limit.",
            "flops / mac", "both of the whole network", "flopcalc help mac, flopcalc help flops",
        ),
        Term(
            "peak_memory", "The largest sum of tensors that are alive at once.",
            "max over layers of Σ C·H·W", "the sum is over what is still read, and what is written",
            "--order best for the order of execution that needs least",
        ),
        Term(
            "receptive_field", "The input pixels that one output position can see, at most.",
            "r + (K − 1)·d·j, layer by layer from r = 1", "K kernel, d dilation, j the product of strides before it",
            "--columns receptive_field",
        ),
        Term(
            "convention", "What one FLOP is: a rule for every kind of layer, in a YAML file.",
            "paper: madds; others: flopcalc show convention NAME", "each file says its quantities",
            "flopcalc list conventions, flopcalc explain SPEC FIGURE", ("counting",),
        ),
        Term(
            "group convolution", "A convolution whose channels are parted into g groups, each for itself.",
            "K·L·C·O/g weights", _LETTERS, "flopcalc group_conv", ("groups", "grouped convolution"),
        ),
        Term(
            "depthwise convolution", "A convolution of every channel by itself: g = C = O.",
            "K·L·C weights, K·L·C·P·Q madds", _LETTERS, "flopcalc depthwise_conv", ("depthwise",),
        ),
        Term(
            "pointwise convolution", "A convolution whose kernel is 1×1.",
            "C·O weights, C·O·H·W madds, (C + O)·H·W + C·O MAC", _LETTERS, "flopcalc pointwise_conv", ("pointwise",),
        ),
        Term(
            "separable convolution", "A depthwise convolution, then a pointwise one.",
            "(1/O + 1/K²) of the madds of a conv", _LETTERS, "flopcalc derive separable_ratio", ("separable",),
        ),
        Term(
            "width multiplier", "A factor on every layer's channels: α of MobileNet.",
            "madds and params shrink about by α²", "α in (0, 1]", "flopcalc derive width_multiplier", ("alpha", "α"),
        ),
        Term(
            "resolution multiplier", "A factor on the input's sides: ρ of MobileNet.",
            "madds shrink by ρ², params stay", "ρ in (0, 1]", "flopcalc derive resolution_multiplier", ("rho", "ρ"),
        ),
        Term(
            "dilation", "The step between a kernel's taps.",
            "a side of d·(K − 1) + 1, at the cost of K", "d dilation, K kernel", "flopcalc dilated_conv", ("dilated",),
        ),
        Term(
            "stride", "The step between the places of a window, by which the map becomes smaller.",
            "⌊(H + 2p − d·(K − 1) − 1)/s⌋ + 1 is the side that leaves", "s stride, p padding, d dilation, K kernel",
            "flopcalc conv --stride 2", ("padding", "kernel", "output size"),
        ),
        Term(
            "bottleneck", "A 1×1 convolution to fewer channels, a 3×3 one, and a 1×1 one back.",
            "H·W·(2·C·M + 9·M²) madds", "C channels outside, M inside; H×W the map", "flopcalc resnet_bottleneck",
        ),
        Term(
            "inverted residual", "A bottleneck that is wider inside, with a depthwise convolution there.",
            "H·W·t·C·(C + K² + O) madds at stride 1", "t expansion, C channels enter, O leave, the kernel is K×K",
            "flopcalc inverted_residual", ("mbconv",),
        ),
        Term(
            "channel shuffle", "Channels of g groups in turn, so that the next groups have some of each.",
            "channel i·n + j becomes j·g + i, without a multiply-add", "g groups of n channels, i < g, j < n",
            "flopcalc shufflenet_v1_unit", ("shuffle",),
        ),
        Term(
            "attention", "Every token reads all others, by the products of queries and keys.",
            "4·C² weights, 4·N·C² + 2·N²·C madds", "C channels of N tokens, however many heads there are",
            "flopcalc multi_head_attention", ("self-attention", "multi-head attention", "transformer"),
        ),
        Term(
            "fused", "Norms folded into the layer before, activations computed in place.",
            "C less params for each norm of C channels: 2·C go, a bias of C comes", "no tensor of theirs, no MAC",
            "--fused; docs/metrics.md, Readings", ("folding", "batch norm folding"),
        ),
        Term(
            "training", "What a step costs, and what is kept for the backward pass.",
            "backward madds: 2 × forward, less the gradient of the network's input",
            "each layer's weights and its input have a gradient", "flopcalc resnet50 --training --optimizer adam",
            ("backward", "backpropagation", "optimizer"),
        ),
    )
}  # fmt: skip
"""The metrics, then the words of the field."""


def term_of(text: str) -> Term | None:
    """Return what a word stands for, however it is spelt; None where there is no such term.

    Examples
    --------
    >>> term_of("Memory access cost").name, term_of("Depthwise").name, term_of("nonsense")
    ('mac', 'depthwise convolution', None)
    """
    metric = metric_named(text)
    if metric:
        return TERMS.get(metric) or _of_its_row(METRICS[metric])
    wanted = folded(text)
    return next((term for term in TERMS.values() if wanted in map(folded, (term.name, *term.other))), None)


def _of_its_row(metric: Metric) -> Term:
    """Return what the table of metrics itself says of one: what it is, and what it is made of."""
    formula = letters = ""
    if metric.over:
        formula, letters = " / ".join(metric.over), "both of the whole network"
    elif metric.elements:
        formula, letters = f"{metric.elements} · bytes of an element", "--dtype says how many, 4 in fp32"
    see = f"flopcalc help {metric.elements}" if metric.elements else "docs/metrics.md"
    return Term(metric.name, f"{metric.help[:1].upper()}{metric.help[1:]}.", formula, letters, see)


def _lines(term: Term) -> Iterator[str]:
    metric = METRICS.get(term.name)
    unit = f", in {metric.unit}s" if metric is not None and metric.unit and metric.unit not in metric.label else ""
    yield f"{term.name}: {metric.label}{unit}" if metric is not None else term.name
    yield term.what
    if term.formula:
        yield f"formula  {term.formula}"
        yield f"where    {term.letters}"
    yield f"see      {term.see}"


@click.pass_context
def _run(ctx: click.Context, /, words: tuple[str, ...], output: str | None) -> None:
    text = " ".join(words)
    if not text:
        lines = ["flopcalc help TERM says what one of these is:", "", *TERMS]
    elif (term := term_of(text)) is not None:
        lines = [*_lines(term)]
    elif text in _commands(ctx):
        write_text(_help_of(ctx, text) + "\n", output)
        return
    elif folded(text) in ("mac's", "macs"):
        lines = [
            "MACs: two things are called so.",
            "madds are multiply-accumulates: flopcalc help madds.",
            "mac is memory access cost: flopcalc help mac.",
        ]
    else:
        known = [*TERMS, *(word for term in TERMS.values() for word in term.other), *METRICS, *_commands(ctx)]
        what = f"there is no term `{shorten(text)}`"
        raise UnknownNameError(Problem(what, None, "one of those that `flopcalc help` lists", suggest(text, known)))
    width = width_of(sys.stdout) if is_standard_output(output) else 0
    written = "\n".join(lines) + "\n"
    write_text(broken(written, width) if width else written, output)


def _commands(ctx: click.Context) -> Sequence[str]:
    group = ctx.find_root().command
    return group.list_commands(ctx) if isinstance(group, click.Group) else ()


def _help_of(ctx: click.Context, name: str) -> str:
    """Return what ``flopcalc NAME --help`` prints."""
    root = ctx.find_root()
    assert isinstance(root.command, click.Group)
    found = root.command.get_command(root, name)
    assert found is not None
    return found.get_help(found.context_class(found, info_name=name, parent=root))


command = Command(
    name="help",
    help="Say what a metric or a word of the field is, in five lines with its formula; without TERM they are listed. "
    "Of a command it prints the help.",
    params=[
        click.Argument(["words"], nargs=-1, metavar="[TERM]", shell_complete=listed_words(lambda ctx: TERMS)),
        output_option(),
    ],
    callback=_run,
)
