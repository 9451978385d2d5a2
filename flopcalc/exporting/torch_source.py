"""A network as PyTorch source: a class for every block, one for all that differ in numbers alone."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Problem, printable
from flopcalc.exporting.laid import Laid, Placed, check_known, laid_out
from flopcalc.exporting.torch_layers import HELPERS, SOURCES, Here, learned_names, weight_shape
from flopcalc.exporting.torch_text import Count, Pieces, text
from flopcalc.graph import Graph
from flopcalc.layers import show_shape
from flopcalc.layers.pool import MaxPool, MaxUnpool
from flopcalc.layers.reshape import Identity

__all__ = ["torch_source"]

_TAKEN = frozenset(
    ("self", "torch", "nn", "F", "super", "len", "float", "forward", "training", "DeformConv2d", *HELPERS)
)
"""Names that variables cannot have."""


@dataclass(frozen=True, slots=True)
class Step:
    """A layer with the tensors that it reads and writes: a max pool may write the places of its maxima besides."""

    placed: Placed
    reads: tuple[int, ...]
    writes: tuple[int, ...]


@dataclass(slots=True)
class Box:
    """A block: what stands in it, by name.

    Attributes
    ----------
    name : str
    items : dict of str to Box or int
        Blocks, and the numbers of steps, in the order in which they run.
    steps : list of int
        The numbers of all steps in it.
    made : Pieces
        What makes it, once its class is known.
    reads, writes : tuple of int
        The tensors that enter, and those that leave.
    """

    name: str
    items: dict[str, Box | int] = field(default_factory=dict)
    steps: list[int] = field(default_factory=list)
    made: Pieces = ()
    reads: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()

    @property
    def height(self) -> int:
        """How many blocks stand in one another below it."""
        return 1 + max((item.height for item in self.items.values() if isinstance(item, Box)), default=-1)

    def boxes(self) -> Iterator[Box]:
        """Yield the blocks in it, and those in these."""
        for item in self.items.values():
            if isinstance(item, Box):
                yield item
                yield from item.boxes()


@dataclass(slots=True)
class Body:
    """The lines of a class.

    Attributes
    ----------
    box : Box
    made : list of Pieces
        The lines that make its modules.
    run : list of Pieces
        The lines of its forward pass, the last of which returns.
    """

    box: Box
    args: list[str] = field(default_factory=list)
    made: list[Pieces] = field(default_factory=list)
    run: list[Pieces] = field(default_factory=list)

    @property
    def key(self) -> tuple[object, ...]:
        """What classes have in common that differ in numbers alone."""
        lines = (
            tuple([(piece.name, piece.before) if isinstance(piece, Count) else piece for piece in line])
            for line in (*self.made, *self.run)
        )
        return (_class_name(self.box.name), len(self.made), *lines)

    def counts(self) -> list[Count]:
        """Return its numbers, in order."""
        return [piece for line in (*self.made, *self.run) for piece in line if isinstance(piece, Count)]


@dataclass(slots=True)
class _Network:
    """What is known of the whole network while its source is written."""

    laid: Laid
    steps: list[Step]
    alone: frozenset[int]
    outputs: Mapping[str, int]
    helpers: set[str] = field(default_factory=set)
    homes: dict[str, str] = field(default_factory=dict)
    """Where each layer's learned tensors are, by its path."""
    reused: set[str] = field(default_factory=set)
    """The paths of layers that run another one's module."""
    classes: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


def torch_source(graph: Graph, name: str, title: str = "", *, pass_custom: bool = False) -> str:
    """Return the source of a PyTorch module that computes what a graph does.

    Parameters
    ----------
    graph : Graph
    name : str
        What the class is called after.
    title : str
        For its docstring.
    pass_custom : bool
        Whether custom layers that learn nothing and keep the shape pass on what they read.

    Raises
    ------
    ParameterError
        Where a size is a symbol.
    FlopcalcError
        Where a layer says what it costs, and not what it computes, or borrows a matrix in another shape.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> graph = analyze("separable_conv", C=4, H=8, W=8, O=6, K=3).totals.graph
    >>> print(torch_source(graph, "separable_conv").partition("super().__init__()")[2])
    <BLANKLINE>
            self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
            self.conv = nn.Conv2d(4, 6, 1, bias=False)
    <BLANKLINE>
        def forward(self, input):
            x = self.depthwise(input)
            return self.conv(x)
    <BLANKLINE>
    """
    laid = laid_out(graph)
    check_known(laid, SOURCES, pass_custom=pass_custom)
    steps, real = _steps(laid)
    outputs = {label: real[tensor] for label, tensor in laid.outputs.items()}
    network = _Network(laid, steps, _alone(laid, real), outputs)
    root = _boxed(_valid(name), steps)
    _find_ends(root, steps, {*outputs.values()})
    root.reads = tuple(laid.inputs.values())
    root.writes = tuple(dict.fromkeys(outputs.values()))
    boxes = sorted(root.boxes(), key=lambda box: box.height)
    for height in sorted({box.height for box in boxes}):
        _write_classes([_body(network, box) for box in boxes if box.height == height], network)
    body = _body(network, root, [_valid(label) for label in laid.inputs])
    _find_homes(network, root, "self")
    body.made += [text(line) for line in _ties(network)]
    _write_classes([body], network, _about(laid, title or name))
    needed = [HELPERS[helper].strip("\n") for helper in HELPERS if helper in network.helpers]
    imports = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
    if "DeformConv2d" in network.helpers:
        imports += "from torchvision.ops import DeformConv2d\n"
    return "\n\n\n".join([imports.rstrip("\n"), *needed, *network.classes]) + "\n"


def _about(laid: Laid, title: str) -> str:
    """Return the docstring of the whole network."""
    reads = [f"{_valid(label)} (N×{show_shape(laid.shapes[tensor])})" for label, tensor in laid.inputs.items()]
    writes = {tensor: f"{label} (N×{show_shape(laid.shapes[tensor])})" for label, tensor in laid.outputs.items()}
    shown = list(writes.values()) if len(writes) > 1 else [f"N×{show_shape(laid.shapes[tensor])}" for tensor in writes]
    plain = printable(title).replace("\\", "\\\\").replace('"', '\\"')
    ends = wrap(f"Reads {', '.join(reads)}; writes {', '.join(shown)}.", 100, break_long_words=False)
    return "\n".join([f'"""{plain}.\n', *(f"    {line}" for line in ends), '    """'])


# -- steps and blocks ------------------------------------------------------------------------------------------------


def _steps(laid: Laid) -> tuple[list[Step], dict[int, int]]:
    """Return the layers that do something, and for every tensor the one that it is."""
    real: dict[int, int] = {tensor: tensor for tensor in laid.inputs.values()}
    places: dict[str, int] = {}
    unpooled = laid.unpooled()
    steps: list[Step] = []
    for placed in laid.layers:
        if isinstance(placed.layer, Identity) or placed.layer.said:
            real[placed.writes] = real[placed.reads[0]]
            continue
        real[placed.writes] = placed.writes
        reads = tuple([real[tensor] for tensor in placed.reads])
        writes: tuple[int, ...] = (placed.writes,)
        if isinstance(placed.layer, MaxPool) and placed.path in unpooled.values():
            places[placed.path] = len(laid.shapes) + len(places)
            writes = (placed.writes, places[placed.path])
        if isinstance(placed.layer, MaxUnpool) and placed.path in unpooled:
            reads = (*reads, places[unpooled[placed.path]])
        steps.append(Step(placed, reads, writes))
    return steps, real


def _alone(laid: Laid, real: Mapping[int, int]) -> frozenset[int]:
    """Return the tensors that follow from learned parameters alone: no sample has them for itself."""
    alone: set[int] = set()
    for placed in laid.layers:
        if all(real[tensor] in alone for tensor in placed.reads):
            alone.add(real[placed.writes])
    return frozenset(alone)


def _boxed(name: str, steps: Sequence[Step]) -> Box:
    """Return the steps in the blocks that their paths name."""
    root = Box(name)
    for number, step in enumerate(steps):
        *around, last = step.placed.path.split(".")
        box = root
        for part in around:
            item = box.items.get(part)
            if not isinstance(item, Box):
                item = box.items[part] = Box(part)
            box.steps.append(number)
            box = item
        box.steps.append(number)
        box.items[last] = number
    _dissolve(root)
    return root


def _dissolve(box: Box) -> None:
    """Take blocks away that hold one step alone, or whose steps do not run one after the other."""
    items: dict[str, Box | int] = {}
    for name, item in box.items.items():
        if not isinstance(item, Box):
            items[_free(_valid(name), items)] = item
            continue
        _dissolve(item)
        if len(item.steps) > 1 and item.steps[-1] - item.steps[0] + 1 == len(item.steps):
            items[_free(_valid(name), items)] = item
            continue
        for inner, part in item.items.items():
            items[_free(_valid(f"{name}_{inner}"), items)] = part
    box.items = dict(sorted(items.items(), key=lambda pair: _first(pair[1])))


def _first(item: Box | int) -> int:
    return item.steps[0] if isinstance(item, Box) else item


def _find_ends(box: Box, steps: Sequence[Step], leaving: set[int]) -> None:
    """Find what enters and leaves every block in another one."""
    readers: dict[int, int] = {}
    for number, step in enumerate(steps):
        for tensor in step.reads:
            readers[tensor] = number
    for inner in box.boxes():
        inside = [steps[number] for number in inner.steps]
        written = dict.fromkeys(tensor for step in inside for tensor in step.writes)
        read = dict.fromkeys(tensor for step in inside for tensor in step.reads)
        inner.reads = tuple([tensor for tensor in read if tensor not in written])
        last = inner.steps[-1]
        inner.writes = tuple([tensor for tensor in written if tensor in leaving or readers.get(tensor, -1) > last])


# -- the lines of a class --------------------------------------------------------------------------------------------


def _body(network: _Network, box: Box, args: Sequence[str] = ()) -> Body:
    """Write the lines of a block's class."""
    names = ("x", "y", "z")
    args = args or [names[place] if place < len(names) else f"x{place + 1}" for place in range(len(box.reads))]
    body = Body(box, list(args))
    variables = dict(zip(box.reads, args, strict=True))
    items = list(box.items.items())
    last: dict[int, int] = {}
    for number, (_, item) in enumerate(items):
        last.update(dict.fromkeys(_ends(network, item)[0], number))
    last.update(dict.fromkeys(box.writes, len(items)))
    for number, (name, item) in enumerate(items):
        reads, writes = _ends(network, item)
        value = _value(network, body, name, item, [variables[tensor] for tensor in reads])
        gone = [tensor for tensor in variables if last.get(tensor, -1) <= number]
        for tensor in gone:
            variables.pop(tensor)
        if number == len(items) - 1 and writes == box.writes:
            body.run.append(text("return ", value))
            return body
        for place, tensor in enumerate(writes):
            variables[tensor] = _target(variables, name if place == 0 else f"{name}_{place + 1}")
        body.run.append(text(", ".join(variables[tensor] for tensor in writes), " = ", value))
    body.run.append(text("return " + ", ".join(variables[tensor] for tensor in box.writes)))
    return body


def _ends(network: _Network, item: Box | int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what an item reads, and what it writes."""
    end = item if isinstance(item, Box) else network.steps[item]
    return end.reads, end.writes


def _target(variables: Mapping[int, str], name: str) -> str:
    """Return the variable that a tensor is kept in: x, unless that is needed still."""
    held = {*variables.values()}
    if "x" not in held:
        return "x"
    return _free(name, held | _TAKEN)


def _value(network: _Network, body: Body, name: str, item: Box | int, args: list[str]) -> Pieces:
    """Return the expression of what an item writes, after the line that makes its module, where it has one."""
    if isinstance(item, Box):
        twin = _twin(network, body.box, name, item)
        if not twin:
            body.made.append(text(f"self.{name} = ", item.made))
        else:
            network.reused.update(network.steps[number].placed.path for number in item.steps)
        return text(f"self.{twin or name}({', '.join(args)})")
    step = network.steps[item]
    placed = step.placed
    paired = len(step.writes) > 1 or len(step.reads) > len(placed.reads)
    here = Here(
        placed,
        f"self.{name}",
        args,
        tuple([tensor in network.alone for tensor in step.reads]),
        bool(placed.reads) and placed.reads[0] in network.laid.indices,
        paired,
    )
    value = SOURCES[type(placed.layer)](here)
    network.helpers |= here.helpers
    network.homes[placed.path] = here.tensors
    if here.module:
        body.made.append(text(f"self.{name} = ", here.module))
    return value


def _twin(network: _Network, around: Box, name: str, box: Box) -> str:
    """Return the block beside this one that is the same, and whose learned parameters all of it uses."""
    mine = [network.steps[number].placed for number in box.steps]
    learning = [placed for placed in mine if placed.owns or placed.lender is not None]
    if not learning or any(placed.owns for placed in learning):
        return ""
    for other, item in around.items.items():
        if other == name:
            break
        if isinstance(item, Box) and item.made == box.made and len(item.steps) == len(box.steps):
            theirs = [network.steps[number].placed for number in item.steps]
            if all(p.lender is None or p.lender is q for p, q in zip(mine, theirs, strict=True)):
                return other
    return ""


# -- shared parameters -----------------------------------------------------------------------------------------------


def _find_homes(network: _Network, box: Box, prefix: str) -> None:
    """Find where from the whole network every layer's learned tensors are."""
    for name, item in box.items.items():
        if isinstance(item, Box):
            _find_homes(network, item, f"{prefix}.{name}")
        else:
            path = network.steps[item].placed.path
            network.homes[path] = f"{prefix}.{name}{network.homes[path]}"


def _ties(network: _Network) -> Iterator[str]:
    """Yield the lines by which layers use the learned tensors of others."""
    for step in network.steps:
        placed = step.placed
        lender = placed.lender
        if lender is None or placed.path in network.reused:
            continue
        for name in learned_names(placed):
            if placed.owned(name):
                continue
            unlike = placed.layer.matrix(placed.inputs) and weight_shape(placed) != weight_shape(lender)
            if name == "weight" and (placed.turned or unlike):
                what = f"{placed.path} uses the matrix of {lender.path} in another shape, which no PyTorch module does"
                raise FlopcalcError(Problem(what, placed.place, "", "`flopcalc export` writes it as ONNX"))
            end = f".{name}" if name else ""
            yield f"{network.homes[placed.path]}{end} = {network.homes[lender.path]}{end}"


# -- classes ---------------------------------------------------------------------------------------------------------


def _write_classes(bodies: Iterable[Body], network: _Network, title: str = "") -> None:
    """Write one class for all bodies that differ in numbers alone, and let each be made by it."""
    alike: dict[tuple[object, ...], list[Body]] = {}
    for body in bodies:
        alike.setdefault(body.key, []).append(body)
    for group in alike.values():
        first = group[0]
        name = _class_name(first.box.name, digits=bool(title))
        if name in network.names:
            name = _free(_class_name(first.box.name, digits=True), network.names)
        network.names.add(name)
        rows = [body.counts() for body in group]
        columns = list(zip(*rows, strict=True))
        named: dict[tuple[int, ...], str] = {}
        for column in columns:
            values = tuple([one.value for one in column])
            if len({*values}) > 1 and values not in named:
                named[values] = _free(_valid(column[0].name), {*named.values(), *_TAKEN})
        parameters = [named.get(tuple([one.value for one in column])) for column in columns]
        network.classes.append(_class_text(name, first, parameters, list(named.values()), title))
        for place, body in enumerate(group):
            given = [Count(values[place], parameter) for values, parameter in named.items()]
            pieces: list[str | Count] = [f"{name}("]
            for one in given:
                pieces += [", "] if len(pieces) > 1 else []
                pieces.append(one)
            body.box.made = (*pieces, ")")


def _class_text(name: str, body: Body, parameters: Sequence[str | None], arguments: Sequence[str], title: str) -> str:
    """Return the source of a class."""
    waiting = iter(parameters)

    def line(pieces: Pieces, *, own: bool) -> str:
        found = ""
        for piece in pieces:
            if not isinstance(piece, Count):
                found += piece
                continue
            parameter = next(waiting)
            if parameter is not None:
                found += piece.before + ("" if own else "self.") + parameter
            elif piece.value != piece.default:
                found += f"{piece.before}{piece.value}"
        return found

    made = [line(pieces, own=True) for pieces in body.made]
    run = [line(pieces, own=False) for pieces in body.run]
    kept = [argument for argument in arguments if any(f"self.{argument}" in text for text in run)]
    lines = [f"class {name}(nn.Module):"]
    if title:
        lines += [f"    {title}", ""]
    if made or kept:
        lines += [f"    def __init__({', '.join(['self', *arguments])}):", "        super().__init__()"]
        lines += [f"        self.{argument} = {argument}" for argument in kept]
        lines += [f"        {text}" for text in made]
        lines.append("")
    lines.append(f"    def forward({', '.join(['self', *body.args])}):")
    return "\n".join([*lines, *(f"        {text}" for text in run)])


def _class_name(name: str, *, digits: bool = False) -> str:
    """Return what a block's class is called: by its name, without the number that tells it from its like.

    Examples
    --------
    >>> _class_name("inverted_residual3"), _class_name("stage_2", digits=True)
    ('InvertedResidual', 'Stage2')
    """
    base = name if digits else re.sub(r"_?\d+$", "", name) or name
    found = "".join(part[:1].upper() + part[1:] for part in base.split("_"))
    return found if found[:1].isalpha() else f"Block{found}"


def _valid(name: str) -> str:
    """Return a name that Python takes.

    Examples
    --------
    >>> _valid("1x1"), _valid("class"), _valid("stage.conv")
    ('_1x1', 'class_', 'stage_conv')
    """
    found = re.sub(r"\W", "_", name)
    if not found.isidentifier():
        found = f"_{found}"
    return f"{found}_" if keyword.iskeyword(found) or found in _TAKEN else found


def _free(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken: this one, or with a number."""
    known = {*taken}
    number, found = 2, name
    while found in known:
        found, number = f"{name}_{number}", number + 1
    return found
