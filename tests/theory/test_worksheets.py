"""Worksheets: every packaged one comes out as expected, and the faults of a user's own are placed."""

from __future__ import annotations

from pathlib import Path

import pytest
from shipped import WORKSHEETS, marked

from flopcalc.errors import FlopcalcError, SpecError, UnknownNameError
from flopcalc.spec import catalog
from flopcalc.theory.worksheets import load_worksheet, mark, worksheet_names

NAMES = (
    "convolutions",
    "coursework",
    "efficientnets",
    "espnets",
    "fbnets",
    "ghostnets",
    "mobilenets",
    "others",
    "resnets",
    "shufflenets",
    "transformers",
)

QUESTIONS = {
    # of the course questions: what is asked, and the answer of the courses
    "parameters has one 5×5×3 filter": "75 + 1",
    "3×3 filter, stride 1": "5",
    "The same with stride 2": "3",
    "10×10 input": "(10 - 3)/2 + 1",
    "AlexNet's first layer": "55",
    "How many elements has its output": "55·55·96",
    "How many parameters has it?": "34,944",
    "How many multiply-adds?": "105,415,200",
    "parameters has VGG-16": "138,357,544",
    "on an image of 224×224": "15,470,264,320",
    "first fully connected layer": "102,764,544",
    "one 5×5 convolution of C channels": "25C²",
    "two 3×3 convolutions": "18C²",
    "Halve H and W": "1",
    "its activations": "1/2",
    "happens to its parameters": "4",
    "bottleneck block": "17HWC^2",
    "basic block": "18HWC^2",
    "separable against": "≈ 0.1131",
    "times fewer": "≈ 8.84",
    "192 to 32 channels": "120,422,400",
    "1×1 convolution to 16 channels": "12,443,648 - 28·28·192·16",
    "64 to 256 channels": "51,380,224",
    "memory access cost": "1,019,904",
    "batch norm": "w + 2C",
    "folded": "w + C",
}


def sheet(tmp_path: Path, text: str) -> str:
    path = tmp_path / "sheet.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


# -- what is packaged ------------------------------------------------------------------------------------------------


def test_there_is_a_worksheet_for_every_family() -> None:
    assert worksheet_names() == NAMES
    assert {entry.name for entry in catalog.index() if entry.kind == "worksheets"} == set(NAMES)


@pytest.mark.parametrize("name", WORKSHEETS)
def test_every_packaged_claim_comes_out_as_expected(name: str) -> None:
    wrong = [
        (exercise.claim.formula, exercise.expected, verdict.outcome) for exercise, verdict in marked(name).unexpected
    ]
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_every_packaged_sheet_says_where_it_is_from_and_why_a_claim_is_wrong(name: str) -> None:
    worksheet = load_worksheet(name)
    assert worksheet.name == name
    assert worksheet.title
    assert worksheet.source
    for exercise in worksheet.exercises:
        if name != "coursework":
            assert exercise.note or exercise.expected == "proved", exercise.claim.formula
        if exercise.expected == "refuted":
            assert exercise.note, exercise.claim.formula


def test_a_packaged_sheet_has_slips_to_refute_beside_what_is_right() -> None:
    for name in NAMES:
        outcomes = {exercise.expected for exercise in load_worksheet(name).exercises}
        assert outcomes == {"proved", "refuted"}, name


def test_the_questions_of_courses_have_the_courses_answers() -> None:
    worksheet = load_worksheet("coursework")
    assert worksheet.title == "Questions that courses ask"
    asked = {exercise.question: exercise.claim.formula for exercise in worksheet.exercises}
    for part, answer in QUESTIONS.items():
        (found,) = [asked[part]] if part in asked else [asked[question] for question in asked if part in question]
        assert found == answer, part


def test_no_claim_stands_twice_in_a_sheet() -> None:
    for name in NAMES:
        claims = [repr(exercise.claim) for exercise in load_worksheet(name).exercises]
        assert len({*claims}) == len(claims), name


# -- a user's own ----------------------------------------------------------------------------------------------------


def test_what_a_claim_does_not_say_is_taken_from_the_defaults(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        """
        title: Mine
        defaults: {of: separable_conv, over: conv, where: {O: N}}
        claims:
          - claim: 1/N + 1/K²
            ask: What is the ratio?
            note: equation 5 over 2
          - claim: K²C + CN
            over:
            metric: params
          - claim: 2K²C
            of: conv
            over: null
            metric: params
            where: K=2, O=1
            expect: refuted
        """,
    )
    worksheet = load_worksheet(path)
    assert (worksheet.name, worksheet.title) == ("sheet", "Mine")
    first, second, third = worksheet.exercises
    assert (first.claim.of, first.claim.over, first.claim.where) == ("separable_conv", "conv", {"O": "N"})
    assert (first.question, first.note, first.expected) == ("What is the ratio?", "equation 5 over 2", "proved")
    assert second.claim.over is None
    assert third.claim.where == {"K": "2", "O": "1"}
    with pytest.raises(SpecError, match="padding"):  # K = 2 has no padding that keeps the side
        mark(worksheet)


def test_a_verdict_that_is_not_expected_is_told(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        """
        defaults: {of: conv}
        claims:
          - claim: HWK²CO
          - claim: 2HWK²CO
          - claim: HWK²CO
            expect: refuted
        """,
    )
    result = mark(load_worksheet(path))
    assert [verdict.outcome for verdict in result.verdicts] == ["proved", "refuted", "proved"]
    assert [exercise.expected for exercise, _ in result.unexpected] == ["proved", "refuted"]


FAULTS = [
    # the sheet, where its fault is, and what is said of it
    ("", "1:1", "the file is empty"),
    ("[1, 2]", "1:1", "the file holds a list"),
    ("title: Mine", "1:1", "a worksheet has no `claims`"),
    ("claims: []", "1:9", "`claims` is empty"),
    ("claims: none", "1:9", "`claims` is `none`"),
    ("claims:\n  - of: conv\n", "2:5", "a claim has no `claim`"),
    ("claims:\n  - C\n", "2:5", "a claim is `C`"),
    ("claims:\n  - claim: [C]\n    of: conv\n", "2:12", "`claim` is a list"),
    ("claims:\n  - claim: C\n    off: conv\n", "3:5", "a claim has no key `off`"),
    ("claim:\n  - claim: C\n", "1:1", "a worksheet has no key `claim`"),
    ("defaults: {expect: refuted}\nclaims:\n  - {claim: C, of: conv}\n", "1:12", "`defaults` has no key `expect`"),
    ("claims:\n  - {claim: C, of: conv, expect: wrong}\n", "2:34", "`expect` cannot be `wrong`"),
    ("claims:\n  - {claim: C, of: conv, exact_rounding: maybe}\n", "2:42", "`exact_rounding` cannot be `maybe`"),
    ("claims:\n  - {claim: C, of: conv, where: [1]}\n", "2:33", "`where` is a list"),
    ("claims:\n  - {claim: C, of: conv, where: {C: [1]}}\n", "2:37", "`C` in `where` is a list"),
    ('claims:\n  - {claim: C, of: conv, where: "K=1,K=2"}\n', "2:33", "`K` is set twice"),
    ("claims:\n  - claim: C\n    claim: C\n    of: conv\n", "3:5", "the key `claim` stands twice"),
    ("claims: !!python/object/apply:os.system [ls]\n", "1:9", "the tag"),
    ("claims: " + "[" * 3000, "1:", "not YAML"),
    ("claims:\n" + "  - {claim: C, of: conv}\n" * 501, "2:3", "there are 501 claims"),
]


@pytest.mark.parametrize(("text", "place", "said"), FAULTS, ids=[row[2][:40] for row in FAULTS])
def test_a_fault_of_a_sheet_has_its_place(tmp_path: Path, text: str, place: str, said: str) -> None:
    with pytest.raises(SpecError) as raised:
        load_worksheet(sheet(tmp_path, text))
    assert any(f":{place}" in f":{problem.place}".replace(":/", "/") for problem in raised.value.problems)
    assert said in str(raised.value)


WRONG_CLAIMS = [
    ("{claim: HWC}", (2, 13), "is a formula, and no spec is named"),
    # a claim, the line and column of its fault, and what is said of it
    ("{claim: HWK²CO(, of: conv}", (2, 20), "the formula ends too soon"),
    ("{claim: HWX, of: conv}", (2, 15), "`X` is no symbol"),
    ('{claim: "HWX", of: conv}', (2, 16), "`X` is no symbol"),
    ("{claim: C, of: cnov}", (2, 13), "there is no spec `cnov`"),
    ("{claim: C, of: conv, metric: paramz}", (2, 13), "there is no metric `paramz`"),
    ("{claim: C, of: conv, where: {Z: 1}}", (2, 13), "conv has no parameter `Z`"),
    ("{claim: C, of: conv, limit: Z}", (2, 13), "which is no free symbol"),
    ("{claim: C, of: conv, assume: foo}", (2, 13), "`foo` is no assumption"),
    ("{claim: B, of: conv, let: {B: K+}}", (2, 13), "the formula ends too soon"),
    ("{claim: C, of: conv, convention: none}", (2, 13), "convention `none`"),
]


@pytest.mark.parametrize(("claim", "place", "said"), WRONG_CLAIMS, ids=[row[2] for row in WRONG_CLAIMS])
def test_a_fault_of_a_claim_has_its_place(tmp_path: Path, claim: str, place: tuple[int, int], said: str) -> None:
    worksheet = load_worksheet(sheet(tmp_path, f"claims:\n  - {claim}\n"))
    with pytest.raises(SpecError) as raised:
        mark(worksheet)
    (problem,) = raised.value.problems
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == place
    assert said in problem.what


def test_the_faults_of_all_claims_are_told_together(tmp_path: Path) -> None:
    text = "defaults: {of: conv}\nclaims:\n  - claim: HWX\n  - claim: HWK²CO\n  - claim: HW(\n"
    with pytest.raises(SpecError) as raised:
        mark(load_worksheet(sheet(tmp_path, text)))
    assert [problem.place.line for problem in raised.value.problems if problem.place] == [3, 5]


def test_a_sheet_that_is_not_there_is_refused_in_words() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `coursework`"):
        load_worksheet("couresework")
    with pytest.raises(UnknownNameError, match="--of SPEC, if it is a formula"):
        load_worksheet("HWC")
    with pytest.raises(FlopcalcError, match="no such file"):
        load_worksheet("none/of/it.yaml")
