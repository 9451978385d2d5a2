"""The house stays in order: imports go one way, click and rich keep to their rooms, no architecture lives in Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import flopcalc
from flopcalc.layers import LAYERS as LAYERS_OF_THE_LANGUAGE
from flopcalc.spec import catalog

pytestmark = pytest.mark.xdist_group("the package's files")
"""In one process, which reads each of them once."""

PACKAGE = Path(flopcalc.__file__).parent

LAYERS: tuple[tuple[str, ...], ...] = (
    ("vocabulary", "shown"),
    ("errors",),
    ("number", "units", "shapes", "schedule", "drafts"),
    ("expression", "cost", "metrics", "reading"),
    ("layers",),
    ("field",),
    ("spec",),
    ("importing",),
    ("binding", "graph"),
    ("building", "convention", "training"),
    ("report",),
    ("analysis",),
    ("exporting",),
    ("theory",),
    ("sweeps",),
    ("solving",),
    ("comparison",),
    ("difference",),
    ("render",),
    ("page",),
    ("pages",),
    ("cli",),
)
"""The modules of the package from the ground up: each may import its own row's package and the rows before it."""

LONGEST = 60
"""How many lines a function may have, its docstring not counted, where that does not begin a sentence `Long, `."""

LONGER = {
    "cli/options.py:shared_options",
}
"""Those that are longer still. This list only shrinks."""

RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
RANK["flopcalc"] = RANK["__init__"] = RANK["__main__"] = len(LAYERS)

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_specs" not in path.parts)


def home(path: Path) -> str:
    """Return the first part of a module's name below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """Let the trees go with the last test: no later one is to be slowed down by half a million nodes."""
    yield
    parsed.cache_clear()


@cache
def parsed(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Return every imported module of a file, and whether the import runs when the file is imported."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    tree = parsed(path)
    inner = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        top = id(node) not in inner and id(node) not in typing_only
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, top
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module, top
            for alias in node.names:
                if node.module == "flopcalc":
                    yield f"flopcalc.{alias.name}", top


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_below(path: Path) -> None:
    here = home(path)
    if here in ("__init__", "__main__"):
        return
    for module, _ in imports(path):
        if not module.startswith("flopcalc."):
            continue
        there = module.split(".")[1]
        if there not in RANK:
            continue  # a name of the package itself, as __version__
        if there == here:
            continue
        assert RANK[there] < RANK[here], f"{path.relative_to(PACKAGE)} imports {module}, which stands above it"


@pytest.mark.parametrize(("library", "room"), [("click", "cli"), ("rich", "render/terminal.py"), ("yaml", "spec")])
def test_a_library_is_used_in_one_place_alone(library: str, room: str) -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        for module, _ in imports(path)
        if module.split(".")[0] == library
    }
    assert users, f"nobody uses {library}"
    assert all(user.startswith(room) for user in users), users


def test_sympy_is_imported_when_it_is_used_and_not_before() -> None:
    for path in MODULES:
        for module, top in imports(path):
            if module.split(".")[0] in ("sympy", "mpmath", "numpy"):
                assert not top, f"{path.relative_to(PACKAGE)} imports {module} at its top"


def test_no_user_text_reaches_python_or_sympy_for_evaluation() -> None:
    forbidden = {"eval", "exec", "sympify", "parse_expr", "compile", "__import__"}
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                if (home(path), name) == ("dataclass", "exec"):
                    continue  # of the names of fields in this source
                assert name not in forbidden, f"{path.relative_to(PACKAGE)}:{node.lineno} calls {name}"


def test_no_architecture_is_named_in_python() -> None:
    names = {
        name.lower()
        for entry in catalog.index()
        if entry.kind == "architectures"
        for name in (entry.name, *entry.variants)
    }
    assert "mobilenet_v1" in names
    for path in MODULES:
        tree = parsed(path)
        documents = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
                if path.parts[-2:] == ("cli", "app.py") and "\b" in node.value:
                    continue  # the examples of the program's help
                assert node.value.lower() not in names, f"{path.relative_to(PACKAGE)}:{node.lineno} names {node.value}"
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Name)):
                name = node.id if isinstance(node, ast.Name) else node.name
                assert not any(word in re.sub("_", "", name.lower()) for word in ("mobilenet", "resnet", "shufflenet"))


def test_no_layer_is_told_by_its_name_in_the_builder() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path in (PACKAGE / "building").glob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Compare)
        for word in ast.walk(node)
        if isinstance(word, ast.Constant) and isinstance(word.value, str) and word.value in LAYERS_OF_THE_LANGUAGE
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_nothing_private(path: Path) -> None:
    found = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flopcalc")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert found == []


def long_functions() -> set[str]:
    found = set()
    for path in MODULES:
        for node in ast.walk(parsed(path)):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            said = ast.get_docstring(node)
            lines = (node.end_lineno or 0) - node.lineno + 1
            if said is not None:
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            if lines > LONGEST and "Long, " not in (said or ""):
                found.add(f"{path.relative_to(PACKAGE).as_posix()}:{node.name}")
    return found


def test_a_function_is_short_or_says_why_it_is_long() -> None:
    assert long_functions() <= LONGER


def test_a_function_that_is_short_by_now_is_excused_no_longer() -> None:
    assert long_functions() >= LONGER


def test_every_packaged_name_is_unique_and_none_is_a_command() -> None:
    from flopcalc.cli.app import COMMANDS

    specs = [entry for entry in catalog.index() if entry.kind in catalog.SPEC_KINDS]
    names = [name for entry in specs for name in (entry.name, *entry.variants)]
    assert len({*names}) == len(names) - sum(entry.name in entry.variants for entry in specs)
    assert not {*names} & {
        *COMMANDS,
        "compare",
        "verify",
        "derive",
        "bound",
        "audit",
        "conventions",
        "sweep",
        "solve",
        "explain",
    }


def test_a_packaged_file_is_named_after_its_spec() -> None:
    for entry in catalog.index():
        assert Path(entry.file).stem == entry.name


def test_no_two_files_of_tests_have_one_name() -> None:
    """They are imported by it, whatever folder they lie in."""
    names = [path.name for path in Path(__file__).parent.rglob("*.py")]
    assert sorted({*names} - {"__init__.py"}) == sorted(name for name in names if name != "__init__.py")
