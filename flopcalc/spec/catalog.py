"""Where specs are found: packaged architectures and blocks by name or variant, a user's files by path.

Beside the specs lie documents that commands read, such as conventions and experiments; they are listed and indexed too.

Names are looked up in an index. A wheel carries it as ``index.json``, written when the wheel is built; a source
checkout builds it in memory, reading no more of each file than its names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from flopcalc.dataclass import dataclass
from flopcalc.errors import Place, Problem, SpecError, UnknownNameError, one_of, shorten, suggest

__all__ = [
    "DOCUMENT_KINDS",
    "FIGURES_FILE",
    "INDEX_FILE",
    "KINDS",
    "SPEC_KINDS",
    "Figures",
    "Listed",
    "beside_you",
    "build_index",
    "entries",
    "figures",
    "find",
    "find_document",
    "folded",
    "index",
    "packaged_root",
    "spelling",
    "suggestions",
]

INDEX_FILE = "index.json"
FIGURES_FILE = "figures.json"
"""What the packaged networks cost, which `python tests/test_listed_figures.py` writes."""
SPEC_KINDS = ("architectures", "blocks")
"""Folders of specs, whose names are looked up and are unique."""

DOCUMENT_KINDS = ("conventions", "experiments", "worksheets", "derivations")
"""Folders of what the commands read, by its own name each; a folder that is not there is empty."""

KINDS = (*SPEC_KINDS, *DOCUMENT_KINDS)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the index knows of a packaged file.

    Attributes
    ----------
    name, kind : str
        The file's name, and the folder that it lies in, one of `KINDS`.
    file : str
        Its path below the root of the packaged specs.
    title, source : str
    parameters, variants : tuple of str
    """

    name: str
    kind: str
    file: str
    title: str
    source: str
    parameters: tuple[str, ...]
    variants: tuple[str, ...]


def folded(name: str) -> str:
    """Return a name without what people write differently: its case, hyphens, underscores and spaces.

    Examples
    --------
    >>> folded("MobileNetV1") == folded("mobilenet_v1") == folded("mobilenet-v1")
    True
    """
    return re.sub(r"[-_\s]", "", name).casefold()


@lru_cache(maxsize=1)
def packaged_root() -> Path:
    """Return the folder of the packaged specs, in a wheel or in a source checkout."""
    package = Path(__file__).resolve().parent.parent
    for root in (package / "_specs", package.parent / "specs"):
        if root.is_dir():
            return root
    raise UnknownNameError(Problem("the packaged specs are missing", Place(str(package)), "", "install flopcalc again"))


def build_index(root: Path) -> tuple[Listed, ...]:
    """Read the names in every file below `root`.

    Raises
    ------
    SpecError
        Where two files, or a file and a variant, have one name, however it is spelt.
    """
    entries: list[Listed] = []
    owners: dict[str, str] = {}
    for kind in KINDS:
        for path in sorted((root / kind).glob("*.yaml")):
            entry = _listed(path, kind)
            entries.append(entry)
            if kind not in SPEC_KINDS:
                continue
            for name in (entry.name, *entry.variants):
                if owners.setdefault(folded(name), entry.file) != entry.file:
                    raise SpecError(Problem(f"the name {name} stands in {owners[name]} too", Place(str(path))))
    return tuple(entries)


def _listed(path: Path, kind: str) -> Listed:
    """Read the top-level names of one file, and no further into its layers than YAML's scanner must."""
    found: dict[str, Any] = {"name": path.stem, "title": "", "source": "", "parameters": (), "variants": ()}
    try:
        for key, value in _top_level(path):
            if key in found:
                found[key] = value
    except yaml.YAMLError:
        pass  # the file's own error is reported when somebody asks for it
    return Listed(kind=kind, file=f"{kind}/{path.name}", **found)


def _top_level(path: Path) -> Iterable[tuple[str, Any]]:
    """Yield the top-level keys of a file with their text, or with the keys below them."""
    depth, key = 0, ""
    expect_key: list[bool] = []
    below: list[str] = []
    with path.open("rb") as file:
        for event in yaml.parse(file, Loader=_Loader):
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if expect_key and depth == 1:
                    below = []
                elif depth > 1 and expect_key:
                    expect_key[-1] = True
                depth += 1
                expect_key.append(isinstance(event, yaml.MappingStartEvent))
            elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                depth -= 1
                expect_key.pop()
                if depth == 1:
                    yield key, tuple(below)
                    expect_key[-1] = True
            elif isinstance(event, yaml.ScalarEvent):
                if depth == 1 and expect_key[-1]:
                    key, expect_key[-1] = event.value, False
                    if key == "layers":
                        return
                elif depth == 1:
                    yield key, event.value
                    expect_key[-1] = True
                elif depth == 2 and expect_key[-1]:
                    below.append(event.value)
                    expect_key[-1] = False
                elif depth == 2:
                    expect_key[-1] = True


def entries(kind: str | None = None) -> tuple[Listed, ...]:
    """Return what is packaged: of one kind, or all of it.

    Raises
    ------
    UnknownNameError
        For a kind that there is not.

    Examples
    --------
    >>> [entry.name for entry in entries("architectures")][:2]
    ['alexnet', 'cbamresnet']
    """
    if kind is not None and kind not in KINDS:
        raise UnknownNameError(
            Problem(f"there is no kind `{shorten(kind)}`", None, one_of(KINDS), suggest(kind, KINDS))
        )
    return tuple(entry for entry in index() if kind in (None, entry.kind))


class Figures(NamedTuple):
    """What a packaged network costs, by the textbooks' count."""

    params: int
    flops: int
    mac: int


@lru_cache(maxsize=1)
def figures() -> Mapping[str, Figures]:
    """Return what every packaged network and variant costs, as a test holds it to the analysis.

    Examples
    --------
    >>> figures()["mobilenet_v1"].params
    4231976
    """
    stored = json.loads((packaged_root() / FIGURES_FILE).read_text(encoding="utf-8"))
    return {name: Figures(*counts) for name, counts in stored.items()}


@lru_cache(maxsize=1)
def index() -> tuple[Listed, ...]:
    """Return the index of the packaged specs."""
    root = packaged_root()
    stored = root / INDEX_FILE
    if stored.is_file():
        rows = json.loads(stored.read_text(encoding="utf-8"))
        return tuple(
            Listed(**{**row, "parameters": tuple(row["parameters"]), "variants": tuple(row["variants"])})
            for row in rows
        )
    return build_index(root)


def write_index(root: Path, target: Path) -> None:
    """Write the index of `root` to a file; called when a wheel is built."""
    rows = [asdict(entry) for entry in build_index(root)]
    target.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, Listed]:
    return {name: entry for entry in index() if entry.kind in SPEC_KINDS for name in (entry.name, *entry.variants)}


@lru_cache(maxsize=1)
def _by_fold() -> Mapping[str, str]:
    return {folded(name): name for name in _by_name()}


def find(name: str, *, exactly: bool = False) -> tuple[Path, str] | None:
    """Return the file of a packaged spec and the variant that `name` is ("" for the spec itself).

    A user may spell the name as he likes; `exactly` is for files, which are read by others.

    Examples
    --------
    >>> path, variant = find("resnet50")
    >>> path.name, variant
    ('resnet.yaml', 'resnet50')
    >>> find("ResNet-50") == find("resnet50"), find("ResNet-50", exactly=True)
    (True, None)
    """
    if _is_no_name(name):
        return None
    root = packaged_root()
    for kind in SPEC_KINDS:
        path = root / kind / f"{name}.yaml"
        if path.is_file():
            return path, ""
    if not exactly:
        name = _by_fold().get(folded(name), name)
    entry = _by_name().get(name)
    if entry is None:
        return None
    return root / entry.file, name if name != entry.name else ""


def find_document(name: str, kind: str) -> Path | None:
    """Return the packaged file of one of :data:`DOCUMENT_KINDS`, however its name is spelt; None where there is none.

    Examples
    --------
    >>> find_document("PTFLOPS-aten", "conventions").name
    'ptflops_aten.yaml'
    """
    if _is_no_name(name):
        return None
    folder = packaged_root() / kind
    path = folder / f"{name}.yaml"
    if path.is_file():
        return path
    return next((item for item in folder.glob("*.yaml") if folded(item.stem) == folded(name)), None)


def _is_no_name(name: str) -> bool:
    return not name or len(name) > 100 or "/" in name or "\\" in name or "\0" in name or name.startswith(".")


def spelling(name: str) -> str:
    """Return how a packaged spec or variant is spelt here, and what is none as it is.

    Examples
    --------
    >>> spelling("MobileNetV1"), spelling("./net.yaml")
    ('mobilenet_v1', './net.yaml')
    """
    found = find(name)
    return name if found is None else found[1] or found[0].stem


def beside_you(name: str) -> str:
    """Return a hint where a name lacks the ending of a file that lies where the user is; "" where there is none."""
    path = Path(f"{name}.yaml")
    try:
        there = len(name) <= 100 and path.is_file()
    except (OSError, ValueError):  # what can be no file's name
        return ""
    return f"`{path if path.is_absolute() else f'./{path}'}`, a file here" if there else ""


def suggestions(name: str, more: Iterable[str] = ()) -> str:
    """Return a hint for a name that is not there."""
    if name.endswith(".py"):
        return f"`{shorten(name)}:NAME`, with the class or function in it that makes the model"
    return beside_you(name) or suggest(name, [*_by_name(), *more]) or "`flopcalc list` shows what there is"


def unknown(name: str, more: Iterable[str] = ()) -> UnknownNameError:
    """Return the error for a name that is neither a spec nor a variant."""
    return UnknownNameError(
        Problem(
            f"there is no spec `{shorten(name)}`",
            None,
            "the name of an architecture, a variant or a block, or a path that ends in .yaml",
            suggestions(name, more),
        )
    )
