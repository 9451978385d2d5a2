"""The documents say what the program does: commands, examples, specs, links and tables in them are held against it.

In README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md:

- In a ``console`` block a line ``$ command`` is run as bash would, and the lines below it are its output; a line ``…``
  stands for any number of lines. Lines ``> more`` right below the command belong to it. Spaces at the ends of lines
  and empty lines at the end of an output do not count. Commands other than those of :data:`RUN` are not run and show
  no output.
- A ``pycon`` block is run as a doctest; the blocks of a document share their names.
- A ``yaml`` block that has ``layers:`` must load, and be analysed where it has an input. ``<!-- file: NAME -->`` above
  a block puts it into the folder in which the document's commands and examples run; ``<!-- refused: NAME -->`` does
  the same with a spec that must be refused.
- Links between documents lead to files and headings that are there.
- Tables between ``<!-- generated: NAME -->`` and ``<!-- end -->`` are what :data:`GENERATED` makes of the code.

``python tests/test_docs.py [DOCUMENT …]`` writes those tables anew, and the outputs (without ``…``) that have changed.
"""

from __future__ import annotations

import dataclasses
import doctest
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from architecture_page import architectures_table, published_tables
from command_runner import Runner, command_runner
from shipped import networks

from flopcalc import FlopcalcError, analyze, load
from flopcalc.expression import FUNCTIONS
from flopcalc.layers import KEPT, LAYERS, Attribute
from flopcalc.layers.activation import ACTIVATIONS
from flopcalc.number import as_text, symbol
from flopcalc.spec import catalog

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = [ROOT / name for name in NAMES if (ROOT / name).is_file()] + sorted((ROOT / "docs").glob("*.md"))

RUN = ("flopcalc", "cat", "echo", "head", "ls", "printf", "wc")
"""The programs that the documents' commands may begin with."""

ANY_LINES = "…"


# -- reading a document ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block: where its first line stands, its language, its text, and the comment above it."""

    document: Path
    line: int
    language: str
    text: str
    note: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"

    def file(self) -> str | None:
        """The name under which the block is written into the document's folder."""
        match = re.fullmatch(r"<!-- (?:file|refused): (\S+) -->", self.note)
        return match[1] if match else None

    @property
    def refused(self) -> bool:
        return self.note.startswith("<!-- refused:")


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the output that the document gives it, from line `first` to before `end`."""

    text: str
    output: tuple[str, ...]
    line: int
    first: int
    end: int

    @property
    def runs(self) -> bool:
        words = self.text.split()
        program = next((word for word in words if not re.match(r"\w+=", word)), "")
        return program in RUN


def blocks_of(document: Path) -> Iterator[Block]:
    lines = document.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = re.match(r"(\s*)(```+)(\w*)\s*$", lines[number])
        number += 1
        if opening is None:
            continue
        margin, fence, language = opening.groups()
        above = next((line.strip() for line in reversed(lines[: number - 1]) if line.strip()), "")
        first = number
        while number < len(lines) and lines[number].strip() != fence:
            number += 1
        text = "".join(f"{line.removeprefix(margin)}\n" for line in lines[first:number])
        yield Block(document, first + 1, language, text, above if above.startswith("<!--") else "")
        number += 1


def commands_of(block: Block) -> list[Command]:
    lines = block.text.splitlines()
    commands: list[Command] = []
    number = 0
    while number < len(lines):
        assert lines[number].startswith("$ "), f"{block}: the line `{lines[number]}` follows no command"
        start = number
        command = [lines[number][2:]]
        number += 1
        while number < len(lines) and lines[number].startswith("> "):
            command.append(lines[number][2:])
            number += 1
        first = number
        while number < len(lines) and not lines[number].startswith("$ "):
            number += 1
        commands.append(
            Command(
                "\n".join(command),
                tuple(lines[first:number]),
                block.line + start,
                block.line + first,
                block.line + number,
            )
        )
    return commands


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
CONSOLES = [block for block in BLOCKS if block.language == "console"]


def write_files(document: Path, folder: Path) -> None:
    """Write the named blocks of a document, for its commands and examples."""
    for block in BLOCKS:
        name = block.file() if block.document == document else None
        if name is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")


# -- commands --------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Return what the commands find in their environment."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    }
    scripts = sysconfig.get_path("scripts")
    return kept | {
        "COLUMNS": "80",
        "PATH": os.pathsep.join((scripts, str(Path(sys.executable).parent), kept.get("PATH", ""))),
        "PYTHONUTF8": "1",
        "TERM": "dumb",
    }


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with command_runner(environment()) as started:
        yield started


def run_commands(document: Path, runner: Runner) -> dict[int, str]:
    """Run a document's commands in a folder of their own; return their outputs by line."""
    commands = [command for block in CONSOLES if block.document == document for command in commands_of(block)]
    run = [command for command in commands if command.runs]
    with TemporaryDirectory() as folder:
        write_files(document, Path(folder))
        outputs = runner.run(folder, [command.text for command in run])
    return {command.line: output for command, output in zip(run, outputs, strict=True)}


def trimmed(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n").split("\n")


def matches(expected: list[str], actual: list[str]) -> bool:
    pattern = "".join(r"(?:.*\n)*" if line == ANY_LINES else re.escape(line) + r"\n" for line in expected)
    return re.fullmatch(pattern, "\n".join(actual) + "\n") is not None


@pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("flopcalc", path=sysconfig.get_path("scripts")) is None,
    reason="the commands need bash and an installed flopcalc",
)
@pytest.mark.parametrize("document", sorted({block.document for block in CONSOLES}), ids=lambda document: document.name)
def test_commands_print_what_the_document_shows(document: Path, runner: Runner) -> None:
    outputs = run_commands(document, runner)
    wrong: list[str] = []
    for command in (command for block in CONSOLES if block.document == document for command in commands_of(block)):
        expected = trimmed("\n".join(command.output))
        where = f"{document.name}:{command.line}: $ {command.text}"
        if not command.runs:
            assert expected == [""], f"{where} is not run, so nobody checks its output"
            continue
        actual = trimmed(outputs[command.line])
        if not matches(expected, actual):
            wrong += [where, *unified_diff(expected, actual, "shown", "printed", lineterm="")]
    assert not wrong, "\n".join(wrong)


# -- examples in Python ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document", sorted({b.document for b in BLOCKS if b.language == "pycon"}), ids=lambda d: d.name
)
def test_examples_in_python_hold(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(document, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    names: dict[str, Any] = {}
    runner = doctest.DocTestRunner()
    for block in BLOCKS:
        if block.document == document and block.language == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, names, str(block), str(document), block.line - 1)
            report: list[str] = []
            failed = runner.run(test, out=report.append, clear_globs=False).failed
            names = test.globs
            assert not failed, "".join(report)


# -- specs -----------------------------------------------------------------------------------------------------------

SPECS = [b for b in BLOCKS if b.language == "yaml" and re.search(r"^layers:", b.text, re.MULTILINE)]


@pytest.mark.parametrize("block", SPECS, ids=str)
def test_specs_load_and_are_analysed(block: Block, tmp_path: Path) -> None:
    write_files(block.document, tmp_path)
    path = tmp_path / (block.file() or "spec.yaml")
    path.write_text(block.text, encoding="utf-8")
    if block.refused:
        with pytest.raises(FlopcalcError):
            analyze(str(path))
        return
    spec = load(path)
    if spec.inputs:
        analyze(str(path))


# -- links -----------------------------------------------------------------------------------------------------------

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def prose(document: Path) -> str:
    """A document's text without its fenced blocks."""
    lines = document.read_text(encoding="utf-8").splitlines()
    for block in BLOCKS:
        if block.document == document:
            end = block.line - 1 + block.text.count("\n")
            lines[block.line - 2 : end + 1] = [""] * (end - block.line + 3)
    return "\n".join(lines)


def anchors(document: Path) -> set[str]:
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
        found.add(words)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in _LINK.findall(prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name) if name else document
        assert path.exists(), f"{document.name}: {target} is not there"
        if anchor:
            assert anchor in anchors(path), f"{document.name}: {target}: there is no such heading"


# -- tables that the code determines ---------------------------------------------------------------------------------


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def words_of_layers() -> dict[str, tuple[str, ...]]:
    """The words of the primitives, those that are one activation under many names together."""
    words = {word: (word,) for word in LAYERS if word not in ACTIVATIONS}
    position = list(words).index("activation") + 1
    items = list(words.items())
    items.insert(position, (ACTIVATIONS[0], ACTIVATIONS))
    return dict(items)


def layers_table() -> str:
    rows = []
    for word, together in words_of_layers().items():
        layer = LAYERS[word].layer
        least, most = layer.arity
        reads = str(least) if least == most else f"{least} or more"
        what = (layer.__doc__ or "").strip().splitlines()[0].rstrip(".").replace("``", "`")
        if len(together) > 1:
            what = "the activation of that kind"
        rows.append((", ".join(f"`{name}`" for name in together), reads, what))
    return table(("Layer", "Reads", "What it is"), rows)


def shown_default(attribute: Attribute) -> str:
    value = attribute.default
    if attribute.required:
        return "required"
    if value is None:
        return "none"
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    return f"`{as_text(value)}`"


def attributes_table() -> str:
    rows: list[tuple[str, ...]] = []
    for word, together in words_of_layers().items():
        attributes = LAYERS[word].attributes()
        shown = f"`{word}`" if len(together) == 1 else f"`{together[0]}` … `{together[-1]}`"
        if not attributes:
            rows.append((shown, "", "", "", "no attributes"))
        for attribute in attributes:
            kind = attribute.type
            if attribute.choices:
                kind += ": " + ", ".join(attribute.choices)
            rows.append((shown, f"`{attribute.name}`", kind, shown_default(attribute), attribute.help))
            shown = ""
    return table(("Layer", "Attribute", "Type", "Default", "Meaning"), rows)


def functions_table() -> str:
    rows = []
    for name, signature in FUNCTIONS.items():
        parameters = ", ".join(signature.parameters) + (", …" if signature.variadic else "")
        rows.append((f"`{name}({parameters})`", signature.help))
    return table(("Function", "Value"), rows)


def limits_table() -> str:
    from flopcalc import expression, number
    from flopcalc.building import site
    from flopcalc.spec import syntax, words

    rows = [
        ("size of a spec file", f"{syntax.LARGEST_FILE >> 20} MiB"),
        ("nesting of the YAML", f"{syntax.DEEPEST} levels"),
        ("nodes of the YAML, every use of an alias counted in full", f"{syntax.MOST_NODES:,}"),
        ("nesting of blocks in blocks", f"{words.DEEPEST_BLOCKS} levels"),
        ("nesting of lists of entries, those of blocks included", f"{words.DEEPEST_LISTS} levels"),
        ("length of a name", f"{expression.LONGEST_NAME} characters"),
        ("length of an expression", f"{expression.LONGEST_TEXT:,} characters"),
        ("nesting of an expression", f"{expression.DEEPEST_TREE} levels"),
        ("entries of a list or a look-up table", f"{expression.MOST_ITEMS:,}"),
        ("size of a number", f"{number.MOST_BITS:,} bits"),
        ("calls of defined functions in one analysis", f"{expression.MOST_CALLS:,}"),
        ("steps of arithmetic in one analysis, about a microsecond each", f"{number.MOST_STEPS:,}"),
        ("layers of a network", f"{site.MOST_LAYERS:,}"),
        ("turns of all repeats together", f"{site.MOST_TURNS:,}"),
        ("problems reported at once", f"{syntax.MOST_PROBLEMS}"),
    ]
    return table(("Limit", "At most"), rows)


def columns_table() -> str:
    from flopcalc.render.table import COLUMNS

    return table(
        ("Column", "Holds"),
        [(f"`{column.name}`", column.help) for column in COLUMNS.values()],
    )


def data_types_table() -> str:
    from flopcalc.report import DTYPES

    by_bits: dict[int, list[str]] = {}
    for name, bits in DTYPES.items():
        by_bits.setdefault(bits, []).append(f"`{name}`")
    return table(
        ("Type", "Bytes of an element"),
        [(", ".join(names), as_text(bits // 8 if bits % 8 == 0 else "1/2")) for bits, names in by_bits.items()],
    )


def conventions_list() -> str:
    from textwrap import fill

    from flopcalc.convention import load_convention

    items = []
    for entry in catalog.index():
        if entry.kind == "conventions":
            convention = load_convention(entry.name)
            text = f"- **`{entry.name}`**: {convention.title}. {convention.notes} ({convention.source})"
            items.append(fill(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n".join(items) + "\n"


def strict_table() -> str:
    from flopcalc.convention import load_convention

    rules = load_convention("strict").rules
    return table(("Layer", "FLOPs"), [(f"`{key}`", f"`{rule.text}`") for key, rule in rules.items()])


def forms_table() -> str:
    from flopcalc.layers import FORMS

    rows = []
    for form, meaning in FORMS.items():
        usual = [f"`{word}`" for word, primitive in LAYERS.items() if primitive.layer.forms[0] == form]
        rows.append((f"`{form}`", meaning, "every other layer" if form == "module" else ", ".join(usual)))
    return table(("`written`", "What it is", "Usual for"), rows)


def kept_table() -> str:
    """Return what layers keep for the backward pass, by what it is."""
    found: dict[str, list[str]] = {what: [] for what in KEPT}
    for word, primitive in LAYERS.items():
        keeps = primitive.layer.keeps
        if isinstance(keeps, str):
            found[keeps].append(f"`{word}`")
        elif primitive.preset:
            found[primitive.layer.make(primitive.preset).keeps].append(f"`{word}`")
        elif word == "reduce":
            for op in ("mean", "max"):
                layer = primitive.layer.make({"op": op, "axis": "map"})
                found[layer.keeps].append("`reduce` of max, min" if op == "max" else "`reduce` of mean, sum")
    rows = [f"| {meaning} | {', '.join(found[what])} |" for what, meaning in KEPT.items()]
    return "\n".join(["| Kept | By |", "| --- | --- |", *rows])


def operations_table() -> str:
    """Return the operations of models that are read: all others are of unknown cost."""
    from flopcalc.importing.onnx.operators import OPERATORS
    from flopcalc.importing.torch.functions import FUNCTIONS as CALLED

    operators = ", ".join(sorted(OPERATORS, key=str.casefold))
    functions = ", ".join(f"`{name}`" if "_" in name else name for name in sorted(CALLED) if not name.startswith("_"))
    return table(("", "Read"), [("ONNX", operators), ("PyTorch", functions)])


def model_limits_table() -> str:
    from flopcalc.importing.onnx import model, values, wire

    rows = [
        ("nodes of an ONNX graph", f"{model.MOST_NODES:,}"),
        ("fields of an ONNX file that are looked at", f"{wire.MOST_FIELDS:,}"),
        ("nesting of graphs in an ONNX file", f"{model.MOST_DEPTH} levels"),
        ("elements of a constant that is computed", f"{values.MOST_ELEMENTS:,}"),
        ("layers", "as of any spec"),
    ]
    return table(("Limit", "At most"), rows)


GENERATED: Mapping[str, Callable[[], str]] = {
    "operations": operations_table,
    "model limits": model_limits_table,
    "conventions": conventions_list,
    "forms": forms_table,
    "strict": strict_table,
    "layers": layers_table,
    "attributes": attributes_table,
    "functions": functions_table,
    "kept": kept_table,
    "limits": limits_table,
    "columns": columns_table,
    "data types": data_types_table,
    "architectures": architectures_table,
    "published figures": published_tables,
}
"""The tables that are made of the code's own tables, by the name that the documents give them."""

_SECTION = re.compile(r"(<!-- generated: ([\w ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def generated(text: str) -> str:
    """Return a document with its generated tables made anew."""
    return _SECTION.sub(lambda match: f"{match[1]}\n{GENERATED[match[2]]()}\n{match[4]}", text)


@networks
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_tables_are_those_of_the_code(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert text.count("<!-- generated:") == len(_SECTION.findall(text)), "a generated table has no end"
    assert generated(text) == text, "run `python tests/test_docs.py`"


def test_every_generated_table_stands_in_a_document() -> None:
    found = [match[2] for document in DOCUMENTS for match in _SECTION.finditer(document.read_text(encoding="utf-8"))]
    assert sorted(found) == sorted(GENERATED)


def test_every_word_of_the_language_is_in_its_reference() -> None:
    from flopcalc.expression import RUNNING
    from flopcalc.spec import words as language

    text = (ROOT / "docs" / "spec-language.md").read_text(encoding="utf-8")
    words = {
        *language.SPEC_KEYS,
        *language.PARAMETER_KEYS,
        *language.MODIFIERS,
        *language.CONSTRUCTS,
        *language.TABLE_KEYS,
    }
    words |= {*language.BRANCHES_KEYS, *language.MERGES, *RUNNING}
    assert [word for word in sorted(words) if f"`{word}`" not in text] == []


# -- the formulas of docs/metrics.md ---------------------------------------------------------------------------------

C, H, W, O, K, L, P, Q, M, N, G, F = (symbol(name) for name in "CHWOKLPQMNgf")  # noqa: E741
MAP = (C, H, W)
SHAPED: Mapping[str, tuple[str, dict[str, Any], tuple[Any, ...], Any]] = {
    "conv": ("conv", {"out": O, "kernel": (K, L), "groups": G}, (MAP,), (O, P, Q)),
    "depthwise": ("depthwise", {"kernel": (K, L), "multiplier": F}, (MAP,), (C * F, P, Q)),
    "transposed_conv": ("transposed_conv", {"out": O, "kernel": (K, L), "groups": G}, (MAP,), (O, P, Q)),
    "linear": ("linear", {"out": O}, ((C, 1, 1),), (O, 1, 1)),
    "matmul": ("matmul", {}, ((C, M, N), (C, N, Q)), (C, M, Q)),
    "norm": ("norm", {}, (MAP,), MAP),
    "norm, affine: false": ("norm", {"affine": False}, (MAP,), MAP),
    "relu and the other activations": ("relu", {}, (MAP,), MAP),
    "prelu": ("prelu", {}, (MAP,), MAP),
    "max_pool, avg_pool, adaptive_avg_pool, adaptive_max_pool": ("avg_pool", {"kernel": K}, (MAP,), (C, P, Q)),
    "global_pool, global_max_pool, reduce of the map": ("global_pool", {}, (MAP,), (C, 1, 1)),
    "add of N": ("add", {}, "N", MAP),
    "multiply": ("multiply", {}, (MAP, (C, 1, 1)), MAP),
    "concat": ("concat", {}, (MAP, (O, H, W)), (C + O, H, W)),
    "channel_shuffle": ("channel_shuffle", {"groups": G}, (MAP,), MAP),
    "pad, upsample": ("pad", {"padding": 1}, (MAP,), (C, P, Q)),
    "einsum, as hmd,hnd->hmn": ("einsum", {"equation": "hmd,hnd->hmn"}, ((C, M, Q), (C, N, Q)), (C, M, N)),
    "dynamic_conv": (
        "dynamic_conv",
        {"out": O, "kernel": (K, L), "groups": G},
        (MAP, (O, C / G, K, L)),
        (O, P, Q),
    ),
    "deformable_conv": (
        "deformable_conv",
        {"out": O, "kernel": (K, L), "groups": G},
        (MAP, (2 * K * L, P, Q)),
        (O, P, Q),
    ),
    "scale": ("scale", {}, (MAP,), MAP),
    "parameter": ("parameter", {"shape": MAP}, (), MAP),
    "embedding": ("embedding", {"count": K, "out": O}, ((M,),), (O, M)),
    "subtract, divide, maximum, minimum": ("subtract", {}, (MAP, MAP), MAP),
    "pixel_shuffle, pixel_unshuffle, roll": ("pixel_shuffle", {"factor": 2}, (MAP,), (C / 4, 2 * H, 2 * W)),
    "unfold": ("unfold", {"kernel": (K, L)}, (MAP,), (K * L * C, P * Q)),
    "max_unpool": ("max_unpool", {"kernel": K}, (MAP,), (C, P, Q)),
    "grid_sample": ("grid_sample", {}, (MAP, (2, P, Q)), (C, P, Q)),
    "gather": ("gather", {"shape": (C, P, Q)}, ((C, K),), (C, P, Q)),
    "custom, which says K weights and M multiply-adds": ("custom", {"weights": K, "madds": M}, (MAP,), MAP),
    "split, slice, crop, flatten, reshape, permute, dropout, identity": ("identity", {}, (MAP,), MAP),
}
"""The rows of the table of formulas: the layer, its attributes, the shapes that it reads, and what it writes."""


def rows_of_formulas() -> list[list[str]]:
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.search(r"^\| Layer \| params \| weights \| madds \| MAC \|\n\|[ -|]*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert rows is not None
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in rows[1].splitlines()]


def test_the_table_of_formulas_has_every_layer() -> None:
    rows = [row[0] for row in rows_of_formulas()]
    assert rows == list(SHAPED)
    missing = [word for word in LAYERS if word not in " ".join(rows) and word not in (*ACTIVATIONS, "activation")]
    assert missing == []


@pytest.mark.parametrize("row", rows_of_formulas(), ids=lambda row: row[0])
def test_formulas_are_those_of_the_layers(row: list[str]) -> None:
    from sympy import sympify

    word, attributes, inputs, output = SHAPED[row[0]]
    layer = LAYERS[word].layer.make({**LAYERS[word].preset, **attributes})
    names = {str(item): item for item in (C, H, W, O, K, L, P, Q, M, N, G, F)}
    for count in (2, 5) if inputs == "N" else (1,):
        given = (MAP,) * count if inputs == "N" else inputs
        for biased in (False, True) if getattr(layer, "bias", None) is False else (False,):
            cost = (dataclasses.replace(layer, bias=True) if biased else layer).cost(given, output)
            for what, cell in zip(("params", "weights", "madds", "mac"), row[1:], strict=True):
                formula = sympify(cell.replace("·", "*").replace("²", "**2"), locals=names)
                formula = formula.subs(N, count) if inputs == "N" else formula
                bias = output[0] if biased and what in ("params", "mac") else 0
                found = getattr(cost, what)
                assert sympify(found - formula - bias).expand() == 0, f"{word}: {what} is {found}"


def attribute_names(layer: Any) -> set[str]:
    return {attribute.name for attribute in type(layer).attributes()}


# -- writing anew ----------------------------------------------------------------------------------------------------


def main(names: list[str], runner: Runner) -> None:
    """Write the generated tables and the outputs of commands anew, in the documents of these names or in all."""
    for document in DOCUMENTS:
        if names and document.name not in {Path(name).name for name in names}:
            continue
        found = run_commands(document, runner)
        before = document.read_text(encoding="utf-8")
        lines = before.splitlines()
        for block in reversed([block for block in CONSOLES if block.document == document]):
            for command in reversed(commands_of(block)):
                if not command.runs:
                    continue
                actual = trimmed(found[command.line])
                if matches(trimmed("\n".join(command.output)), actual):
                    continue
                if "Traceback (most recent call last)" in actual:
                    print(f"{document.name}:{command.line}: fails: {actual[-1]}")
                    continue
                if ANY_LINES in command.output:
                    print(f"{document.name}:{command.line}: shorten this output again by hand")
                    continue
                print(f"{document.name}:{command.line}: {command.text}")
                lines[command.first - 1 : command.end - 1] = [] if actual == [""] else actual
        after = generated("\n".join(lines) + "\n")
        if after != before:
            document.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    with command_runner(environment()) as started:
        main(sys.argv[1:], started)
