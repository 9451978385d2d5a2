"""Results show themselves by writers that stand above them, which are found when they are first needed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import flopcalc
import flopcalc.analysis
from flopcalc.errors import FlopcalcError
from flopcalc.pages.results import RESULTS
from flopcalc.report import Report
from flopcalc.shown import Shown, _nobody
from flopcalc.solving import compound, front
from flopcalc.theory.experiments import load_experiment, run_experiment
from flopcalc.theory.quoted_table import explain_table
from flopcalc.theory.worksheets import load_worksheet, mark

pytestmark = pytest.mark.xdist_group("results that show themselves")
"""In one process, which makes each of them once."""

SHOWN: dict[str, Callable[[], Any]] = {
    "report": lambda: flopcalc.analyze("mobilenet_v1", alpha=0.5),
    "verdict": lambda: flopcalc.verify("17HWC²", "resnet_basic"),
    "worksheet": lambda: mark(load_worksheet("others")),
    "derivation": lambda: flopcalc.derive("g1"),
    "bounds": lambda: flopcalc.bound("resnet18"),
    "audit": lambda: flopcalc.audit("resnet18"),
    "comparison": lambda: flopcalc.compare("conv", "separable_conv"),
    "difference": lambda: flopcalc.diff("resnet18", "resnet18:classes=1000"),
    "conventions": lambda: flopcalc.conventions("resnet18"),
    "explained": lambda: flopcalc.explain("resnet50", "4.1G"),
    "explained_table": lambda: explain_table([("resnet50", "3.86G"), ("resnet101", "7.58G")], {}),
    "experiment": lambda: run_experiment(load_experiment("g1")),
    "solution": lambda: flopcalc.solve("mobilenet_v1", "alpha", flops="150M"),
    "no_solution": lambda: flopcalc.solve("mobilenet_v1", "alpha", flops="1"),
    "front": lambda: front("mobilenet_v1", {"alpha": "0.25:1:0.25"}, "params", flops="500M"),
    "compound": lambda: compound("efficientnet", step="1/10"),
    "swept": lambda: flopcalc.sweep("mobilenet_v1", {"alpha": "0.5:1:0.005"}, metrics=["params", "madds"]),
    "formula": lambda: flopcalc.solve("conv", "C", flops="B", symbols="B"),
}
"""How one of each kind comes about."""


@cache
def made(word: str) -> Any:
    """Return one of a kind, which is worked out once."""
    return SHOWN[word]()


COMMANDS = {
    "report": ("mobilenet_v1", "--alpha", "0.5"),
    "verdict": ("verify", "17HWC²", "--of", "resnet_basic"),
    "worksheet": ("verify", "others"),
    "derivation": ("derive", "g1"),
    "bounds": ("bound", "resnet18"),
    "audit": ("audit", "resnet18"),
    "comparison": ("compare", "conv", "separable_conv"),
    "difference": ("diff", "resnet18", "resnet18:classes=1000"),
    "conventions": ("conventions", "resnet18"),
    "explained": ("explain", "resnet50", "4.1G"),
    "experiment": ("experiment", "g1"),
    "solution": ("solve", "mobilenet_v1", "--for", "alpha", "--flops", "150M"),
}


def kinds(root: type[Shown]) -> set[str]:
    return {word for kind in root.__subclasses__() for word in (kind.shown_as, *kinds(kind))}


def test_every_result_has_its_row_and_is_tried_here() -> None:
    assert kinds(Shown) <= {*RESULTS} == {made(word).shown_as for word in SHOWN}


@pytest.mark.parametrize("word", COMMANDS)
def test_a_result_prints_what_its_command_does(
    word: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    ran = run(*COMMANDS[word])
    assert str(made(word)) + "\n" == ran.out


@pytest.mark.parametrize("word", SHOWN)
def test_a_result_is_one_short_line_to_a_debugger(word: str) -> None:
    result = made(word)
    text = repr(result)
    assert text.startswith(f"<{type(result).__name__} ")
    assert text.endswith(">")
    assert len(text) < 200
    assert "\n" not in text


@pytest.mark.parametrize("word", SHOWN)
def test_a_result_is_json_html_rows_and_a_file(word: str, tmp_path: Path) -> None:
    result = made(word)
    assert json.loads(result.to_json()) == json.loads(json.dumps(result.to_dict()))
    assert result._repr_html_().startswith("<div>")
    assert len(result._repr_html_()) < 100_000
    result.save(tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text(encoding="utf-8")) == json.loads(result.to_json())
    result.save(str(tmp_path / "result.md"))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["result.json", "result.md"]


def test_a_sweep_shows_its_first_rows_and_hands_on_all_of_them() -> None:
    swept = flopcalc.sweep("mobilenet_v1", {"alpha": "0.5:1:0.005"}, metrics=["params", "madds"])
    assert repr(swept) == "<Swept mobilenet_v1: 101 configurations of alpha>"
    assert "And 81 more" in str(swept)
    assert swept._repr_html_().count("<tr") <= 1 + 20
    assert len(swept.to_dict()["rows"]) == 101
    assert sum(len(block) for block in swept) == 101
    assert swept.to_dict()["rows"][-1] == {"alpha": 1, "params": 4231976, "madds": 568740352}
    assert next(swept, None) is None


def test_a_sweep_of_a_list_shows_itself_and_one_that_refuses_says_what_it_left_out() -> None:
    listed = flopcalc.sweep("mobilenet_v1", [{"alpha": 0.5, "rho": 1}, {"alpha": 1, "rho": "4/7"}], metrics="params")
    assert [row["alpha"] for row in listed.to_dict()["rows"]] == ["1/2", 1]
    assert "2 configurations" in str(listed)
    refusing = flopcalc.sweep("mobilenet_v1", {"alpha": "0.01:0.05:0.01"}, metrics="params", skip_refused=True)
    assert "refused and left out" in str(refusing)


def test_a_file_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    result = made("bounds")
    with pytest.raises(FlopcalcError, match=r"no format has files that end in `\.xlsx`"):
        result.save(tmp_path / "bounds.xlsx")
    with pytest.raises(FlopcalcError, match="cannot be written"):
        result.save(tmp_path / "nowhere" / "bounds.csv")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("path", [3, None, b"x.csv", "", "\0", "a\0.csv"])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(FlopcalcError, match="path is "):
        made("bounds").save(path)


@pytest.mark.parametrize("indent", ["x", -1, 2.5, True, 10**9])
def test_what_is_no_indentation_is_refused(indent: Any) -> None:
    with pytest.raises(FlopcalcError, match="indent is "):
        made("bounds").to_json(indent=indent)


def test_a_formula_is_one_in_a_notebook() -> None:
    assert made("formula")._repr_latex_() == r"$\frac{B}{HWK^{2}O}$"
    assert made("report")._repr_latex_() is None


def test_a_result_is_a_data_frame_of_numbers() -> None:
    pytest.importorskip("pandas")
    report = made("report")
    frame = report.to_frame()
    assert frame["flops"].sum() == report.totals.flops
    assert list(frame["path"]) == [row.path for row in report.layers]
    assert flopcalc.analyze("conv").to_frame()["params"][0] == "C*K**2*O"


def test_a_data_frame_needs_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(FlopcalcError, match=r"pip install 'flopcalc\[pandas\]'"):
        made("bounds").to_frame()


def test_a_report_is_shown_as_it_was_asked_for() -> None:
    by_stage = flopcalc.analyze("resnet18", by="stage")
    assert "Stage" in str(by_stage)
    assert [group["name"] for group in by_stage.to_dict()["groups"]] == [group.name for group in by_stage.by("stage")]
    with pytest.raises(FlopcalcError, match="grouping"):
        flopcalc.analyze("resnet18", by="stages")


def test_what_is_packaged_is_listed() -> None:
    assert "mobilenet_v1" in [entry.name for entry in flopcalc.list()]
    assert {entry.kind for entry in flopcalc.list("blocks")} == {"blocks"}
    with pytest.raises(FlopcalcError, match="did you mean `blocks`"):
        flopcalc.list("block")


def test_the_least_of_a_block_is_derived_as_on_the_command_line(ok: Callable[..., str]) -> None:
    question = {"minimize": "mac", "holding": "flops", "over": "C,O"}
    options = [text for name, value in question.items() for text in (f"--{name}", value)]
    derived = flopcalc.derive(of="pointwise_conv", H=7, **question)  # type: ignore[arg-type]
    assert derived.to_dict() == json.loads(
        ok("derive", "--of", "pointwise_conv", "--H", "7", *options, "--format", "json")
    )
    with pytest.raises(FlopcalcError, match="one of both"):
        flopcalc.derive()
    with pytest.raises(FlopcalcError, match="two symbols"):
        flopcalc.derive(of="pointwise_conv", minimize="mac", holding="flops", over="C")


def test_a_report_is_shown_wherever_it_was_imported_from() -> None:
    program = (
        "from flopcalc.analysis import analyze; import sys\n"
        "report = analyze('pointwise_conv', C=2, O=3, H=4, W=4)\n"
        "assert not any(name.startswith('flopcalc.render') for name in sys.modules)\n"
        "print(report.to_dict()['totals']['params'], report.to_json(indent=None)[:10], report._repr_html_()[:4])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert found.stdout.split() == ["6", '{"schema":', "<div"], found.stderr


def test_what_a_report_shows_is_no_part_of_what_it_is() -> None:
    report = flopcalc.analysis.analyze("pointwise_conv", C=2, O=3, H=4, W=4)
    assert isinstance(report, Shown)
    assert "to_dict" not in vars(Report)


def test_a_result_without_writers_says_so() -> None:
    with pytest.raises(LookupError, match="nobody writes results"):
        _nobody()
