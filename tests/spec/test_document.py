"""Files that are no specs: every fault has its place, and all are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc.errors import FlopcalcError, Place, Problem, SpecError, UnknownNameError
from flopcalc.spec.document import Document, Wrong, open_document


def opened(folder: Path, text: str) -> Document:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return open_document(str(path), "worksheets", "worksheet")[0]


def test_a_file_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    document = opened(tmp_path, "title: Mine\n")
    found = document.keyed(document.root, "a sheet", ("name", "title"))
    assert document.headings(found) == {"name": "own", "title": "Mine", "source": "", "notes": ""}


def test_all_faults_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    document = opened(tmp_path, "titel: x\nlist: {a: 1}\nmap: [1]\ntext: [1]\n")
    found = document.keyed(document.root, "a sheet", ("title", "list", "map", "text"), ("claims",))
    document.text(found["text"], "text")
    document.entries(found["map"], "map")
    document.items(found["list"], "list")
    with pytest.raises(SpecError) as error:
        document.finish()
    said = [f"{problem.place.line if problem.place else 0} {problem.what}" for problem in error.value.problems]
    assert said == [
        "1 a sheet has no key `titel`",
        "1 a sheet has no `claims`",
        "2 list is a mapping",
        "3 map is a list",
        "4 text is a list",
    ]
    assert "did you mean `title`?" in str(error.value)


def test_an_error_without_a_place_gets_the_nodes_and_others_keep_theirs(tmp_path: Path) -> None:
    document = opened(tmp_path, "a: 1\n")
    document.blame(FlopcalcError(Problem("here"), Problem("there", Place("net.yaml", 7, 1))), document.root)
    assert [problem.place and problem.place.line for problem in document.problems] == [1, 7]


def test_a_spec_is_found_by_name_and_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("name: net\ninput: [C, H, W]\nlayers: [{relu: {}}]\n", encoding="utf-8")
    document = opened(tmp_path, "a: conv\nb: ./net.yaml\nc: conw\n")
    found = document.keyed(document.root, "a sheet", ("a", "b", "c"))
    assert [document.spec(found[key], key).called for key in "ab"] == ["conv", "net"]
    document.attempt(lambda: document.spec(found["c"], "c"))
    assert [problem.place and problem.place.line for problem in document.problems] == [3]
    with pytest.raises(Wrong):
        document.spec(document.root, "a spec")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `mobilenets`"):
        open_document("mobilenet", "worksheets", "worksheet")
