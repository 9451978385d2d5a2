"""A wrong file is answered with where, what, what was expected and what to try: all its faults at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import FlopcalcError, analyze

HEAD = "input: [3, 8, 8]\nlayers:\n"

FAULTS: dict[str, tuple[str, list[tuple[int, int, str]]]] = {
    "a misspelled attribute, layer and name, together": (
        f"{HEAD}  - conv: {{out: 32, kernel: 3, group: 2}}\n  - batch_norm\n  - conv: {{out: clases, kernel: 1}}\n",
        [(3, 32, "did you mean `groups`?"), (4, 5, "it is called `norm` here"), (5, 17, "`clases` is not known here")],
    ),
    "a key that stands twice": (f"{HEAD}  - relu\nlayers: []\n", [(4, 1, "stands twice")]),
    "a key that is unknown": (f"title: x\nlayer: []\n{HEAD}  - relu\n", [(2, 1, "did you mean `layers`?")]),
    "`no` for false": (f"{HEAD}  - conv: {{out: 4, kernel: 1, bias: no}}\n", [(3, 37, "write `false`")]),
    "a number that begins with 0": (f"{HEAD}  - conv: {{out: 010, kernel: 1}}\n", [(3, 17, "write 10")]),
    "base 60": (f"{HEAD}  - conv: {{out: 4, kernel: '1:30'}}\n", [(3, 29, "base 60")]),
    "a tab": (f"{HEAD}\t- relu\n", [(3, 1, "spaces for indentation")]),
    "an undefined label": (f"{HEAD}  - relu: {{}}\n    from: inptu\n", [(4, 11, "did you mean `input`?")]),
    "a block that uses itself": (
        "input: [3, 8, 8]\nblocks:\n  a: {layers: [b]}\n  b: {layers: [a]}\nlayers: [a]\n",
        [(4, 16, "uses itself")],
    ),
    "shapes that do not add": (
        f"{HEAD}  - conv: {{out: 4, kernel: 1}}\n  - add: {{}}\n    from: [input, input]\n  - branches:\n"
        "      paths: [[], [{conv: {out: 5, kernel: 1}}]]\n      merge: add\n",
        [(3, 5, "is never used"), (6, 5, "add cannot sum 3×8×8 and 5×8×8")],
    ),
    "maps that do not concatenate": (
        f"{HEAD}  - branches:\n      paths: [[], [{{max_pool: {{kernel: 2}}}}]]\n      merge: concat\n",
        [(3, 5, "concat cannot join")],
    ),
    "channels that do not divide": (f"{HEAD}  - conv: {{out: 4, kernel: 1, groups: 2}}\n", [(3, 5, "do not divide")]),
    "a map that shrinks below 1": (f"{HEAD}  - max_pool: {{kernel: 9}}\n", [(3, 5, "shrinks below 1")]),
    "channels that are not whole": (f"{HEAD}  - conv: {{out: 33 / 2, kernel: 1}}\n", [(3, 17, "not whole")]),
    "a comma that YAML takes": (f"{HEAD}  - conv: {{out: max(4, 2), kernel: 1}}\n", [(3, 20, "must be quoted")]),
    "modifiers under a bare entry": (f"{HEAD}  - relu\n    as: x\n", [(4, 7, "- relu: {}")]),
    "an empty file": ("", [(1, 1, "the file is empty")]),
    "a list": ("- conv\n", [(1, 1, "a mapping")]),
    "a large number for a repeat": (f"{HEAD}  - relu: {{}}\n    repeat: 10**12\n", [(4, 13, "at most 50,000")]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_has_its_place_and_its_cure(name: str, tmp_path: Path) -> None:
    text, expected = FAULTS[name]
    path = tmp_path / "net.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FlopcalcError) as caught:
        analyze(str(path))
    found = {
        (problem.place.line, problem.place.column): str(problem) for problem in caught.value.problems if problem.place
    }
    for line, column, fragment in expected:
        assert (line, column) in found, str(caught.value)
        assert fragment in found[line, column]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"\xff\xfe\x00", b"name: \xe9\n"])
def test_a_binary_file_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    with pytest.raises(FlopcalcError):
        analyze(str(path))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{HEAD}  - relu\n", encoding="utf-8-sig")
    assert len(analyze(str(path)).layers) == 1


def test_a_directory_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(f"{HEAD}  - relu\n", encoding="utf-8")
    with pytest.raises(FlopcalcError, match="it is a directory"):
        analyze(f"{tmp_path}/")
    with pytest.raises(FlopcalcError, match=r"did you mean `net\.yaml`"):
        analyze(f"{tmp_path}/nett.yaml")


def test_the_names_that_are_known_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    names = ["zeta", "beta", "omega", "alpha", "mu", "gamma", "iota", "delta"]
    path = tmp_path / "net.yaml"
    path.write_text(
        "parameters:\n" + "".join(f"  {name}: 1\n" for name in names) + HEAD + "  - conv: {out: nu, kernel: 1}\n"
    )
    with pytest.raises(FlopcalcError) as caught:
        analyze(path)
    assert ", ".join(names) in str(caught.value)
