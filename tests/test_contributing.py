"""What CONTRIBUTING says is enough to add a layer, a format, a metric or a command: a copy of the package does it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import flopcalc
from flopcalc.spec import catalog

pytestmark = pytest.mark.xdist_group("contributing")

PACKAGE = Path(flopcalc.__file__).parent

LAYER = '''

@dataclass(frozen=True, kw_only=True)
class Scale(Layer):
    """A factor for every channel, or one for all of them: madds = elements."""

    name: ClassVar[str] = "scale"

    shared: bool = attribute("flag", False, help="whether all channels share one factor")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return inputs[0]

    def weights(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return 1 if self.shared else inputs[0][0]

    def madds(self, inputs: tuple[Shape, ...], output: Shape) -> Number:
        return product(*output)
'''

FORMAT = '''"""Pages as a tool of somebody's reads them: titles alone."""

from flopcalc.page.model import Page, Table
from flopcalc.render.book import BookWriter


def page_as_words(page: Page) -> str:
    """Return what stands in a page's tables, a word a line."""
    write = BookWriter(page.order).phrase
    tables = (block for block in page.blocks if isinstance(block, Table))
    return "".join(f"{write(cell)}\\n" for table in tables for line in table.lines for cell in line.cells)
'''

METRIC = """
        Metric(
            "mac_per_param", "accesses per parameter", "MAC/param", "MAC for each parameter", "",
            over=("mac", "params"), section="arithmetic-intensity", spoken=("reuse",),
        ),"""

SAYS = '''"""What ``flopcalc depth`` says."""

from flopcalc.page.model import Page, Said
from flopcalc.report import Report


def depth_page(report: Report) -> Page:
    """Return how many layers have weights."""
    count = sum(1 for row in report.layers if row.weights != 0)
    sentence = ("layers with weights: ", count)
    return Page((), (Said((sentence,), answer=True),), (), lambda: {"depth": count}, lambda: [["depth"], [str(count)]])
'''

COMMAND = '''"""``flopcalc depth SPEC``."""

from flopcalc.cli.options import page_options, shared_options
from flopcalc.cli.output import chosen_format, write_page
from flopcalc.cli.spec_options import OnSpec, report_of


def _options():
    return [*page_options(), *(option for option in shared_options() if option.name in ("units", "settings"))]


def _run(ctx, /, **options):
    report = report_of(ctx, options)
    chosen = chosen_format(options)
    from flopcalc.pages.depth import depth_page

    write_page(depth_page(report), chosen, options)


command = OnSpec(name="depth", help="How many layers have weights.", options=_options, run=_run)
'''


class House:
    """A copy of the package that a newcomer adds to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.touched: set[str] = set()
        shutil.copytree(PACKAGE, root / "flopcalc", ignore=shutil.ignore_patterns("__pycache__", "_specs"))
        shutil.copytree(catalog.packaged_root(), root / "specs")

    def write(self, path: str, text: str) -> None:
        """Write a module of its own."""
        self.touched.add(path)
        (self.root / "flopcalc" / path).write_text(text, encoding="utf-8")

    def insert(self, path: str, after: str, text: str) -> None:
        """Insert a row after the only place where a text stands; at the end of the file where none is given."""
        self.touched.add(path)
        file = self.root / "flopcalc" / path
        old = file.read_text(encoding="utf-8")
        assert not after or old.count(after) == 1, (path, after)
        file.write_text(old.replace(after, after + text) if after else old + text, encoding="utf-8")

    def run(self, *arguments: str, code: int = 0) -> str:
        """Return what the copy prints: on standard output where all is well."""
        environment = {**os.environ, "PYTHONPATH": str(self.root), "COLUMNS": "100"}
        ran = subprocess.run(
            [sys.executable, "-m", "flopcalc", *arguments],
            capture_output=True, text=True, encoding="utf-8", cwd=self.root, env=environment, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        return ran.stderr if code else ran.stdout


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_layer_is_a_class_and_a_row(house: House) -> None:
    house.insert("layers/linear.py", "", LAYER)
    house.insert("layers/__init__.py", "from flopcalc.layers.linear import Einsum, Linear, Matmul", ", Scale")
    house.insert("layers/__init__.py", '    "concat": Primitive(Concat),\n', '    "scale": Primitive(Scale),\n')
    assert len(house.touched) == 2

    network = house.root / "scaled.yaml"
    network.write_text("name: scaled\ninput: [4, 2, 3]\nlayers:\n  - scale\n  - scale: {shared: true}\n")
    totals = json.loads(house.run("./scaled.yaml", "--format", "json"))["totals"]
    assert (totals["params"], totals["madds"]) == (4 + 1, 2 * 24)
    assert "whether all channels share one factor" in house.run("schema")
    assert "scale" in house.run("list", "layers")
    network.write_text("name: scaled\ninput: [4, 2, 3]\nlayers:\n  - scale: {share: true}\n")
    assert "shared" in house.run("./scaled.yaml", code=2)


def test_a_format_is_a_module_and_a_row(house: House) -> None:
    house.write("page/words.py", FORMAT)
    house.insert(
        "page/formats.py",
        '        Format("html", _html, (".html", ".htm")),\n',
        '        Format("words", _words, (".words",)),\n',
    )
    house.insert(
        "page/formats.py",
        "    return page_as_html(page, human=layout.human)\n",
        "\n\ndef _words(page: Page, layout: Layout) -> str:\n"
        "    from flopcalc.page.words import page_as_words\n\n    return page_as_words(page)\n",
    )
    assert len(house.touched) == 2

    for arguments in (["mobilenet_v1"], ["compare", "conv:K=3", "separable_conv:K=3"], ["bound", "mobilenet_v1"]):
        assert "\n" in house.run(*arguments, "--format", "words")
    house.run("mobilenet_v1", "--output", "table.words")
    assert "conv" in (house.root / "table.words").read_text(encoding="utf-8")
    assert "words" in house.run("audit", "--help")
    assert "words" in house.run("mobilenet_v1", "--format", "wrds", code=2)


def test_a_metric_is_a_row(house: House) -> None:
    house.insert("metrics.py", 'spoken=("FLOPs per byte",),\n        ),', METRIC)
    assert len(house.touched) == 1

    totals = json.loads(house.run("mobilenet_v1", "--format", "json"))["totals"]
    ratio = f"{totals['mac'] / totals['params']:.3f}"
    assert ratio in house.run("mobilenet_v1", "--columns", "layer,mac_per_param")
    assert "MAC/param" in house.run("compare", "mobilenet_v1", "mobilenet_v2", "--metrics", "mac_per_param")
    assert "accesses per parameter" in house.run("list", "metrics")
    assert "MAC for each parameter" in house.run("help", "reuse")
    swept = house.run("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "mac_per_param < 9", "--format", "csv")
    assert "mac_per_param" in swept.splitlines()[0]
    assert "mac_per_param" in house.run("compare", "conv", "separable_conv", "--metrics", "no_metric", code=2)


def test_a_command_is_what_it_says_how_it_is_called_and_a_row(house: House) -> None:
    house.write("pages/depth.py", SAYS)
    house.write("cli/depth.py", COMMAND)
    row = '    "depth": ("flopcalc.cli.depth", "Count", "how many layers have weights"),\n'
    house.insert("cli/app.py", "COMMANDS: Mapping[str, tuple[str, str, str]] = {\n", row)
    assert len(house.touched) == 3

    assert house.run("depth", "mobilenet_v1").startswith("layers with weights: 28\n")
    assert json.loads(house.run("depth", "mobilenet_v1", "--format", "json")) == {"depth": 28}
    assert house.run("depth", "mobilenet_v1", "--format", "csv").splitlines() == ["depth", "28"]
    for name in ("tsv", "markdown", "latex", "html"):
        assert "28" in house.run("depth", "mobilenet_v1", "--format", name)
    assert "how many layers have weights" in house.run("--help")
