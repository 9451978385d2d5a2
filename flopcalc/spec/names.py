"""What an expression may read at some point of a file: values, functions, and bare words."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Container, Iterable, Iterator
from typing import Any

from flopcalc.dataclass import dataclass, field
from flopcalc.expression import AMBIGUOUS, FUNCTIONS, OF_MAP, RUNNING

__all__ = ["ANY_CHOICE", "ANY_WORD", "VALUE", "AnyWord", "Names"]

VALUE = -1
"""The kind of a name that is a value; a function's is how many values it takes."""

HIDDEN = -2
_BARE_WORD = re.compile(r"(?!0[xXoObB]|\d[\d_]*(?:[eE]\d*)?[jJ]?$)\w+")
_CHOICE_WORD = re.compile(r"(?!0[xXoObB]|\d[\d_.]*(?:[eE][+-]?\d*)?[jJ]?$)(?=.*[^\W\d_])\w[\w.+-]*")


class AnyWord(Container[str]):
    """Every bare word is a value: the cells of tables and data, and with a pattern of their own the choices."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern

    def __contains__(self, item: object) -> bool:
        return isinstance(item, str) and item not in AMBIGUOUS and self.pattern.fullmatch(item) is not None

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 1


ANY_WORD: Any = AnyWord(_BARE_WORD)
ANY_CHOICE: Any = AnyWord(_CHOICE_WORD)


@dataclass
class Names:
    """What an expression may read at some point of the file."""

    kinds: ChainMap[str, int] = field(default_factory=ChainMap)
    """Names, innermost first: how many values a function takes, or that it is a value, or is not seen."""
    running: bool = True
    turn: bool = False
    in_layers: bool = False

    def extended(self, values: Iterable[str], *, turn: bool | None = None) -> Names:
        """Return the names with more values, and perhaps the turn of a repeat."""
        inner = self.kinds.new_child(dict.fromkeys(values, VALUE))
        return Names(inner, self.running, self.turn if turn is None else turn, self.in_layers)

    def without(self, name: str) -> Names:
        """Return the names but for one."""
        return Names(self.kinds.new_child({name: HIDDEN}), self.running, False, self.in_layers)

    def kind(self, name: str) -> int:
        """Tell what a name is: a value, a function of so many values, or not seen."""
        for names in self.kinds.maps:
            if name in names:
                return names[name]
        running = self.running and (name in RUNNING or (name.removeprefix("map.") in OF_MAP and "." in name))
        return VALUE if running or (self.turn and name == "i") else HIDDEN

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.kind(name) == VALUE

    def __iter__(self) -> Iterator[str]:
        for names in self.kinds.maps:
            yield from (name for name in names if self.kind(name) == VALUE)
        yield from (name for name in (*RUNNING, "i") if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def functions(self) -> list[str]:
        """Return the names of all functions, the built-in ones first."""
        return [*FUNCTIONS, *(name for name in self.kinds if self.kind(name) >= 0)]
