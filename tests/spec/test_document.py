"""Files that are no specs: every fault has its place, and all are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc.errors import FlopcalcError, Place, Problem, SpecError, UnknownNameError
from flopcalc.spec.document import Document, Wrong
from flopcalc.spec.opening import open_document


def opened(folder: Path, text: str, *known: str, needed: tuple[str, ...] = ()) -> Document:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return open_document(str(path), "worksheet", known, needed)


def test_a_file_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    document = opened(tmp_path, "title: Mine\n", "name", "title")
    assert document.headings() == {"name": "own", "title": "Mine", "source": "", "notes": ""}


def test_all_faults_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    keys = "title", "list", "map", "text"
    document = opened(tmp_path, "titel: x\nlist: {a: 1}\nmap: [1]\ntext: [1]\n", *keys, needed=("claims",))
    found = document.parts
    document.text(found["text"], "text")
    document.entries(found["map"], "map")
    document.items(found["list"], "list")
    with pytest.raises(SpecError) as error:
        document.finish()
    said = [f"{problem.place.line if problem.place else 0} {problem.what}" for problem in error.value.problems]
    assert said == [
        "1 a worksheet has no key `titel`",
        "1 a worksheet has no `claims`",
        "2 list is a mapping",
        "3 map is a list",
        "4 text is a list",
    ]
    assert "did you mean `title`?" in str(error.value)


def test_an_error_without_a_place_gets_the_nodes_and_others_keep_theirs(tmp_path: Path) -> None:
    document = opened(tmp_path, "a: 1\n", "a")
    document.blame(FlopcalcError(Problem("here"), Problem("there", Place("net.yaml", 7, 1))), document.root)
    assert [problem.place and problem.place.line for problem in document.problems] == [1, 7]


def test_a_spec_is_found_by_name_and_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("name: net\ninput: [C, H, W]\nlayers: [{relu: {}}]\n", encoding="utf-8")
    document = opened(tmp_path, "a: conv\nb: ./net.yaml\nc: conw\n", "a", "b", "c")
    found = document.parts
    assert [document.spec(found[key], key).called for key in "ab"] == ["conv", "net"]
    document.attempt(lambda: document.spec(found["c"], "c"))
    assert [problem.place and problem.place.line for problem in document.problems] == [3]
    with pytest.raises(Wrong):
        document.spec(document.root, "a spec")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `mobilenets`"):
        open_document("mobilenet", "worksheet", ())


def test_what_a_file_was_to_be_is_said_where_it_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="expected: an experiment's file"):
        open_document(str(tmp_path / "none.yaml"), "experiment", ())
    (tmp_path / "list.yaml").write_text("[1]\n", encoding="utf-8")
    with pytest.raises(SpecError, match="expected: a mapping, as an experiment is"):
        open_document(str(tmp_path / "list.yaml"), "experiment", ())


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: 2 * hight", "1:8", "there is no `hight`"),
        ("a: '2 * hight'", "1:9", "there is no `hight`"),
        ("a: rond(2)", "1:4", "there is no function `rond`"),
        ("a: height(2)", "1:4", "there is no function `height`"),
        ("a: [2]", "1:4", "a side is a list"),
        ("a: 2 *", "1:", "expected"),
    ],
)
def test_a_fault_in_an_expression_has_its_own_place(text: str, place: str, said: str, tmp_path: Path) -> None:
    document = opened(tmp_path, text + "\n", "a")
    document.expression(document.parts["a"], "a side", ("height",))
    with pytest.raises(SpecError) as error:
        document.finish()
    assert f"own.yaml:{place}" in str(error.value)
    assert said in str(error.value)
