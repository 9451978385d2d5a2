"""Data classes mean what the standard library's mean."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from collections.abc import Iterator
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import pytest

from flopcalc.dataclass import dataclass, field


class Body:
    """What each of the two makes a class of."""

    first: int
    second: str = "b"
    third: list[int] = field(default_factory=list)
    hidden: int = field(default=4, repr=False)
    aside: int = field(default=5, compare=False)
    named: int = field(default=6, kw_only=True)
    given: int = field(default=7, init=False)
    known: ClassVar[int] = 8

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", self.first + 1)


OPTIONS: list[dict[str, bool]] = [
    {},
    {"slots": True},
    {"frozen": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "eq": False},
    {"frozen": True, "repr": False},
    {"kw_only": True},
    {"eq": False},
]


def both(options: dict[str, bool], bases: tuple[type, ...] = ()) -> Iterator[Any]:
    """Yield the class that each makes of the body."""
    for make in (dataclass, dataclasses.dataclass):
        members = {name: value for name, value in vars(Body).items() if name not in ("__dict__", "__weakref__")}
        yield make(**options)(type("Body", bases, members))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_data_class_is_what_the_standard_library_makes(options: dict[str, bool]) -> None:
    ours, theirs = both(options)
    given = {"first": 1, "second": "c"}
    one, other = ours(**given), theirs(**given)

    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert ours.__match_args__ == theirs.__match_args__
    for name in type(theirs.__dataclass_params__).__slots__:
        assert getattr(ours.__dataclass_params__, name) == getattr(theirs.__dataclass_params__, name), name
    assert dataclasses.asdict(one) == dataclasses.asdict(other) == {
        "first": 2, "second": "c", "third": [], "hidden": 4, "aside": 5, "named": 6, "given": 7,
    }  # fmt: skip
    assert [each.name for each in dataclasses.fields(one)] == [each.name for each in dataclasses.fields(other)]
    if options.get("repr", True):
        assert repr(one) == repr(other)
    assert (one == ours(**given)) is (other == theirs(**given))
    assert (one == ours(**given, aside=9)) is (other == theirs(**given, aside=9))
    assert one != other
    assert (ours.__hash__ is None) is (theirs.__hash__ is None)
    assert hasattr(one, "__dict__") is hasattr(other, "__dict__")
    assert dataclasses.replace(one, second="d").second == dataclasses.replace(other, second="d").second
    assert one.__replace__(second="d").second == "d"
    assert ours.known == 8


@pytest.mark.parametrize("options", [{"frozen": True}, {"frozen": True, "slots": True}], ids=str)
def test_what_is_frozen_keeps_its_fields(options: dict[str, bool]) -> None:
    for made in both(options):
        one = made(1)
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.second = "d"
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.second


def test_wrong_arguments_are_refused_in_the_same_words() -> None:
    @dataclass(frozen=True, slots=True)
    class Pair:
        first: int
        second: int

    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'second'"):
        Pair(1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'third'"):
        Pair(1, 2, third=3)  # type: ignore[call-arg]


def test_fields_of_a_base_come_first_and_have_one_slot() -> None:
    @dataclass(frozen=True, slots=True)
    class Base:
        first: int
        second: int = 2

    @dataclass(frozen=True, slots=True)
    class Derived(Base):
        second: int = 3
        third: int = 4

    one = Derived(1)
    assert (one.first, one.second, one.third) == (1, 3, 4)
    assert Derived.__slots__ == ("third",)  # type: ignore[attr-defined]
    assert one != Base(1, 3)
    assert repr(one).endswith("Derived(first=1, second=3, third=4)")


@pytest.mark.parametrize("frozen", [False, True])
def test_one_of_either_is_a_base_of_the_other_where_both_are_frozen_or_neither(frozen: bool) -> None:
    makes: list[Any] = [dataclass, dataclasses.dataclass]
    for make, other in product(makes, makes):
        base = make(frozen=frozen)(type("Base", (), {"__annotations__": {"first": "int"}}))
        body = type("Derived", (base,), {"__annotations__": {"second": "int"}})
        with pytest.raises(TypeError, match="frozen"):
            other(frozen=not frozen)(body)
        assert repr(other(frozen=frozen)(body)(1, 2)) == "Derived(first=1, second=2)"


def test_a_default_that_all_would_share_is_refused() -> None:
    for make in (dataclass, dataclasses.dataclass):
        body = type("Shared", (), {"__annotations__": {"first": "list[int]"}, "first": []})
        with pytest.raises(ValueError, match="use default_factory"):
            make(body)


def test_an_own_method_stands() -> None:
    @dataclass(frozen=True)
    class Own:
        first: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

        @cached_property
        def twice(self) -> int:
            return 2 * self.first

    assert (Own(1) == 3, hash(Own(1)), repr(Own(1)), Own(1).twice) == (True, 7, "own", 2)


def test_one_that_holds_itself_has_a_representation() -> None:
    @dataclass
    class Loop:
        inner: list[object]

    loop = Loop([])
    loop.inner.append(loop)
    assert repr(loop).endswith("Loop(inner=[...])")


@dataclass(frozen=True, slots=True)
class Kept:
    """One that is pickled."""

    first: int
    second: tuple[int, ...] = ()


def test_it_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, (2,)))) == Kept(1, (2,))


def test_options_that_are_rare_are_the_standard_librarys() -> None:
    @dataclass(frozen=True, order=True)
    class Ordered:
        first: int

    assert Ordered(1) < Ordered(2)
