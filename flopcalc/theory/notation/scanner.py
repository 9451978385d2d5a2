"""From characters to tokens: numbers with their units, runs of letters with their indices, signs and commands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from flopcalc.dataclass import dataclass
from flopcalc.errors import shorten
from flopcalc.theory.notation.errors import NotationError, fault
from flopcalc.theory.notation.symbols import GREEK_SIGNS, shown_symbol
from flopcalc.theory.notation.tree import FUNCTIONS
from flopcalc.units import DTYPE_WORDS, DTYPES, SCALES, UNITS, any_of, figure

__all__ = ["COMMANDS", "MOST_FACTORS", "OPENING", "Scanner", "Token"]

MOST_FACTORS = 2000
"""How many letters, numbers and signs a formula may have."""

OPENING = {"(": ")", "[": "]", "{": "}"}
"""The brackets, each with the one that closes it."""

_VARIANTS = {"ϕ": "φ", "ϵ": "ε", "ϑ": "θ", "ϱ": "ρ", "µ": "μ", "ς": "σ"}
COMMANDS: Mapping[str, str] = {
    **{f"var{name}": sign for name, sign in GREEK_SIGNS.items()},
    **GREEK_SIGNS,
    "cdot": "·", "times": "·", "ast": "·", "div": "/", "ge": "≥", "geq": "≥", "geqslant": "≥", "le": "≤", "leq": "≤",
    "leqslant": "≤", "approx": "≈", "simeq": "≈", "sim": "≈", "lt": "<", "gt": ">", "equiv": "=", "propto": "∝",
    "in": "∈", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "left": "", "right": "", "big": "", "Big": "",
    "bigl": "", "bigr": "", "Bigl": "", "Bigr": "", "bigg": "", "Bigg": "", "biggl": "", "biggr": "", "Biggl": "",
    "Biggr": "", "quad": " ", "qquad": " ", "displaystyle": "", "textstyle": "", "limits": "", "nolimits": "",
    "infty": "∞", "lbrace": "(", "rbrace": ")", "lbrack": "[", "rbrack": "]", "sum": "∑", "prod": "∏",
    "bmod": "%", "mod": "%",
}  # fmt: skip
"""The commands of LaTeX that stand for a sign, or for nothing."""

NAMED = ("mathrm", "text", "mathit", "mathbf", "mathsf", "mathtt", "operatorname", "textit", "textrm", "textbf")
"""Commands whose braces hold a name."""

_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac")
_PRIME = re.compile(r"(?:['′’ʹ″‴])+|\^\s*\{\s*(?:(?:\\prime(?![A-Za-z])|['′])\s*)+\}|\^\s*\\prime(?![A-Za-z])")
"""Primes behind a symbol; the symbol d′ is called ``d_prime`` in expressions and in JSON."""
_TIMES = "*·×⋅∙•∗✕✖"
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True))
_LOWERED = {
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
    **dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True)),
}
_LOWERED_SIGNS = {**_LOWERED, "₌": "=", "₊": "+", "₋": "-"}
_RAISED_SIGNS = {**_RAISED, "ⁿ": "n", "ᵏ": "k", "ᴷ": "K", "ᴸ": "L", "ᴺ": "N", "ᵐ": "m", "ˡ": "l"}
_ROOM = r"(?:\s|\\[,;:! ]|~)*"
_UNIT_WORDS = rf"({any_of(UNITS.keys() - {'%'})})(?![A-Za-z0-9_′'/²³^])"
_UNIT = re.compile(_ROOM + r"(?:\\(?:text|mathrm|textrm|rm|,)?\s*\{\s*)?" + _UNIT_WORDS + r"\s*\}?")
_LETTER_UNITS = frozenset(word for word in UNITS if len(word) == 1 and word.isascii())
_DTYPE = re.compile(r"(?:\\(?:text|mathrm|texttt)\{)?(" + any_of(DTYPE_WORDS) + r")(?!\w)\}?")
_GROUPED = re.compile(r"\d{1,3}(?:(?:,|\{,\}|_)\d{3})+(?!\d)(?:\.\d+)?", re.ASCII)
_DIGITS = re.compile(r"\d[\d_]*(?:\.\d*)?|\.\d+", re.ASCII)
_EXPONENT = re.compile(rf"[eE][+-]?[0-9]{{1,4}}(?:(?![A-Za-z0-9_.])|(?={_UNIT_WORDS}))")
_TIMES_LETTER = re.compile(r"[xX]" + _ROOM + r"(?=[\d.(\\])")


@dataclass(slots=True)
class Token:
    """A number, a run of letters, a sign or a command, and where it stands.

    Attributes
    ----------
    kind : str
        ``number``, ``run``, ``dtype``, ``raised``, ``frac``, ``end``, or the sign itself.
    text : str
    offset : int
    value : int or Fraction
        Of a number.
    characters : tuple
        Of a run the letters, each with its place.
    step, unit : int or Fraction, str
        Of a number what its last digit is worth, and what it counts.
    ends : frozenset of int
        Of a run the places in its text where an index that has brackets or lowered letters ends.
    """

    kind: str
    text: str
    offset: int
    value: int | Fraction = 0
    characters: tuple[tuple[str, int], ...] = ()
    step: int | Fraction = 0
    unit: str = ""
    ends: frozenset[int] = frozenset()


class Scanner:
    """Cuts one side of a text into tokens.

    Parameters
    ----------
    text : str
        The text in plain signs, as long as the one that was written.
    source : str
        The one that was written, for messages.
    spelt : mapping of str to str
        The spellings of the symbols that are known.
    free : bool
        Whether other letters may be symbols as well.
    """

    def __init__(self, text: str, source: str, spelt: Mapping[str, str], free: bool) -> None:
        self.text = text
        self.source = source
        self.spelt = spelt
        self.free = free
        self.brackets: list[bool] = []
        self.limits = False
        self.tokens: list[Token] = []

    def fault(self, what: str, offset: int, expected: str = "", hint: str = "") -> NotationError:
        """Return the error that something is wrong at a place of the text."""
        return fault(self.source, what, offset, expected, hint)

    def scan(self, first: int, last: int) -> list[Token]:
        """Return the tokens between two places, and one that ends them."""
        position = first
        while position < last:
            token, position = self.unit_of_power(position, last) or self.token(position, last)
            if token is not None:
                self.tokens.append(token)
                self.enter(token)
            if len(self.tokens) > MOST_FACTORS:
                raise self.fault("the formula is too long", position, f"at most {MOST_FACTORS:,} factors and signs")
        self.tokens.append(Token("end", "", last))
        return self.tokens

    def enter(self, token: Token) -> None:
        """Keep in mind whether the innermost bracket is that of a function, in which a comma parts values."""
        if token.kind in "([{" and token.kind:
            before = self.tokens[-2] if len(self.tokens) > 1 else None
            called = before is not None and before.kind == "run" and before.text in FUNCTIONS
            self.brackets.append(called if token.kind != "{" else bool(self.brackets and self.brackets[-1]))
        elif token.kind in ")]}" and token.kind and self.brackets:
            self.brackets.pop()

    def token(self, position: int, last: int) -> tuple[Token | None, int]:
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
            return Token("raised", "".join(_RAISED[raised] for raised in self.text[position:end]), position), end
        if character == "\\":
            return self.command(position, last)
        if character in "∑∏" or (character in "ΣΠ" and self.range_follows(position + 1, last)):
            return self.range(position, position + 1, last)
        if character in "sp" and (word := re.compile(r"(?:sum|prod)(?=\s*_)").match(self.text, position, last)):
            return self.range(position, word.end(), last)
        if self.letter(character):
            return self.word(position, last)
        if character == "*" and self.text[position : position + 2] == "**":
            return Token("^", "**", position), position + 2
        if character == "/" and self.text[position : position + 2] == "//":
            return Token("//", "//", position), position + 2
        if character in _TIMES:
            return Token("*", character, position), position + 1
        if character in "/÷∕⁄":
            return Token("/", character, position), position + 1
        if character in "-−–":
            return Token("-", character, position), position + 1
        if character in "+^,%()[]{}√⌊⌋⌈⌉":
            return Token(character, character, position), position + 1
        if character in ":∶":
            return self.ratio(position)
        if character == "_" and self.limits:
            self.limits = False
            return Token("_", "_", position), position + 1
        if character in "=<>≤≥∈" and self.brackets:
            return Token(character, character, position), position + 1
        if unicodedata.category(character) == "No" and unicodedata.decomposition(character).startswith("<fraction>"):
            value = Fraction(unicodedata.normalize("NFKC", character).replace("⁄", "/"))
            return Token("number", str(value), position, value), position + 1
        raise self.strange(character, position)

    def strange(self, character: str, position: int) -> NotationError:
        if character == "_":
            return self.fault("an index follows no symbol", position, "a letter before it, as in C_in")
        if character == "∞":
            return self.fault("∞ is no number", position, "a formula", "--limit O=oo for what holds in the limit")
        if character in "'′":
            return self.fault("a prime follows no symbol", position, "a letter before it, as in d'")
        return self.fault(
            f"`{shorten(character)}` has no meaning in a formula", position, "numbers, symbols, + - · / ^ ( )"
        )

    def ratio(self, position: int) -> tuple[Token, int]:
        """Read ``:`` between two numbers, which is a ratio."""
        before = self.tokens[-1] if self.tokens else None
        follows = re.compile(r"[:∶]\s*\d").match(self.text, position)
        if before is None or before.kind != "number" or follows is None:
            raise self.fault(
                "`:` has no meaning in a formula",
                position,
                "a ratio of two numbers, such as 1:4",
                "a metric's name is followed by =",
            )
        return Token(":", ":", position), position + 1

    # -- numbers -----------------------------------------------------------------------------------------------------

    def number(self, position: int, last: int) -> tuple[Token, int]:
        """Read a number, with the power of ten and the unit behind it."""
        grouped = _GROUPED.match(self.text, position, last)
        match = grouped if grouped is not None and not (self.brackets and self.brackets[-1]) else None
        match = match or _DIGITS.match(self.text, position, last)
        if match is None:
            raise self.fault("a point stands alone", position, "a number such as 0.5")
        end = match.end()
        digits = re.sub(r"[,{}_]", "", match[0])
        if len(digits) > 1000:
            raise self.fault("a number is too large", position, "at most 1000 digits")
        power = 0
        exponent = _EXPONENT.match(self.text, end, last)
        if exponent is not None and exponent[0] in self.spelt:  # as the e₃ of a fire module
            shown = f"{digits}·{shown_symbol(self.spelt[exponent[0]])} or {digits}·10^{exponent[0][1:]}"
            what = f"`{digits}{exponent[0]}` can be read in two ways"
            raise self.fault(what, position, shown, "write · between the factors, or the power of ten")
        text = digits
        if exponent is not None and not any(self.text.startswith(name, end) for name in self.spelt):
            text, end, power = digits + exponent[0], exponent.end(), int(exponent[0][1:])
            if abs(power) > 1000:
                raise self.fault(f"{text} is too large or too small", position, "at most 1000 digits")
        if end < last and self.text[end] == ".":
            raise self.fault("a number has two decimal points", end, "one")
        unit, after = ("", end) if self.raises_ten(self.tokens) else self.unit(end, last)
        found = figure(digits, power, unit)
        if unit:
            text += f" {unit}" if unit.isascii() and len(unit) > 1 else unit
        return Token("number", text, position, found.value, (), found.step, found.of), after if unit else end

    def raises_ten(self, tokens: Sequence[Token]) -> bool:
        """Tell whether the tokens end in ``10^`` or ``10^-``."""
        signed = bool(tokens) and tokens[-1].kind in ("+", "-")
        ten = tokens[-3:-1] if signed else tokens[-2:]
        return "".join(token.text for token in ten) in ("10^", "10**")

    def unit_of_power(self, position: int, last: int) -> tuple[Token, int] | None:
        """Return the unit behind ``10^6`` or ``10⁶``: it is the power's, and not its exponent's."""
        before = self.tokens[-1:]
        if not before or before[0].kind not in ("number", "raised"):
            return None
        ten = before[0].kind == "raised" and [token.text for token in self.tokens[-2:-1]] == ["10"]
        if not ten and not self.raises_ten(self.tokens[:-1]):
            return None
        word, end = self.unit(position, last)
        if not word:
            return None
        offset = self.text.index(word, position)
        return Token("unit", word, offset, UNITS[word].factor, unit=UNITS[word].of), end

    def unit(self, position: int, last: int) -> tuple[str, int]:
        """Return the unit that stands behind a number, and where it ends; "" where there is none.

        A letter that is a symbol as well is the symbol.
        """
        match = _UNIT.match(self.text, position, last)
        if match is None:
            return "", position
        word = match[1]
        symbol = len(word) == 1 and word.isascii() and self.free and not self.typed(match.end(), last)
        if word in self.spelt or symbol:
            return "", position
        if match[0].rstrip().endswith("}") and "{" not in match[0]:
            return word, match.end(1)
        return word, match.end()

    def typed(self, position: int, last: int) -> bool:
        """Tell whether the type of an element stands there, as behind ``10M``."""
        while position < last and self.text[position] == " ":
            position += 1
        return _DTYPE.match(self.text, position, last) is not None

    # -- letters -----------------------------------------------------------------------------------------------------

    def letter(self, character: str) -> bool:
        return character.isalpha() and character not in "ªº" and character not in _LOWERED

    def word(self, position: int, last: int) -> tuple[Token, int]:
        """Read what begins with a letter: a sign of multiplication, the type of an element, or a run of symbols."""
        before = self.tokens[-1] if self.tokens else None
        times = _TIMES_LETTER.match(self.text, position, last)
        if times and before is not None and before.kind == "number" and self.text[position] not in self.spelt:
            return Token("*", self.text[position], position), position + 1
        if before is not None and before.kind in ("number", "raised", "*", ")", "}"):
            dtype = _DTYPE.match(self.text, position, last)
            if dtype is not None and dtype[1] not in self.spelt and not (self.free and dtype[1].isalpha()):
                bits = DTYPES[DTYPE_WORDS[dtype[1]]]
                return Token("dtype", dtype[1], position, Fraction(bits, 8), unit="byte"), dtype.end()
        return self.run(position, last)

    def run(self, position: int, last: int) -> tuple[Token, int]:
        """Gather letters with their indices: what stands side by side until another sign."""
        characters: list[tuple[str, int]] = []
        ends: set[int] = set()
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
                if position >= last or self.text[position] not in _LOWERED:
                    ends.add(len(characters))
            elif character == "_" and characters:
                closed = self.text[position + 1 : position + 2] in ("{", "\\")
                added, position = self.index(position, last, "".join(character for character, _ in characters))
                characters += added
                if closed or added[0][0].isdigit():
                    ends.add(len(characters))
            elif characters and (primes := _PRIME.match(self.text, position, last)):
                marks = sum({"″": 2, "‴": 3}.get(mark, 1) for mark in re.findall(r"\\prime|['′’ʹ″‴]", primes[0]))
                characters += [("′", position)] * marks
                position = primes.end()
            elif character == "\\":
                match = re.compile(r"\\([A-Za-z]+)").match(self.text, position, last)
                sign = COMMANDS.get(match[1], "") if match else ""
                if match is None or sign not in GREEK_SIGNS.values():
                    break
                characters.append((sign, position))
                position = match.end()
                while position < last and self.text[position] == " ":
                    position += 1
            else:
                break
        text = "".join(character for character, _ in characters)
        return Token("run", text, characters[0][1], characters=tuple(characters), ends=frozenset(ends)), position

    def index(self, position: int, last: int, before: str = "") -> tuple[list[tuple[str, int]], int]:
        """Return the characters of an index that begins with ``_``, and where it ends.

        An index without braces goes on to the next sign, unless a symbol that is known ends before: in ``K_hK_w`` it is
        the h alone where there is a K_h.
        """
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
            elif not inside.startswith("\\") and not self.is_indexed(before, inside):
                shorter = (inside[:end] for end in range(len(inside) - 1, 0, -1))
                inside = next((part for part in shorter if self.is_indexed(before, part)), inside)
            after = start + len(inside)
        if inside.startswith("\\"):
            inside = COMMANDS.get(inside[1:], inside)
        inside = inside.strip()
        if not inside or not all(character.isalnum() for character in inside.replace(",", "").replace("_", "")):
            raise self.fault("an index holds more than letters and digits", position, "C_in, c_1")
        inside = inside.replace(",", "_")
        bar = [] if inside[0].isdigit() else [("_", position)]
        return bar + [(character, first) for character in inside], after

    def is_indexed(self, before: str, inside: str) -> bool:
        """Tell whether the last letters of a run and an index are a symbol that is known."""
        return any(f"{before[-length:]}_{inside}" in self.spelt for length in range(1, min(len(before), 8) + 1))

    # -- commands ----------------------------------------------------------------------------------------------------

    def command(self, position: int, last: int) -> tuple[Token | None, int]:
        r"""Read what begins with a backslash: ``\frac``, ``\cdot``, ``\alpha``, or mere room."""
        match = re.compile(r"\\([A-Za-z]+|.)").match(self.text, position, last)
        if match is None:
            raise self.fault("a backslash ends the formula", position, r"a command such as \frac or \alpha")
        word, end = match[1], match.end()
        if word in (*_FRACTIONS, "sqrt"):
            return Token("frac" if word != "sqrt" else "\\sqrt", word, position), end
        if word in ("min", "max", "log"):
            return Token("run", word, position, characters=tuple((letter, position) for letter in word)), end
        if word in NAMED:
            return self.named(word, position, end, last)
        if word in COMMANDS:
            sign = COMMANDS[word]
            if sign in GREEK_SIGNS.values():
                return self.run(position, last)
            if sign in ("∑", "∏"):
                return self.range(position, end, last)
            kind = {"·": "*"}.get(sign, sign)
            return (Token(kind, word, position) if kind.strip() else None), end
        if word in ",;:! .":
            return None, end
        if word in "{}|%":
            return Token({"{": "(", "}": ")"}.get(word, word), word, position), end
        raise self.fault(
            f"the command \\{shorten(word)} is not known", position, r"\frac, \sqrt, \cdot, \times, \left( …"
        )

    def named(self, word: str, position: int, end: int, last: int) -> tuple[Token, int]:
        r"""Read a name in braces: ``\mathrm{C}``, ``\text{in}``."""
        before = self.tokens[-1] if self.tokens else None
        dtype = _DTYPE.match(self.text, position, last)
        if dtype is not None and before is not None and before.kind in ("number", "raised", "*", ")", "}"):
            return self.word(dtype.start(1), last)[0], dtype.end()
        named = re.compile(r"\s*\{\s*([^{}]*?)\s*\}").match(self.text, end, last)
        if named is None or not re.fullmatch(r"\w+", named[1]) or not self.letter(named[1][0]):
            raise self.fault(f"\\{word} holds no name", position, f"\\{word}{{C}}")
        token, after = self.run(named.start(1), named.end(1))
        if named.end() < last and self.text[named.end()] == "_":
            added, after = self.index(named.end(), last)
            both = (*token.characters, *added)
            text = "".join(character for character, _ in both)
            return Token("run", text, token.offset, characters=both, ends=frozenset({len(both)})), after
        return token, named.end()

    # -- sums and products over a range ------------------------------------------------------------------------------

    def range_follows(self, position: int, last: int) -> bool:
        """Tell whether a capital sigma or pi is the sign of a sum or a product: limits stand behind it."""
        follows = re.compile(r"\s*_\s*\{[^{}=]*=|\s*[ₐ-ₜᵢⱼ]₌").match(self.text, position, last)
        return follows is not None

    def range(self, position: int, end: int, last: int) -> tuple[Token, int]:
        r"""Read the sign of a sum or a product; limits in raised and lowered letters become plain ones."""
        kind = "∏" if self.text[position] in "∏Πp" or self.text.startswith("\\prod", position) else "∑"
        token = Token(kind, self.text[position:end], position)
        lowered = end
        while lowered < last and self.text[lowered] in _LOWERED_SIGNS:
            lowered += 1
        raised = lowered
        while raised < last and self.text[raised] in _RAISED_SIGNS:
            raised += 1
        if lowered == end:
            self.limits = True
            return token, end
        below = "".join(_LOWERED_SIGNS[character] for character in self.text[end:lowered])
        above = "".join(_RAISED_SIGNS[character] for character in self.text[lowered:raised])
        index, equals, first = below.partition("=")
        if not (index and equals and first and above):
            raise self.fault("the range of a sum or a product is not whole", position, "∑ᵢ₌₁ⁿ, or ∑_{i=1}^{n}")
        self.tokens.append(token)
        for sign in ("_", "{", index, "=", *_plain_parts(first), "}", "^", "{", *_plain_parts(above), "}"):
            self.tokens.append(_plain_token(sign, end))
        return self.tokens.pop(), raised


def _plain_parts(text: str) -> Iterator[str]:
    yield from re.findall(r"\d+|\D", text)


def _plain_token(sign: str, offset: int) -> Token:
    if sign.isdigit():
        return Token("number", sign, offset, int(sign), step=1)
    if sign.isalpha():
        return Token("run", sign, offset, characters=tuple((letter, offset) for letter in sign))
    return Token(sign, sign, offset)


def side_is_numbers(tokens: Sequence[Token]) -> bool:
    """Tell whether a side holds no symbols, so that a letter behind a number in it can be a unit."""
    return not any(token.kind == "run" and token.text not in FUNCTIONS for token in tokens)


def letter_unit(token: Token) -> str:
    """Return the letter that was taken for a unit behind a number; "" where there is none."""
    counted = token.kind in ("number", "unit")
    return token.text[-1] if counted and token.text[-1] in _LETTER_UNITS & SCALES.keys() else ""
