"""From tokens to a tree, by recursive descent; what can be read in two ways is refused with both readings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from flopcalc.errors import one_of, shorten, suggest
from flopcalc.layers import LAYERS
from flopcalc.metrics import metric_named
from flopcalc.number import is_rational, normal
from flopcalc.theory.notation.errors import NotationError, fault
from flopcalc.theory.notation.scanner import OPENING, Scanner, Token, letter_unit, side_is_numbers
from flopcalc.theory.notation.symbols import GREEK_SIGNS, canonical, shown_symbol, spellings
from flopcalc.theory.notation.tree import FUNCTIONS, Node, joined, written
from flopcalc.units import SCALES

__all__ = ["DEEPEST_FORMULA", "Reader"]

DEEPEST_FORMULA = 40
"""How deeply the brackets, fractions and powers of a formula may nest."""

_LONGEST_FREE = 24
"""Characters that a symbol may have which is not known, with its index and its primes."""

_WORDS = frozenset(
    {*LAYERS, *FUNCTIONS, "exp", "sin", "cos", "ln", "log2", "log10", "pool", "block", "kernel", "layer"}
)
"""What is no product of letters."""


class Reader:
    """Turns one side of a text into a tree.

    Parameters
    ----------
    text : str
        In plain signs, as long as `source`.
    source : str
        As it was written.
    known : sequence of str
        The symbols.
    free : bool
        Whether single letters that are not known are symbols too.
    """

    def __init__(self, text: str, source: str, known: Sequence[str], free: bool) -> None:
        self.text = text
        self.source = source
        self.known = known
        self.spelt = spellings(known)
        self.free = free
        self.longest = max(map(len, self.spelt), default=1)
        if free:
            self.longest = max(self.longest, _LONGEST_FREE)
        self.tokens: list[Token] = []
        self.position = 0
        self.depth = 0

    def fault(self, what: str, offset: int, expected: str = "", hint: str = "") -> NotationError:
        """Return the error that something is wrong at a place of the text."""
        return fault(self.source, what, offset, expected, hint)

    def read(self, first: int, last: int) -> Node:
        """Return the tree of what stands between two places."""
        self.tokens = Scanner(self.text, self.source, self.spelt, self.free).scan(first, last)
        self.position = 0
        if not side_is_numbers(self.tokens):
            self.refuse_letter_units()
        return self.statement()

    def refuse_letter_units(self) -> None:
        """Refuse a letter behind a number in a formula with symbols: it may be a symbol that is missing."""
        for token in self.tokens:
            letter = letter_unit(token)
            if letter:
                digits = token.text[: -len(letter)]
                raise self.fault(
                    f"`{letter}` is no symbol that is known here",
                    self.text.index(letter, token.offset),
                    one_of([shown_symbol(name) for name in self.known] or ["none"]),
                    f"as a unit it stands in figures alone: {digits}·10^{len(str(SCALES[letter])) - 1}",
                )

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def statement(self) -> Node:
        if self.next.kind == "end":
            raise self.fault("there is no formula", self.next.offset, "a formula such as 17HWC^2")
        tree = self.sum()
        if self.next.kind != "end":
            raise self.stray(self.next)
        return tree

    def stray(self, token: Token) -> NotationError:
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

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST_FORMULA:
            raise self.fault("the formula is nested too deeply", self.next.offset, f"at most {DEEPEST_FORMULA} levels")
        terms = [self.term(self.sign())]
        while self.next.kind in ("+", "-"):
            sign = self.take()
            term = self.term(self.sign())
            terms.append(Node("neg", sign.offset, parts=(term,)) if sign.kind == "-" else term)
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Node("sum", terms[0].offset, parts=tuple(terms))

    def sign(self) -> Token | None:
        """Read a sign before a term or a factor, and return a minus."""
        if self.next.kind not in ("+", "-"):
            return None
        sign = self.take()
        if self.next.kind in ("+", "-"):
            raise self.fault("two signs stand side by side", self.next.offset, "one, or brackets between them")
        return sign if sign.kind == "-" else None

    def signed(self, read: Callable[[], Node]) -> Node:
        sign = self.sign()
        node = read()
        return Node("neg", sign.offset, parts=(node,)) if sign is not None else node

    def term(self, minus: Token | None) -> Node:
        """Read factors: side by side, or with a sign between.

        A minus before the term belongs to all of it, but before // and % to what is divided, as in Python: ``-H//s`` is
        (−H)//s.
        """
        node = self.over_range(self.take()) if self.next.kind in _RANGES else self.factors()
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
                node = joined([node, self.signed(self.range_or_factors)])
            elif token.kind == ":":
                self.take()
                node = self.ratio(node, token)
            elif token.kind in ("/", "//") or (token.kind == "%" and self.begins(self.tokens[self.position + 1])):
                self.take()
                first = self.position
                factors = self.factor_list(self.signed(self.factor))
                if len(factors) > 1:
                    raise self.divided_twice(node, token, factors, first)
                if minus is not None and token.kind in ("//", "%"):
                    node, minus = Node("neg", minus.offset, parts=(node,)), None
                kind = {"/": "div", "//": "floordiv", "%": "mod"}[token.kind]
                node = Node(kind, token.offset, parts=(node, factors[0]))
            else:
                return node if minus is None else Node("neg", minus.offset, parts=(node,))

    def divided_twice(self, top: Node, sign: Token, factors: Sequence[Node], first: int) -> NotationError:
        """Refuse a division before a product without a sign: it may divide by the first factor or by all."""
        by_the_first = joined([Node("div", 0, parts=(top, factors[0])), *factors[1:]])
        by_all = Node("div", 0, parts=(top, joined(factors)))
        return self.fault(
            f"`{sign.text}` stands before a product without a sign, which can be read in two ways",
            self.tokens[first].offset,
            f"{written(by_the_first)} or {written(by_all)}",
            "write the brackets",
        )

    def ratio(self, left: Node, sign: Token) -> Node:
        """Read the second number of ``1:4``."""
        right = self.factor()
        if left.kind != "number" or right.kind != "number" or self.next.kind == ":":
            raise self.fault("`:` stands between more than two numbers", sign.offset, "a ratio such as 1:4, or /")
        return Node("div", sign.offset, parts=(left, right))

    def range_or_factors(self) -> Node:
        return self.over_range(self.take()) if self.next.kind in _RANGES else self.factors()

    def over_range(self, sign: Token) -> Node:
        r"""Read the limits of ``\sum_{i=0}^{n-1}`` and the term that follows, in which the index is a symbol."""
        kind = _RANGES[sign.kind]
        what = "a sum" if kind == "sum_over" else "a product"
        limits: dict[str, Node] = {}
        index = ""
        self.deeper(sign)
        while self.next.kind in ("_", "^", "raised") and self.next.kind not in limits:
            mark = self.take()
            if mark.kind == "raised":
                raise self.fault(f"the last index of {what} is open", mark.offset, f"{sign.text}_{{i=1}}^{{n}}")
            if mark.kind == "^":
                nodes = self.atom()
                if len(nodes) > 1:
                    raise self.fault(f"the end of {what} can be read in two ways", mark.offset, "braces around it")
                limits["^"] = nodes[0]
                continue
            index, limits["_"] = self.first_index(sign, what)
        if not index or len(limits) < 2:
            lacking = "" if index and "_" in limits else "its first index"
            lacking = lacking or "its last index"
            raise self.fault(
                f"{what} lacks its range: {lacking}" if index or "^" in limits else f"{what} lacks its range",
                sign.offset,
                f"where it begins and where it ends, such as {sign.text}_{{i=1}}^{{n}}",
            )
        body = self.body(kind, sign, index)
        self.depth -= 1
        return Node(kind, sign.offset, index, parts=(limits["_"], limits["^"], body))

    def first_index(self, sign: Token, what: str) -> tuple[str, Node]:
        """Read ``{i=0}`` below the sign of a sum; the node is nothing's where no range is given."""
        expected = f"where it begins and where it ends, such as {sign.text}_{{i=1}}^{{n}}"
        opening = self.take()
        run = self.take() if opening.kind == "{" else opening
        if run.kind != "run" or (opening.kind == "{" and self.next.kind != "="):
            raise self.fault(f"{what} lacks its range", run.offset, expected)
        if opening.kind != "{":
            raise self.fault(f"{what} over `{shorten(run.text)}` lacks its range", run.offset, expected)
        if not _is_free(run.text) and run.text not in GREEK_SIGNS:
            raise self.fault(f"`{shorten(run.text)}` is no index", run.offset, "one letter, such as i")
        self.take()
        first = self.sum()
        if self.next.kind != "}":
            raise self.stray(self.next)
        self.take()
        return run.text.replace("′", "_prime"), first

    def body(self, kind: str, sign: Token, index: str) -> Node:
        """Read the term behind a sum's limits, in which its index is a symbol whatever it is elsewhere."""
        start = self.next
        if kind == "prod_over":
            node = self.within(index, self.range_or_factors)
            if self.next.kind in ("*", "/", "//", ":") or (
                self.next.kind == "%" and self.begins(self.tokens[self.position + 1])
            ):
                raise self.fault(
                    "how far a product over a range reaches can be read in two ways",
                    self.next.offset,
                    "brackets around what is multiplied, or around the whole product",
                )
        else:
            node = self.within(index, lambda: self.term(self.sign()))
        if start.kind == "end":
            raise self.stray(start)
        return node

    def turns_inside(self) -> int:
        """Return where ``for`` stands in the bracket that opens here, as in Python's ``sum(i for i in range(n))``."""
        depth = 0
        for place in range(self.position, len(self.tokens)):
            token = self.tokens[place]
            depth += token.kind in OPENING
            depth -= token.kind in (")", "]", "}")
            if depth == 1 and token.kind == "run" and token.text == "for":
                return place
            if depth == 0:
                break
        return 0

    def comprehension(self, word: Token) -> Node:
        """Read ``sum(body for i in range(first, last + 1))``: the range first, since the body has its index."""
        opening, place = self.position, self.turns_inside()
        kind = "sum_over" if word.text == "sum" else "prod_over"
        self.tokens[place].kind = "for"  # where the body ends
        self.deeper(word)
        self.position = place + 1
        index = self.take()
        expected = "sum(… for i in range(first, last + 1))"
        words = [self.take() if self.next.kind != "end" else self.next for _ in range(3)]
        if index.kind != "run" or not _is_free(index.text) or [w.text for w in words] != ["in", "range", "("]:
            raise self.fault("a sum lacks its range", index.offset, expected)
        ends = [self.sum()]
        while self.next.kind == ",":
            self.take()
            ends.append(self.sum())
        if len(ends) > 2 or self.next.kind != ")":
            raise self.fault("a range is not whole", self.next.offset, expected)
        self.take()
        if self.next.kind != ")":
            raise self.stray(self.next)
        after = self.position + 1
        first = ends[0] if len(ends) == 2 else Node("number", index.offset, "0", 0)
        self.position = opening + 1
        name = index.text.replace("′", "_prime")
        body = self.within(name, self.sum)
        if self.position != place:
            raise self.stray(self.next)
        self.position = after
        self.depth -= 1
        return Node(kind, word.offset, name, parts=(first, _one_less(ends[-1]), body))

    def within(self, index: str, read: Callable[[], Node]) -> Node:
        """Read what has an index in it, which is a symbol there whatever it is elsewhere."""
        forms = spellings([index])
        shadowed = {name: self.spelt[name] for name in forms if name in self.spelt}
        before = self.longest
        self.spelt.update(forms)
        self.longest = max(before, *map(len, forms))
        node = read()
        for name in forms:
            self.spelt.pop(name, None)
        self.spelt.update(shadowed)
        self.longest = before
        return node

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST_FORMULA:
            raise self.fault("the formula is nested too deeply", token.offset, f"at most {DEEPEST_FORMULA} levels")

    def factors(self) -> Node:
        return joined(self.factor_list(self.factor()))

    def factor_list(self, first: Node) -> list[Node]:
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
        if self.next.kind in _RANGES:
            factors.append(self.over_range(self.take()))
        return factors

    def begins(self, token: Token) -> bool:
        """Tell whether a token begins a factor."""
        return token.kind in ("number", "run", "dtype", "(", "[", "{", "√", "frac", "\\sqrt", "⌊", "⌈")

    def factor(self) -> Node:
        """Read what a power may be raised of, and its power; of several letters the last one has it."""
        nodes = self.atom()
        token = self.next
        if token.kind == "raised":
            self.take()
            digits = re.fullmatch(r"[-+]?\d{1,6}", token.text)
            if digits is None:
                raise self.fault("the raised digits are no number", token.offset, "an exponent such as ² or ⁻¹")
            exponent = Node("number", token.offset, str(int(token.text)), int(token.text))
            if exponent.value < 0:
                positive = Node("number", token.offset, str(-exponent.value), -exponent.value)
                exponent = Node("neg", token.offset, parts=(positive,))
            nodes[-1] = Node("pow", nodes[-1].offset, parts=(nodes[-1], exponent))
        elif token.kind == "^":
            self.take()
            nodes[-1] = Node("pow", nodes[-1].offset, parts=(nodes[-1], self.exponent()))
        if self.next.kind == "unit":
            unit = self.take()
            one = Node("number", unit.offset, unit.text, unit.value, unit=unit.unit)
            nodes[-1] = Node("mul", nodes[-1].offset, parts=(nodes[-1], one))
        if self.next.kind in ("raised", "^"):
            raise self.fault("a power has a power", self.next.offset, "brackets around one of them")
        if self.next.kind == "%" and not self.begins(self.tokens[self.position + 1]):
            percent = self.take()
            if len(nodes) != 1 or nodes[0].kind != "number" or nodes[0].unit:
                raise self.fault("% follows no number", percent.offset, "a number such as 93.4%")
            value = normal(nodes[0].value / Fraction(100))
            assert is_rational(value)
            step = Fraction(nodes[0].step) / 100
            nodes[0] = Node("number", nodes[0].offset, f"{nodes[0].name}%", value, step=step)
        return nodes[0] if len(nodes) == 1 else Node("product", nodes[0].offset, parts=tuple(nodes))

    def exponent(self) -> Node:
        sign = self.take() if self.next.kind in ("+", "-") else None
        token = self.next
        if not self.begins(token):
            raise self.stray(token)
        nodes = self.atom()
        if len(nodes) > 1:
            raise self.fault(
                f"the exponent `{token.text}` can be read in two ways",
                token.offset,
                f"{written(nodes[0])} alone, or {written(joined(nodes))}",
                "write brackets around it",
            )
        node = nodes[0]
        if self.next.kind == "^" and token.kind != "end":
            self.take()
            self.depth += 1
            if self.depth > DEEPEST_FORMULA:
                raise self.fault("powers are nested too deeply", token.offset, f"at most {DEEPEST_FORMULA} levels")
            node = Node("pow", node.offset, parts=(node, self.exponent()))
            self.depth -= 1
        return Node("neg", sign.offset, parts=(node,)) if sign is not None and sign.kind == "-" else node

    def atom(self) -> list[Node]:
        """Read a number, the symbols of a run, a bracket, a fraction, a root or a function."""
        token = self.take()
        if token.kind == "number":
            return [Node("number", token.offset, token.text, token.value, step=token.step, unit=token.unit)]
        if token.kind == "dtype":
            return [Node("number", token.offset, token.text, token.value, unit=token.unit)]
        if token.kind == "run":
            return self.symbols(token)
        if token.kind in OPENING:
            return [self.bracket(token)]
        if token.kind in "⌊⌈" and token.kind:
            closing = "⌋" if token.kind == "⌊" else "⌉"
            node = self.sum()
            if self.next.kind != closing:
                raise self.fault(f"`{token.text}` is not closed", token.offset, closing)
            self.take()
            return [Node("call", token.offset, "floor" if closing == "⌋" else "ceil", parts=(node,))]
        if token.kind == "frac":
            top, bottom = self.argument(token), self.argument(token)
            return [Node("div", token.offset, parts=(top, bottom))]
        if token.kind == "\\sqrt":
            if self.next.kind == "[":
                degree = self.bracket(self.take())
                one = Node("number", token.offset, "1", 1)
                power = Node("div", token.offset, parts=(one, degree))
                return [Node("pow", token.offset, parts=(self.argument(token), power))]
            return [Node("call", token.offset, "sqrt", parts=(self.argument(token),))]
        if token.kind == "√":
            return self.root(token)
        raise self.stray(token)

    def root(self, token: Token) -> list[Node]:
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
            whole = Node("call", 0, "sqrt", parts=(joined(inside),))
            first = Node("call", 0, "sqrt", parts=(inside[0],))
            several = "·".join([written(first), *(written(n) for n in inside[1:])])
            raise self.fault(
                f"what `√{start.text}` is the root of can be read in two ways",
                start.offset,
                f"{written(whole)} or {several}",
                "write brackets around it",
            )
        if self.next.kind == "raised" and start.kind != "(":
            raise self.fault("a power below √ can be read in two ways", self.next.offset, "brackets around it")
        return [Node("call", token.offset, "sqrt", parts=(inside[0],))]

    def argument(self, command: Token) -> Node:
        r"""Read an argument of ``\frac`` or ``\sqrt``: a group in braces, or a single sign."""
        token = self.next
        if token.kind == "{":
            return self.bracket(self.take())
        if not self.begins(token) or token.kind in "([":
            raise self.fault(f"\\{command.text} lacks an argument", token.offset, "{…}")
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            digit, rest = token.text[0], token.text[1:]  # TeX takes one digit: \\frac12 is a half
            self.tokens[self.position] = Token("number", rest, token.offset + 1, int(rest))
            return Node("number", token.offset, digit, int(digit))
        nodes = self.atom()
        if len(nodes) > 1:
            raise self.fault(
                f"an argument of \\{command.text} stands without braces", token.offset, f"{{{token.text}}}"
            )
        return nodes[0]

    def bracket(self, opening: Token) -> Node:
        closing = OPENING[opening.kind]
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

    def symbols(self, run: Token) -> list[Node]:
        """Split a run of letters into the symbols that are known, or read a function."""
        word = run.text
        if word in FUNCTIONS and self.next.kind == "(" and word not in self.spelt:
            return [self.call(run)]
        if word in ("sum", "prod") and self.next.kind == "(" and word not in self.spelt and self.turns_inside():
            return [self.comprehension(run)]
        splits = self.splits(run)
        if len(splits) > 1:
            shown = ["·".join(shown_symbol(self.spelt[part]) for part in split) for split in splits[:2]]
            raise self.fault(
                f"`{shorten(word)}` can be read in two ways",
                run.offset,
                f"{shown[0]} or {shown[1]}",
                "write · between the factors",
            )
        if splits and self.free:
            self.refuse_words(run, splits[0])
        if splits:
            nodes, position = [], 0
            for part in splits[0]:
                nodes.append(Node("symbol", run.characters[position][1], self.spelt.get(part, part)))
                position += len(part)
            return nodes
        raise self.unknown(run)

    def splits(self, run: Token) -> list[tuple[str, ...]]:
        """Return the ways to split a run into known symbols, the one with the longest symbols first; two at the most.

        A symbol does not end before a digit or an index, which would be cut off.
        """
        word = run.text
        count = len(word)
        greek = self.free and _greek_word(word)
        ways: list[list[tuple[str, ...]]] = [[] for _ in range(count + 1)]
        ways[count] = [()]
        for start in range(count - 1, -1, -1):
            found: list[tuple[str, ...]] = []
            for end in range(min(count, start + self.longest), start, -1):
                part = word[start:end]
                cut = end < count and (word[end] in "_′" or word[end].isdigit()) and end not in run.ends
                if cut or not ways[end]:
                    continue
                if part in self.spelt or (self.free and self.may_be_free(part, start, run, greek)):
                    found += [(part, *rest) for rest in ways[end]]
                if len(found) > 1:
                    break
            ways[start] = found[:2]
        if self.free:
            for split in ways[0]:
                for part in split:
                    self.spelt.setdefault(part, _free_name(part))
        return ways[0]

    def may_be_free(self, part: str, start: int, run: Token, greek: bool) -> bool:
        """Tell whether a part of a run is a symbol of its own: a letter with its whole index and all its primes."""
        end = start + len(part)
        if greek:
            return part == run.text
        if part[1:2].isalpha():
            return False
        if not _is_free(part):
            return False
        bar = part.find("_")
        if bar < 0:
            return True
        inner = [place for place in run.ends if start + bar < place <= end]
        whole = [place for place in run.ends if place > start + bar]
        stops = min(whole) if whole else len(run.text)
        return not [place for place in inner if place < stops] and part.rstrip("′") == run.text[start:stops].rstrip("′")

    def refuse_words(self, run: Token, split: Sequence[str]) -> None:
        """Refuse what is a word of this field and would be read as a product of letters."""
        word = run.text
        if len(split) > 2 and word not in self.known and (word.casefold() in _WORDS or metric_named(word)):
            metric = metric_named(word)
            raise self.fault(
                f"`{shorten(word)}` is a word, not a product of letters",
                run.offset,
                f"a formula; {word} may stand alone on a side" if metric else "a formula in single letters",
                f"write {'·'.join(split[:6])} for the product" if len(split) < 7 else "",
            )

    def unknown(self, run: Token) -> NotationError:
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
        shown = [shown_symbol(name) for name in self.known]
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
        if not name[:1].isascii() and metric_named(rest):
            name = rest
        hint = ""
        other = name.swapcase()
        if other in self.spelt:
            hint = f"symbols are case-sensitive: `{other}` is known"
        elif len(rest) > 2:
            hint = suggest(rest, self.known)
        elif metric_named(word):
            hint = f"{word} may stand alone on a side of the relation"
        if name[0] == "x":
            hint = "a product is written C·M, C*M or CM"
        if primed:
            hint = f"--where gives a symbol of the spec this name: H={name}"
        return self.fault(
            f"`{shorten(name)}` is no symbol that is known here",
            offset,
            expected,
            hint or f"--let {shorten(name, 20)}=… gives it a meaning, --where renames the spec's symbols",
        )

    def call(self, run: Token) -> Node:
        opening = self.take()
        parts = [self.sum()]
        while self.next.kind == ",":
            self.take()
            parts.append(self.sum())
        if self.next.kind != ")":
            raise self.fault("`(` is not closed", opening.offset, ")")
        self.take()
        least, most = FUNCTIONS[run.text]
        if not least <= len(parts) <= most:
            expected = str(least) if least == most else f"{least} to {most}"
            raise self.fault(f"{run.text} is given {len(parts)} values", run.offset, expected)
        return Node("call", run.offset, run.text, parts=tuple(parts))


_RANGES = {"∑": "sum_over", "∏": "prod_over"}


def _is_free(part: str) -> bool:
    """Tell whether a text can be a symbol: a Latin or Greek letter with an index and primes."""
    if _greek_word(part):
        return re.fullmatch(r"[A-Za-z]+(?:_\w+|\d*)′*", part) is not None
    letter = part[:1]
    return (letter.isascii() or letter in GREEK_SIGNS.values()) and bool(re.fullmatch(r"[^\W\d_](?:_\w+|\d*)′*", part))


def _one_less(node: Node) -> Node:
    """Return the last index of a range that ends before `node`: n for n + 1."""
    one = Node("number", node.offset, "1", 1)
    if node.kind == "sum" and node.parts[-1].kind == "number" and node.parts[-1].value == 1:
        return node.parts[0] if len(node.parts) == 2 else Node("sum", node.offset, parts=node.parts[:-1])
    return Node("sum", node.offset, parts=(node, Node("neg", node.offset, parts=(one,))))


def _greek_word(word: str) -> bool:
    """Tell whether a run of letters is the name of a Greek letter, with an index and primes or without."""
    match = re.match(r"[A-Za-z]+", word)
    return match is not None and match[0] in GREEK_SIGNS


def _free_name(part: str) -> str:
    """Return what a symbol that is not known is called: as in expressions, where `lambda` is λ."""
    letter = next((word for word in (part, part[:1]) if word in GREEK_SIGNS or word in GREEK_SIGNS.values()), "")
    name = canonical(part).replace("′", "_prime")
    return name.replace("lambda", "λ") if letter else name


def _product_parts(node: Node) -> list[Node]:
    return list(node.parts) if node.kind == "product" else [node]
