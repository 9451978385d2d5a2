"""Results show themselves by writers that stand above them, which are found when they are first needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import flopcalc.analysis
from flopcalc.render.results import WRITERS
from flopcalc.report import Report
from flopcalc.shown import Shown, _nobody


def kinds(root: type[Shown]) -> set[str]:
    return {word for kind in root.__subclasses__() for word in (kind.shown_as, *kinds(kind))}


def test_every_result_has_its_writers() -> None:
    assert kinds(Shown) == {*WRITERS}


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
    with pytest.raises(LookupError, match="nobody writes a dream"):
        _nobody("dream")
