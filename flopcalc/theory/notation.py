r"""Formulas as books and lecture notes write them: ``17HWC²``, ``HW(2CM/g + 9M)``, ``\frac{1}{O}+\frac{1}{K^2}``.

A text becomes a tree of this module's own, and the tree an exact value; nothing is evaluated by Python or parsed by
sympy. Letters side by side are products, split by the symbols that are known; what can be read in two ways is refused
with both readings. Python's own notation, ``17*H*W*C**2``, is read as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from flopcalc.errors import Excerpt, Fault, FlopcalcError, Problem, one_of, shorten, suggest
from flopcalc.number import Arithmetic, Number, is_rational, normal

__all__ = ["GREEK_SIGNS", "LONGEST_FORMULA", "RELATIONS", "NotationError", "Reading", "Statement", "read_statement"]

LONGEST_FORMULA = 2000
"""Characters that a formula may have."""

DEEPEST_FORMULA = 40
"""How deeply the brackets, fractions and powers of a formula may nest."""

MOST_FACTORS = 2000
"""How many letters, numbers and signs a formula may have."""

RELATIONS: Mapping[str, str] = {
    "=": "=", "==": "=", "≥": ">=", ">=": ">=", "⩾": ">=", "≧": ">=", "≤": "<=", "<=": "<=", "⩽": "<=", "≦": "<=",
    "<": "<", ">": ">", "≈": "≈", "≃": "≈", "≅": "≈", "~": "≈", "∼": "≈", "≐": "≈", "≡": "=",
}  # fmt: skip
"""The signs between two sides, and what each of them means."""

GREEK_SIGNS: Mapping[str, str] = {
    name: sign
    for sign in "αβγδεζηθικλμνξοπρστυφχψω"
    for name in [unicodedata.name(sign).rpartition(" ")[2].lower().replace("lamda", "lambda")]
}
"""The Greek letters by their names."""

_VARIANTS = {"ϕ": "φ", "ϵ": "ε", "ϑ": "θ", "ϱ": "ρ", "µ": "μ", "ς": "σ"}
_COMMANDS: Mapping[str, str] = {
    **{f"var{name}": sign for name, sign in GREEK_SIGNS.items()},
    **GREEK_SIGNS,
    "cdot": "·", "times": "·", "ast": "·", "div": "/", "ge": "≥", "geq": "≥", "geqslant": "≥", "le": "≤", "leq": "≤",
    "leqslant": "≤", "approx": "≈", "simeq": "≈", "sim": "≈", "lt": "<", "gt": ">", "lfloor": "⌊", "rfloor": "⌋",
    "lceil": "⌈", "rceil": "⌉", "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "quad": " ",
    "qquad": " ", "displaystyle": "", "infty": "∞", "lbrace": "(", "rbrace": ")", "%": "%",
}  # fmt: skip
_NAMED = ("mathrm", "text", "mathit", "mathbf", "mathsf", "operatorname", "textit", "textrm")
_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
_PRIME = re.compile(r"(?:['′’ʹ″‴])+|\^\s*\{\s*(?:(?:\\prime(?![A-Za-z])|['′])\s*)+\}|\^\s*\\prime(?![A-Za-z])")
"""Primes behind a symbol; the symbol d′ is called ``d_prime`` in expressions and in JSON."""
_TIMES = "*·×⋅∙•∗"
_OPENING = {"(": ")", "[": "]", "{": "}"}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_LOWERED = {
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
    **dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True)),
}
_UNITS = {"k": 3, "M": 6, "G": 9, "B": 9, "T": 12}
"""What stands behind figures for so many zeros; here these letters are symbols."""
_FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "sqrt": (1, 1), "floor": (1, 1), "ceil": (1, 1), "round": (1, 1), "abs": (1, 1), "min": (1, 9), "max": (1, 9),
    "log": (2, 2),
}  # fmt: skip


class NotationError(FlopcalcError):
    """A formula cannot be read, or can be read in two ways."""


# -- trees -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of a formula: a number, a symbol, or an operation on others, and where it begins in the text."""

    kind: str
    offset: int
    name: str = ""
    value: int | Fraction = 0
    parts: tuple[_Node, ...] = ()


_LEVEL = {"sum": 1, "neg": 2, "mul": 3, "div": 3, "floordiv": 3, "mod": 3, "pow": 5}
_SIGNS = {"div": ("/", "/"), "floordiv": ("//", "//"), "mod": (" mod ", "%")}
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _written(node: _Node, *, python: bool = False) -> str:
    """Write a tree with every product shown and every bracket that it needs: for people, or in Python's notation."""
    if node.kind == "number":
        return node.name.replace("%", "/100") if python else node.name
    if node.kind == "symbol":
        return node.name if python else _shown_symbol(node.name)
    if node.kind == "call":
        return _written_call(node, python=python)

    def part(inner: _Node, least: int) -> str:
        text = _written(inner, python=python)
        level = _LEVEL.get(inner.kind, 6)
        if inner.kind == "number" and not inner.name.replace(".", "").isdigit():
            level = 3
        return text if level >= least else f"({text})"

    if node.kind == "neg":
        return "-" + part(node.parts[0], 3)
    if node.kind == "sum":
        text = part(node.parts[0], 1)
        for term in node.parts[1:]:
            text += " - " + part(term.parts[0], 3) if term.kind == "neg" else " + " + part(term, 2)
        return text
    if node.kind == "mul":
        return ("*" if python else "·").join(part(factor, 4 if _divides(factor) else 3) for factor in node.parts)
    left, right = node.parts
    if node.kind == "pow":
        exponent = _written(right, python=python)
        if not python and right.kind == "number" and exponent.isdigit():
            return part(left, 6) + exponent.translate(_RAISED_DIGITS)
        return part(left, 6) + ("**" if python else "^") + part(right, 6)
    return part(left, 3) + _SIGNS[node.kind][python] + part(right, 4)


def _divides(node: _Node) -> bool:
    return node.kind in _SIGNS or (node.kind == "number" and "/" in node.name)


def _written_call(node: _Node, *, python: bool) -> str:
    inside = ", ".join(_written(part, python=python) for part in node.parts)
    if node.name == "sqrt" and not python:
        return f"√{inside}" if node.parts[0].kind in ("number", "symbol") else f"√({inside})"
    if not python and node.name in ("floor", "ceil"):
        return f"⌊{inside}⌋" if node.name == "floor" else f"⌈{inside}⌉"
    return f"{node.name}({inside})"


def _shown_symbol(name: str) -> str:
    base, bar, index = name.replace("_prime", "′").replace("′′", "″").partition("_")
    letter = base.rstrip("′″")
    return GREEK_SIGNS.get(letter, letter) + base[len(letter) :] + bar + index


@dataclass(frozen=True, slots=True)
class Reading:
    """One side of a statement as it was read.

    Attributes
    ----------
    text : str
        With every product shown: ``17·H·W·C²``.
    python : str
        The same in Python's notation.
    names : tuple of str
        The symbols in it, in the order of the text.
    decimals : int or None
        For a plain number, the digits after its decimal point, percent and a power of ten taken into account (3.8e9:
        -8); None for a formula.
    """

    text: str
    python: str
    names: tuple[str, ...]
    decimals: int | None
    _tree: _Node
    _source: str

    def value(self, symbols: Mapping[str, Number], arithmetic: Arithmetic | None = None) -> Number:
        """Return the exact value, with `symbols` for the names.

        Raises
        ------
        NotationError
            Where there is none: a division by zero, a number too large.
        """
        arithmetic = arithmetic or Arithmetic()
        return _evaluate(self._tree, symbols, arithmetic, self._source)


@dataclass(frozen=True, slots=True)
class Statement:
    """A formula, or a relation between two.

    Attributes
    ----------
    relation : str
        ``=``, ``>=``, ``<=``, ``>``, ``<`` or ``≈``.
    left : Reading or None
        What stands left of the sign; None where the text is one formula alone, or its left side is a label.
    label : str
        The label on the left, where there is one ("MAC" in ``MAC ≥ …``), as it was written.
    right : Reading
    """

    relation: str
    left: Reading | None
    label: str
    right: Reading

    @property
    def text(self) -> str:
        """How it was read, for people."""
        return self._joined(lambda reading: reading.text, {">=": "≥", "<=": "≤"}.get(self.relation, self.relation))

    @property
    def python(self) -> str:
        """How it was read, in Python's notation."""
        return self._joined(lambda reading: reading.python, self.relation)

    def _joined(self, write: Callable[[Reading], str], sign: str) -> str:
        left = write(self.left) if self.left is not None else self.label
        right = write(self.right)
        return right if not left and self.relation == "=" else f"{left} {sign} {right}".strip()


def _evaluate(node: _Node, symbols: Mapping[str, Number], arithmetic: Arithmetic, source: str) -> Number:
    def of(inner: _Node) -> Number:
        return _evaluate(inner, symbols, arithmetic, source)

    if node.kind == "number":
        return node.value
    if node.kind == "symbol":
        return symbols[node.name]
    try:
        if node.kind == "call":
            return _call(node.name, [of(part) for part in node.parts], arithmetic)
        if node.kind == "neg":
            return arithmetic.multiply(-1, of(node.parts[0]))
        if node.kind in ("sum", "mul"):
            combine = arithmetic.add if node.kind == "sum" else arithmetic.multiply
            return reduce(combine, map(of, node.parts))
        operation = {
            "div": arithmetic.divide,
            "floordiv": arithmetic.floor_divide,
            "mod": arithmetic.modulo,
            "pow": arithmetic.power,
        }[node.kind]
        return operation(of(node.parts[0]), of(node.parts[1]))
    except Fault as fault:
        offset = node.parts[1].offset if node.kind in ("div", "floordiv", "mod") else node.offset
        problem = Problem(fault.what, None, fault.expected, fault.hint, Excerpt(source, offset))
        raise NotationError(problem) from None


def _call(name: str, values: list[Number], arithmetic: Arithmetic) -> Number:
    if name == "sqrt":
        return arithmetic.sqrt(values[0])
    if name == "log":
        return arithmetic.log(values[0], values[1])
    if name == "min":
        return arithmetic.smallest(tuple(values))
    if name == "max":
        return arithmetic.largest(tuple(values))
    one: Callable[[Number], Number] = {
        "floor": arithmetic.floor,
        "ceil": arithmetic.ceil,
        "round": arithmetic.round,
        "abs": arithmetic.absolute,
    }[name]
    return one(values[0])


# -- symbols ---------------------------------------------------------------------------------------------------------


def canonical(name: str) -> str:
    """Return a symbol's name in the one form in which spellings are compared: ``c_1`` and ``c1`` are the same.

    Examples
    --------
    >>> canonical("c_1"), canonical("C_in"), canonical("α")
    ('c1', 'C_in', 'alpha')
    """
    by_sign = {sign: word for word, sign in GREEK_SIGNS.items()}
    text = "".join(by_sign.get(character, character) for character in name)
    return re.sub(r"_+(?=\d)", "", text)


def _spellings(names: Iterable[str]) -> dict[str, str]:
    """Return the spellings under which symbols are found in a run of letters, each with the symbol that it means."""
    found: dict[str, str] = {}
    for name in names:
        plain = canonical(name)
        base = re.match(r"[^\W\d_]+", plain)
        found[plain] = found[plain.replace("_prime", "′")] = name
        if base is not None and base[0] in GREEK_SIGNS:
            rest = plain[base.end() :]
            found[GREEK_SIGNS[base[0]] + rest] = found[GREEK_SIGNS[base[0]] + rest.replace("_prime", "′")] = name
    return found


# -- reading ---------------------------------------------------------------------------------------------------------


def read_statement(text: str, symbols: Iterable[str], labels: Iterable[str] = (), *, free: bool = False) -> Statement:
    r"""Read a formula, or a relation between two.

    Parameters
    ----------
    text : str
        In a book's notation, LaTeX's or Python's.
    symbols : iterable of str
        The symbols that are known; runs of letters are split by them.
    labels : iterable of str
        Words that may stand alone left of a relation, upper or lower case, such as ``MAC``.
    free : bool
        Let single letters that are not known be symbols too.

    Raises
    ------
    NotationError
        Where it cannot be read, or can be read in two ways; with a caret under the place.

    Examples
    --------
    >>> read_statement("17HWC^2", "CHW").text
    '17·H·W·C²'
    >>> read_statement(r"MAC \geq 2\sqrt{hwB} + \frac{B}{hw}", "hwB", ["MAC"]).text
    'MAC ≥ 2·√(h·w·B) + B/(h·w)'
    """
    if len(text) > LONGEST_FORMULA:
        raise NotationError(
            Problem(
                f"the formula is {len(text):,} characters long",
                None,
                f"at most {LONGEST_FORMULA:,}",
                "name a part of it with --let",
                Excerpt(text[: LONGEST_FORMULA + 1], LONGEST_FORMULA),
            )
        )
    relations = list(_relations(text))
    if len(relations) > 1:
        raise NotationError(
            Problem("the formula has two relations", None, "one", "", Excerpt(text, relations[1].start()))
        )
    known = tuple(dict.fromkeys(symbols))
    if not relations:
        return Statement("=", None, "", _read(text, 0, len(text), known, free=free))
    match = relations[0]
    relation = RELATIONS.get(match[0], "") or RELATIONS[_COMMANDS[match[0].lstrip("\\")]]
    right = _read(text, match.end(), len(text), known, free=free)
    left = text[: match.start()].strip()
    if not left:
        return Statement(relation, None, "", right)
    word = re.sub(r"\\(?:text|mathrm|operatorname|mathit)\{([^{}]*)\}", r"\1", left).strip("$ ")
    if word.casefold() in {label.casefold() for label in labels} and word not in known:
        return Statement(relation, None, word, right)
    return Statement(relation, _read(text, 0, match.start(), known, free=free), "", right)


def _relations(text: str) -> Iterable[re.Match[str]]:
    signs = "|".join(re.escape(sign) for sign in sorted(RELATIONS, key=len, reverse=True))
    commands = "|".join(name for name, sign in _COMMANDS.items() if sign in RELATIONS)
    return re.finditer(rf"\\(?:{commands})(?![A-Za-z])|{signs}", text)


def _read(text: str, first: int, last: int, known: Sequence[str], *, free: bool) -> Reading:
    reader = _Reader(text, first, last, known, free)
    tree = reader.statement()
    names = tuple(dict.fromkeys(node.name for node in _walk(tree) if node.kind == "symbol"))
    decimals = _decimals(tree)
    return Reading(_written(tree), _written(tree, python=True), names, decimals, tree, text)


def _walk(node: _Node) -> Iterable[_Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _decimals(tree: _Node) -> int | None:
    if tree.kind == "neg":
        return _decimals(tree.parts[0])
    if tree.kind == "mul" and len(tree.parts) == 2:  # 3.8·10⁹
        exponent_of_ten = _power_of_ten(tree.parts[1])
        places = _decimals(tree.parts[0]) if exponent_of_ten is not None else None
        return None if places is None or exponent_of_ten is None else places - exponent_of_ten
    if tree.kind != "number":
        return None
    digits, percent, _ = tree.name.partition("%")
    mantissa, _, exponent = digits.lower().partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0) + (2 if percent else 0)


def _power_of_ten(tree: _Node) -> int | None:
    """Return n for 10^n, and None for anything else."""
    if tree.kind != "pow" or tree.parts[0].kind != "number" or tree.parts[0].value != 10:
        return None
    exponent = tree.parts[1]
    sign, exponent = (-1, exponent.parts[0]) if exponent.kind == "neg" else (1, exponent)
    small = exponent.kind == "number" and type(exponent.value) is int and exponent.value <= 1000
    return sign * int(exponent.value) if small else None


@dataclass(slots=True)
class _Token:
    kind: str
    text: str
    offset: int
    value: int | Fraction = 0
    characters: tuple[tuple[str, int], ...] = ()


class _Reader:
    """Turns one side of a text into a tree, by recursive descent."""

    def __init__(self, text: str, first: int, last: int, known: Sequence[str], free: bool) -> None:
        self.text = text
        self.last = last
        self.known = known
        self.spelt = _spellings(known)
        self.longest = max(map(len, self.spelt), default=1)
        self.free = free
        self.tokens = self.scan(first, last)
        self.position = 0
        self.depth = 0
        self.calls = 0

    def fault(self, what: str, offset: int, expected: str = "", hint: str = "") -> NotationError:
        """Return the error that something is wrong at a place of the text."""
        excerpt = Excerpt(self.text, min(offset, len(self.text))) if self.text.strip() else None
        return NotationError(Problem(what, None, expected, hint, excerpt))

    # -- from characters to tokens -----------------------------------------------------------------------------------

    def scan(self, first: int, last: int) -> list[_Token]:
        tokens: list[_Token] = []
        position = first
        while position < last:
            token, position = self.token(position, last)
            if token is not None:
                tokens.append(token)
            if len(tokens) > MOST_FACTORS:
                raise self.fault("the formula is too long", position, f"at most {MOST_FACTORS:,} factors and signs")
        tokens.append(_Token("end", "", last))
        return tokens

    def token(self, position: int, last: int) -> tuple[_Token | None, int]:
        """Return the token at a position and where the next one begins; None for what only makes room."""
        character = self.text[position]
        if character.isspace() or character in "$&":
            return None, position + 1
        if character.isascii() and (character.isdigit() or character == "."):
            return self.number(position, last)
        if character in _RAISED:
            end = position
            while end < last and self.text[end] in _RAISED:
                end += 1
            return _Token("raised", "".join(_RAISED[raised] for raised in self.text[position:end]), position), end
        if character == "\\":
            return self.command(position, last)
        if self.letter(character):
            return self.run(position, last)
        if character == "*" and self.text[position : position + 2] == "**":
            return _Token("^", "**", position), position + 2
        if character == "/" and self.text[position : position + 2] == "//":
            return _Token("//", "//", position), position + 2
        if character in _TIMES:
            return _Token("*", character, position), position + 1
        if character in "/÷∕⁄":
            return _Token("/", character, position), position + 1
        if character in "-−–":
            return _Token("-", character, position), position + 1
        if character in "+^,%()[]{}√⌊⌋⌈⌉":
            return _Token(character, character, position), position + 1
        if unicodedata.category(character) == "No" and unicodedata.decomposition(character).startswith("<fraction>"):
            value = Fraction(unicodedata.normalize("NFKC", character).replace("⁄", "/"))
            return _Token("number", str(value), position, value), position + 1
        if character == "_":
            raise self.fault("an index follows no symbol", position, "a letter before it, as in C_in")
        if character == "∞":
            raise self.fault("∞ is no number", position, "a formula", "--limit O=oo for what holds in the limit")
        if character in "'′":
            raise self.fault("a prime follows no symbol", position, "a letter before it, as in d'")
        raise self.fault(
            f"`{shorten(character)}` has no meaning in a formula",
            position,
            "numbers, symbols, + - · / ^ ( )",
            "a metric's name is followed by =" if character == ":" else "",
        )

    def number(self, position: int, last: int) -> tuple[_Token, int]:
        grouped = re.compile(r"\d{1,3}(?:(?:,|\{,\}|_)\d{3})+(?!\d)(?:\.\d+)?").match(self.text, position, last)
        match = grouped if grouped is not None and not self.inside_call(position) else None
        match = match or re.compile(r"\d[\d_]*(?:\.\d*)?|\.\d+").match(self.text, position, last)
        if match is None:
            raise self.fault("a point stands alone", position, "a number such as 0.5")
        end = match.end()
        digits = re.sub(r"[,{}_]", "", match[0])
        exponent = re.compile(r"[eE][+-]?\d{1,4}(?![\w.])").match(self.text, end, last)
        if exponent is not None and exponent[0] in self.spelt:  # as the e₃ of a fire module
            shown = f"{digits}·{_shown_symbol(self.spelt[exponent[0]])} or {digits}·10^{exponent[0][1:]}"
            what = f"`{digits}{exponent[0]}` can be read in two ways"
            raise self.fault(what, position, shown, "write · between the factors, or the power of ten")
        if exponent is not None and exponent[0][0] not in self.spelt:
            digits, end = digits + exponent[0], exponent.end()
            if abs(int(exponent[0][1:])) > 1000:
                raise self.fault(f"{digits} is too large or too small", position, "at most 1000 digits")
        if end < last and self.text[end] == ".":
            raise self.fault("a number has two decimal points", end, "one")
        value = normal(Fraction(digits))
        assert is_rational(value)
        return _Token("number", digits, position, value), end

    def inside_call(self, position: int) -> bool:
        """Tell whether a comma here would stand between the arguments of a function."""
        depth = 0
        for index in range(position - 1, -1, -1):
            character = self.text[index]
            if character in ")]":
                depth += 1
            elif character in "([":
                depth -= 1
                if depth < 0:
                    word = re.search(r"[A-Za-z]+\s*$", self.text[:index])
                    return word is not None and word[0].strip() in _FUNCTIONS
        return False

    def letter(self, character: str) -> bool:
        return character.isalpha() and character not in "ªº" and character not in _LOWERED

    def run(self, position: int, last: int) -> tuple[_Token, int]:
        """Gather letters with their indices: what stands side by side until another sign."""
        characters: list[tuple[str, int]] = []
        while position < last:
            character = self.text[position]
            if self.letter(character):
                plain = _VARIANTS.get(character, unicodedata.normalize("NFKC", character))
                characters += [(part, position) for part in plain]
                position += 1
            elif character.isascii() and character.isdigit() and characters:
                characters.append((character, position))
                position += 1
            elif character in _LOWERED:
                if _LOWERED[character].isalpha() and self.text[position - 1] not in _LOWERED:
                    characters.append(("_", position))
                characters.append((_LOWERED[character], position))
                position += 1
            elif character == "_":
                added, position = self.index(position, last)
                characters += added
            elif characters and (primes := _PRIME.match(self.text, position, last)):
                marks = sum({"″": 2, "‴": 3}.get(mark, 1) for mark in re.findall(r"\\prime|['′’ʹ″‴]", primes[0]))
                characters += [("′", position)] * marks
                position = primes.end()
            elif character == "\\":
                match = re.compile(r"\\([A-Za-z]+)").match(self.text, position, last)
                sign = _COMMANDS.get(match[1], "") if match else ""
                if match is None or sign not in GREEK_SIGNS.values():
                    break
                characters.append((sign, position))
                position = match.end()
                while position < last and self.text[position] == " ":
                    position += 1
            else:
                break
        text = "".join(character for character, _ in characters)
        return _Token("run", text, characters[0][1], characters=tuple(characters)), position

    def index(self, position: int, last: int) -> tuple[list[tuple[str, int]], int]:
        """Return the characters of an index that begins with ``_``, and where it ends."""
        start = position + 1
        upright = re.compile(r"\\(?:mathrm|text|textrm|mathit)\s*\{\s*(\w+)\s*\}").match(self.text, start, last)
        if upright is not None:
            inside, first, after = upright[1], upright.start(1), upright.end()
        elif start < last and self.text[start] == "{":
            end = self.text.find("}", start, last)
            if end < 0:
                raise self.fault("the { of an index is not closed", start, "}")
            inside, first, after = self.text[start + 1 : end], start + 1, end + 1
            named = re.fullmatch(r"\s*\\(?:mathrm|text|mathit)\s*\{?\s*(\w+)\s*", inside)
            if named:
                inside, first = named[1], first + named.start(1)
                after += 1 if self.text[end + 1 : end + 2] == "}" else 0
        else:
            match = re.compile(r"\\[A-Za-z]+|\w+?(?=_|\W|[⁰¹²³⁴-⁹⁻]|$)|\w").match(self.text, start, last)
            if match is None:
                raise self.fault("an index is empty", position, "letters or digits, as in C_in or c_1")
            inside, first, after = match[0], start, match.end()
            if inside[0].isdigit():
                inside = (re.match(r"\d+", inside) or [inside])[0]
                after = start + len(inside)
        if inside.startswith("\\"):
            inside = _COMMANDS.get(inside[1:], inside)
        inside = inside.strip()
        if not inside or not all(character.isalnum() for character in inside.replace(",", "").replace("_", "")):
            raise self.fault("an index holds more than letters and digits", position, "C_in, c_1")
        inside = inside.replace(",", "_")
        bar = [] if inside[0].isdigit() else [("_", position)]
        return bar + [(character, first) for character in inside], after

    def command(self, position: int, last: int) -> tuple[_Token | None, int]:
        r"""Read what begins with a backslash: ``\frac``, ``\cdot``, ``\alpha``, or mere room."""
        match = re.compile(r"\\([A-Za-z]+|.)").match(self.text, position, last)
        if match is None:
            raise self.fault("a backslash ends the formula", position, r"a command such as \frac or \alpha")
        word, end = match[1], match.end()
        if word in (*_FRACTIONS, "sqrt"):
            return _Token("frac" if word != "sqrt" else "\\sqrt", word, position), end
        if word in ("min", "max", "log"):
            return _Token("run", word, position, characters=tuple((letter, position) for letter in word)), end
        if word in _NAMED:
            named = re.compile(r"\s*\{\s*([^{}]*?)\s*\}").match(self.text, end, last)
            if named is None or not re.fullmatch(r"\w+", named[1]):
                raise self.fault(f"\\{word} holds no name", position, f"\\{word}{{C}}")
            token, after = self.run(named.start(1), named.end(1))
            if named.end() < last and self.text[named.end()] == "_":
                added, after = self.index(named.end(), last)
                both = (*token.characters, *added)
                return _Token("run", "".join(c for c, _ in both), token.offset, characters=both), after
            return token, named.end()
        if word in _COMMANDS:
            sign = _COMMANDS[word]
            if sign in GREEK_SIGNS.values():
                return self.run(position, last)
            kind = {"·": "*"}.get(sign, sign)
            return (_Token(kind, word, position) if kind.strip() else None), end
        if word in ",;:! .":
            return None, end
        if word in "{}|":
            return _Token({"{": "(", "}": ")"}.get(word, word), word, position), end
        raise self.fault(
            f"the command \\{shorten(word)} is not known", position, r"\frac, \sqrt, \cdot, \times, \left( …"
        )

    # -- from tokens to a tree ---------------------------------------------------------------------------------------

    @property
    def next(self) -> _Token:
        return self.tokens[self.position]

    def take(self) -> _Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def statement(self) -> _Node:
        if self.next.kind == "end":
            raise self.fault("there is no formula", self.next.offset, "a formula such as 17HWC^2")
        tree = self.sum()
        if self.next.kind != "end":
            raise self.stray(self.next)
        return tree

    def stray(self, token: _Token) -> NotationError:
        if token.kind in (")", "]", "}", "⌋", "⌉"):
            return self.fault(f"`{token.text}` closes nothing", token.offset, "an opening bracket before it")
        if token.kind == ",":
            return self.fault(
                "a comma stands outside a function", token.offset, "one formula", "0.5 is written with a point"
            )
        if token.kind == "end":
            return self.fault("the formula ends too soon", token.offset, "a number, a symbol or a bracket")
        return self.fault(
            f"`{shorten(token.text)}` is not expected here", token.offset, "a number, a symbol or a bracket"
        )

    def sum(self) -> _Node:
        self.depth += 1
        if self.depth > DEEPEST_FORMULA:
            raise self.fault("the formula is nested too deeply", self.next.offset, f"at most {DEEPEST_FORMULA} levels")
        terms = [self.signed(self.term)]
        while self.next.kind in ("+", "-"):
            sign = self.take()
            term = self.signed(self.term)
            terms.append(_Node("neg", sign.offset, parts=(term,)) if sign.kind == "-" else term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else _Node("sum", terms[0].offset, parts=tuple(terms))

    def signed(self, read: Callable[[], _Node]) -> _Node:
        if self.next.kind in ("+", "-"):
            sign = self.take()
            if self.next.kind in ("+", "-"):
                raise self.fault("two signs stand side by side", self.next.offset, "one, or brackets between them")
            node = read()
            return _Node("neg", sign.offset, parts=(node,)) if sign.kind == "-" else node
        return read()

    def term(self) -> _Node:
        """Read factors: side by side, or with a sign between."""
        node = self.factors()
        divisions = 0
        while True:
            token = self.next
            divisions += token.kind in ("/", "//", "%")
            if divisions > DEEPEST_FORMULA:
                raise self.fault(
                    "the formula divides too often", token.offset, f"at most {DEEPEST_FORMULA} times in one term"
                )
            if token.kind == "*":
                self.take()
                node = _joined([node, self.signed(self.factors)])
            elif token.kind in ("/", "//") or (token.kind == "%" and self.begins(self.tokens[self.position + 1])):
                self.take()
                first = self.position
                factors = self.factor_list(self.signed(self.factor))
                if len(factors) > 1:
                    raise self.divided_twice(node, token, factors, first)
                kind = {"/": "div", "//": "floordiv", "%": "mod"}[token.kind]
                node = _Node(kind, token.offset, parts=(node, factors[0]))
            else:
                return node

    def divided_twice(self, top: _Node, sign: _Token, factors: Sequence[_Node], first: int) -> NotationError:
        """Refuse a division before a product without a sign: it may divide by the first factor or by all."""
        by_the_first = _joined([_Node("div", 0, parts=(top, factors[0])), *factors[1:]])
        by_all = _Node("div", 0, parts=(top, _joined(factors)))
        return self.fault(
            f"`{sign.text}` stands before a product without a sign, which can be read in two ways",
            self.tokens[first].offset,
            f"{_written(by_the_first)} or {_written(by_all)}",
            "write the brackets",
        )

    def factors(self) -> _Node:
        return _joined(self.factor_list(self.factor()))

    def factor_list(self, first: _Node) -> list[_Node]:
        """Return a factor, and those that follow it without a sign between."""
        factors = _product_parts(first)
        while self.begins(self.next):
            if self.next.kind == "number" and self.tokens[self.position + 1].kind not in ("^", "raised"):
                raise self.fault(
                    f"the number {self.next.text} stands behind a factor",
                    self.next.offset,
                    "numbers first, as in 2C, or a sign between",
                    f"a power is written C^{self.next.text}",
                )
            factors += _product_parts(self.factor())
        return factors

    def begins(self, token: _Token) -> bool:
        """Tell whether a token begins a factor."""
        return token.kind in ("number", "run", "(", "[", "{", "√", "frac", "\\sqrt", "⌊", "⌈")

    def factor(self) -> _Node:
        """Read what a power may be raised of, and its power; of several letters the last one has it."""
        nodes = self.atom()
        token = self.next
        if token.kind == "raised":
            self.take()
            digits = re.fullmatch(r"[-+]?\d{1,6}", token.text)
            if digits is None:
                raise self.fault("the raised digits are no number", token.offset, "an exponent such as ² or ⁻¹")
            exponent = _Node("number", token.offset, str(int(token.text)), int(token.text))
            if exponent.value < 0:
                positive = _Node("number", token.offset, str(-exponent.value), -exponent.value)
                exponent = _Node("neg", token.offset, parts=(positive,))
            nodes[-1] = _Node("pow", nodes[-1].offset, parts=(nodes[-1], exponent))
        elif token.kind == "^":
            self.take()
            nodes[-1] = _Node("pow", nodes[-1].offset, parts=(nodes[-1], self.exponent()))
        if self.next.kind in ("raised", "^"):
            raise self.fault("a power has a power", self.next.offset, "brackets around one of them")
        if self.next.kind == "%" and not self.begins(self.tokens[self.position + 1]):
            percent = self.take()
            if len(nodes) != 1 or nodes[0].kind != "number":
                raise self.fault("% follows no number", percent.offset, "a number such as 93.4%")
            value = normal(nodes[0].value / Fraction(100))
            assert is_rational(value)
            nodes[0] = _Node("number", nodes[0].offset, f"{nodes[0].name}%", value)
        return nodes[0] if len(nodes) == 1 else _Node("product", nodes[0].offset, parts=tuple(nodes))

    def exponent(self) -> _Node:
        sign = self.take() if self.next.kind in ("+", "-") else None
        token = self.next
        if not self.begins(token):
            raise self.stray(token)
        nodes = self.atom()
        if len(nodes) > 1:
            raise self.fault(
                f"the exponent `{token.text}` can be read in two ways",
                token.offset,
                f"{_written(nodes[0])} alone, or {_written(_joined(nodes))}",
                "write brackets around it",
            )
        node = nodes[0]
        if self.next.kind == "^" and token.kind != "end":
            self.take()
            self.depth += 1
            if self.depth > DEEPEST_FORMULA:
                raise self.fault("powers are nested too deeply", token.offset, f"at most {DEEPEST_FORMULA} levels")
            node = _Node("pow", node.offset, parts=(node, self.exponent()))
            self.depth -= 1
        return _Node("neg", sign.offset, parts=(node,)) if sign is not None and sign.kind == "-" else node

    def atom(self) -> list[_Node]:
        """Read a number, the symbols of a run, a bracket, a fraction, a root or a function."""
        token = self.take()
        if token.kind == "number":
            return [_Node("number", token.offset, token.text, token.value)]
        if token.kind == "run":
            return self.symbols(token)
        if token.kind in _OPENING:
            return [self.bracket(token)]
        if token.kind in "⌊⌈" and token.kind:
            closing = "⌋" if token.kind == "⌊" else "⌉"
            node = self.sum()
            if self.next.kind != closing:
                raise self.fault(f"`{token.text}` is not closed", token.offset, closing)
            self.take()
            return [_Node("call", token.offset, "floor" if closing == "⌋" else "ceil", parts=(node,))]
        if token.kind == "frac":
            top, bottom = self.argument(token), self.argument(token)
            return [_Node("div", token.offset, parts=(top, bottom))]
        if token.kind == "\\sqrt":
            if self.next.kind == "[":
                degree = self.bracket(self.take())
                one = _Node("number", token.offset, "1", 1)
                power = _Node("div", token.offset, parts=(one, degree))
                return [_Node("pow", token.offset, parts=(self.argument(token), power))]
            return [_Node("call", token.offset, "sqrt", parts=(self.argument(token),))]
        if token.kind == "√":
            return self.root(token)
        raise self.stray(token)

    def root(self, token: _Token) -> list[_Node]:
        """Read what stands below √: a bracket, a number, or one symbol; a run of several can be read in two ways."""
        if not self.begins(self.next):
            raise self.stray(self.next)
        start = self.next
        self.depth += 1
        if self.depth > DEEPEST_FORMULA:
            raise self.fault("roots are nested too deeply", start.offset, f"at most {DEEPEST_FORMULA} levels")
        inside = self.atom()
        self.depth -= 1
        if len(inside) > 1:
            whole = _Node("call", 0, "sqrt", parts=(_joined(inside),))
            first = _Node("call", 0, "sqrt", parts=(inside[0],))
            several = "·".join([_written(first), *(_written(n) for n in inside[1:])])
            raise self.fault(
                f"what `√{start.text}` is the root of can be read in two ways",
                start.offset,
                f"{_written(whole)} or {several}",
                "write brackets around it",
            )
        if self.next.kind == "raised" and start.kind != "(":
            raise self.fault("a power below √ can be read in two ways", self.next.offset, "brackets around it")
        return [_Node("call", token.offset, "sqrt", parts=(inside[0],))]

    def argument(self, command: _Token) -> _Node:
        r"""Read an argument of ``\frac`` or ``\sqrt``: a group in braces, or a single sign."""
        token = self.next
        if token.kind == "{":
            return self.bracket(self.take())
        if not self.begins(token) or token.kind in "([":
            raise self.fault(f"\\{command.text} lacks an argument", token.offset, "{…}")
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            digit, rest = token.text[0], token.text[1:]  # TeX takes one digit: \\frac12 is a half
            self.tokens[self.position] = _Token("number", rest, token.offset + 1, int(rest))
            return _Node("number", token.offset, digit, int(digit))
        nodes = self.atom()
        if len(nodes) > 1:
            raise self.fault(
                f"an argument of \\{command.text} stands without braces", token.offset, f"{{{token.text}}}"
            )
        return nodes[0]

    def bracket(self, opening: _Token) -> _Node:
        closing = _OPENING[opening.kind]
        node = self.sum()
        if self.next.kind != closing:
            if self.next.kind in (")", "]", "}"):
                raise self.fault(f"`{self.next.text}` closes `{opening.text}`", self.next.offset, closing)
            if self.next.kind == ",":
                raise self.stray(self.next)
            if self.next.kind != "end":
                raise self.stray(self.next)
            raise self.fault(f"`{opening.text}` is not closed", opening.offset, closing)
        self.take()
        return node

    # -- runs of letters ---------------------------------------------------------------------------------------------

    def symbols(self, run: _Token) -> list[_Node]:
        """Split a run of letters into the symbols that are known, or read a function."""
        word = run.text
        if word in _FUNCTIONS and self.next.kind == "(" and word not in self.spelt:
            return [self.call(run)]
        splits = self.splits(word)
        if len(splits) > 1:
            shown = ["·".join(_shown_symbol(self.spelt[part]) for part in split) for split in splits[:2]]
            raise self.fault(
                f"`{shorten(word)}` can be read in two ways",
                run.offset,
                f"{shown[0]} or {shown[1]}",
                "write · between the factors",
            )
        if splits:
            nodes, position = [], 0
            for part in splits[0]:
                nodes.append(_Node("symbol", run.characters[position][1], self.spelt.get(part, part)))
                position += len(part)
            return nodes
        raise self.unknown(run)

    def splits(self, word: str) -> list[tuple[str, ...]]:
        """Return the ways to split a run into known symbols, the one with the longest symbols first; two at the most.

        A symbol does not end before a digit or an index, which would be cut off.
        """
        count = len(word)
        ways: list[list[tuple[str, ...]]] = [[] for _ in range(count + 1)]
        ways[count] = [()]
        for start in range(count - 1, -1, -1):
            found: list[tuple[str, ...]] = []
            for end in range(min(count, start + self.longest), start, -1):
                part = word[start:end]
                cut = end < count and (word[end] in "_′" or word[end].isdigit())
                if cut or not ways[end]:
                    continue
                if part in self.spelt or (self.free and _is_free(part)):
                    found += [(part, *rest) for rest in ways[end]]
            ways[start] = found[:2]
        for split in ways[0]:
            for part in split:
                self.spelt.setdefault(part, part.replace("′", "_prime"))
        return ways[0]

    def unknown(self, run: _Token) -> NotationError:
        """Say which part of a run is no known symbol."""
        word = run.text
        reach = 0
        reachable = {0}
        for start in range(len(word)):
            if start in reachable:
                for end in range(start + 1, min(len(word), start + self.longest) + 1):
                    cut = end < len(word) and (word[end] in "_′" or word[end].isdigit())
                    if word[start:end] in self.spelt and not cut:
                        reachable.add(end)
        reach = max(reachable)
        rest = word[reach:] or word
        offset = run.characters[reach if word[reach:] else 0][1]
        match = re.match(r"([^\W\d_]+?)(\d+)(?!\w*_)", rest)
        shown = _joined_names(self.known)
        expected = one_of(shown) if shown else "a formula of numbers alone"
        if match is not None and match[1] in self.spelt:
            return self.fault(
                f"`{match[0]}` is no symbol that is known here",
                offset,
                expected,
                f"a power is written {match[1]}^{match[2]}, a product {match[2]}{match[1]}",
            )
        first = re.match(r"[^\W\d_](?:_\w+|\d+)?′*", rest)
        primed = first is not None and first[0].endswith("′")
        name = first[0] if first is not None and (primed or rest[:1] not in self.spelt) else rest
        if len(rest) > 1 and rest.casefold() in {known.casefold() for known in self.known}:
            name = rest
        hint = ""
        other = name.swapcase()
        if other in self.spelt:
            hint = f"symbols are case-sensitive: `{other}` is known"
        elif len(rest) > 2:
            hint = suggest(rest, self.known)
        before = self.tokens[self.position - 2] if self.position > 1 else None
        if name[0] == "x":
            hint = "a product is written C·M, C*M or CM"
        elif before is not None and before.kind == "number" and name in _UNITS:
            hint = f"with a unit the number is {before.text}e{_UNITS[name]}"
        if primed:
            hint = f"--where gives a symbol of the spec this name: H={name}"
        return self.fault(
            f"`{shorten(name)}` is no symbol that is known here",
            offset,
            expected,
            hint or f"--let {shorten(name, 20)}=… gives it a meaning, --where renames the spec's symbols",
        )

    def call(self, run: _Token) -> _Node:
        opening = self.take()
        parts = [self.sum()]
        while self.next.kind == ",":
            self.take()
            parts.append(self.sum())
        if self.next.kind != ")":
            raise self.fault("`(` is not closed", opening.offset, ")")
        self.take()
        least, most = _FUNCTIONS[run.text]
        if not least <= len(parts) <= most:
            expected = str(least) if least == most else f"{least} to {most}"
            raise self.fault(f"{run.text} is given {len(parts)} values", run.offset, expected)
        return _Node("call", run.offset, run.text, parts=tuple(parts))


def _is_free(part: str) -> bool:
    return re.fullmatch(r"[^\W\d_](?:_\w+|\d*)′*", part) is not None


def _joined_names(names: Sequence[str]) -> list[str]:
    return [_shown_symbol(name) for name in names]


def _product_parts(node: _Node) -> list[_Node]:
    return list(node.parts) if node.kind == "product" else [node]


def _joined(nodes: Sequence[_Node]) -> _Node:
    """Return the product of factors, those of products among them side by side with the others."""
    factors = [part for node in nodes for part in (node.parts if node.kind == "mul" else (node,))]
    return factors[0] if len(factors) == 1 else _Node("mul", factors[0].offset, parts=tuple(factors))
