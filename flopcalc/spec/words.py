"""The words of the spec language: the keys of a file and of its parts, and how deeply they may be nested."""

from __future__ import annotations

__all__ = [
    "BRANCHES_KEYS",
    "CONSTRUCTS",
    "DEEPEST_BLOCKS",
    "DEEPEST_LISTS",
    "MERGES",
    "MODIFIERS",
    "PARAMETER_KEYS",
    "SPEC_KEYS",
    "TABLE_KEYS",
]

SPEC_KEYS = (
    "name",
    "title",
    "source",
    "parameters",
    "variants",
    "define",
    "input",
    "inputs",
    "outputs",
    "written",
    "blocks",
    "layers",
)
PARAMETER_KEYS = ("default", "min", "max", "above", "choices", "pair", "whole", "help")
MODIFIERS = ("when", "else", "repeat", "carry", "name", "as", "from", "until", "written", "shares", "shared")
CONSTRUCTS = ("layers", "table", "branches")
TABLE_KEYS = ("columns", "rows", "do")
BRANCHES_KEYS = ("paths", "split", "merge")
MERGES = ("add", "multiply", "concat", "hff")

DEEPEST_BLOCKS = 32
"""How deeply blocks may be nested in blocks."""

DEEPEST_LISTS = 64
"""How deeply lists of entries may be nested in lists, those of blocks included."""
