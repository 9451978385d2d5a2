"""The JSON Schema of spec files, derived from the tables that the reader itself goes by."""

from __future__ import annotations

from typing import Any

from flopcalc.layers import FORMS, LAYERS, MOST_SIDES, Attribute, kinds
from flopcalc.spec.words import BRANCHES_KEYS, MERGES, PARAMETER_KEYS, TABLE_KEYS

__all__ = ["spec_schema"]

_SCALAR = {"type": ["string", "number", "boolean"]}
_EXPRESSION = {"$ref": "#/$defs/expression"}
_NAME = r"^[^\W\d]\w*$"
_FORM = {"anyOf": [{"enum": list(FORMS)}, _EXPRESSION]}


def spec_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of spec files.

    A schema sees the form of a file alone; names, scopes and shapes are checked when it is loaded.

    Examples
    --------
    >>> spec_schema()["required"]
    ['layers']
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flopcalc spec",
        "description": "An architecture or a block, in the form of its paper's table.",
        **_spec(),
        "$defs": {
            "expression": {
                "description": "A number, true, false, a word or an expression; [a, b] is a list of them.",
                "anyOf": [_SCALAR, {"type": "array", "items": {"$ref": "#/$defs/expression"}}],
            },
            "data": {
                "description": "A look-up table or a list, with expressions and words at its leaves.",
                "anyOf": [
                    _SCALAR,
                    {"type": "array", "items": {"$ref": "#/$defs/data"}},
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/data"}},
                ],
            },
            "parameter": _parameter(),
            "shape": {"type": "array", "items": _EXPRESSION, "minItems": 1, "maxItems": MOST_SIDES + 1},
            "layers": {"type": "array", "items": {"$ref": "#/$defs/entry"}},
            "entry": _entry(),
            "table": _table(),
            "branches": _branches(),
            "block": {"type": "object", **_spec()},
            **{f"layer_{word}": _layer(word, primitive.attributes()) for word, primitive in LAYERS.items()},
        },
    }


def _spec() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "What the spec is called."},
            "title": {"type": ["string", "null"], "description": "What its paper calls it."},
            "source": {"type": ["string", "null"], "description": "Paper and table that it was taken from."},
            "parameters": {
                "type": ["object", "null"],
                "description": "Names with defaults; without one, a parameter is a free symbol.",
                "propertyNames": {"pattern": _NAME},
                "additionalProperties": {"$ref": "#/$defs/parameter"},
            },
            "variants": {
                "type": ["object", "null"],
                "description": "Published configurations by their usual names.",
                "additionalProperties": {"type": ["object", "null"], "additionalProperties": _EXPRESSION},
            },
            "define": {
                "type": ["object", "null"],
                "description": "Derived values, functions such as `width(c)`, look-up tables and lists.",
                "additionalProperties": {"$ref": "#/$defs/data"},
            },
            "input": {"$ref": "#/$defs/shape", "description": "[channels, height, width]"},
            "inputs": {
                "type": "object",
                "description": "Several inputs by label, filled in order by `from`.",
                "additionalProperties": {"$ref": "#/$defs/shape"},
            },
            "outputs": {
                "type": ["array", "null"],
                "description": "Labels, where there is more than the last tensor.",
                "items": {"type": "string"},
            },
            "written": {
                "type": ["object", "null"],
                "description": "How the reference implementation writes layers, by kind.",
                "properties": dict.fromkeys(kinds(), _FORM),
                "additionalProperties": False,
            },
            "blocks": {
                "type": ["object", "null"],
                "description": "Local blocks.",
                "propertyNames": {"pattern": _NAME},
                "additionalProperties": {"$ref": "#/$defs/block"},
            },
            "layers": {"$ref": "#/$defs/layers"},
        },
        "required": ["layers"],
        "additionalProperties": False,
    }


def _parameter() -> dict[str, Any]:
    helps = {
        "default": "A value, or an expression in other parameters.",
        "min": "The least value.",
        "max": "The greatest value.",
        "above": "A bound that the value lies above.",
        "choices": "The only values.",
        "whole": "Whether its values are whole numbers, and so is a symbol in its place.",
        "pair": "Whether it may be [height, width] as well as one number for both.",
        "help": "What it is, for --help.",
    }
    properties: dict[str, Any] = {key: {**_EXPRESSION, "description": helps[key]} for key in PARAMETER_KEYS}
    properties["choices"] = {"type": "array", "items": _SCALAR, "minItems": 1, "description": helps["choices"]}
    properties["whole"] = {"type": "boolean", "description": helps["whole"]}
    properties["pair"] = {"type": "boolean", "description": helps["pair"]}
    properties["help"] = {"type": "string", "description": helps["help"]}
    return {
        "anyOf": [
            {"type": "null"},
            _EXPRESSION,
            {"type": "object", "properties": properties, "additionalProperties": False},
        ]
    }


def _entry() -> dict[str, Any]:
    modifiers: dict[str, Any] = {
        "when": {**_EXPRESSION, "description": "The entry is left out where this is false; tested first."},
        "else": {"description": "What is built where `when` is false: an entry, or a list of entries."},
        "carry": {
            "description": "Labels that every turn of the `repeat`, or row of the table, sees and sets anew.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        },
        "until": {"type": "string", "description": "The name in a block after which nothing of it is wanted."},
        "repeat": {**_EXPRESSION, "description": "How often; `i` is the turn, from 0."},
        "name": {"type": "string", "description": "Its part of the layers' paths; {expressions} are filled in."},
        "as": {
            "description": "A label for its output; of a split a list, one for every part.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        },
        "from": {
            "description": "A label, or several, to read instead of the running tensor.",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
        },
        "written": {**_FORM, "description": "How the reference implementation writes the layer."},
        "shares": {"type": "string", "description": "The `name` of an entry before, whose parameters it uses again."},
        "shared": {**_EXPRESSION, "description": "Whether the turns of its `repeat` use the same parameters."},
    }
    constructs: dict[str, Any] = {
        "layers": {"$ref": "#/$defs/layers", "description": "Entries under one set of modifiers."},
        "table": {"$ref": "#/$defs/table"},
        "branches": {"$ref": "#/$defs/branches"},
    }
    return {
        "anyOf": [
            {"type": "string", "description": "A layer or a block without attributes."},
            {
                "type": "object",
                "properties": {
                    **modifiers,
                    **constructs,
                    **{word: {"$ref": f"#/$defs/layer_{word}"} for word in LAYERS},
                },
                "additionalProperties": {
                    "description": "A block with values for its parameters.",
                    "type": ["object", "null"],
                    "additionalProperties": _EXPRESSION,
                },
                "minProperties": 1,
            },
        ]
    }


def _table() -> dict[str, Any]:
    properties = {
        "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "rows": {"anyOf": [{"type": "array", "items": _EXPRESSION}, {"type": "string"}]},
        "do": {"$ref": "#/$defs/layers"},
    }
    return {
        "type": "object",
        "description": "The body once for every row, with the columns as names.",
        "properties": properties,
        "required": list(TABLE_KEYS),
        "additionalProperties": False,
    }


def _branches() -> dict[str, Any]:
    repeated = {
        "type": "object",
        "properties": {"repeat": _EXPRESSION, "when": _EXPRESSION, "do": {"$ref": "#/$defs/layers"}},
        "required": ["do"],
        "anyOf": [{"required": ["repeat"]}, {"required": ["when"]}],
        "additionalProperties": False,
    }
    path = {"anyOf": [{"$ref": "#/$defs/layers"}, repeated]}
    fusion = {
        "type": "object",
        "properties": {
            "hff": {"type": ["object", "null"], "properties": {"first": _EXPRESSION}, "additionalProperties": False}
        },
        "required": ["hff"],
        "additionalProperties": False,
    }
    properties = {
        "paths": {"anyOf": [{"type": "array", "items": path, "minItems": 1}, repeated]},
        "split": {"anyOf": [{"const": "even"}, {"type": "array", "items": _EXPRESSION}]},
        "merge": {"anyOf": [{"enum": list(MERGES)}, fusion]},
    }
    assert tuple(properties) == BRANCHES_KEYS
    return {
        "type": "object",
        "description": "Several paths from one tensor, and how their ends are merged.",
        "properties": properties,
        "required": ["paths", "merge"],
        "additionalProperties": False,
    }


def _layer(word: str, attributes: tuple[Attribute, ...]) -> dict[str, Any]:
    doc = (LAYERS[word].layer.__doc__ or "").strip().splitlines()[0]
    properties: dict[str, Any] = {}
    for attribute in attributes:
        value: dict[str, Any] = dict(_EXPRESSION)
        if attribute.choices:
            value = {"anyOf": [{"enum": list(attribute.choices)}, _EXPRESSION]}
        properties[attribute.name] = {**value, "description": attribute.help}
    required = [attribute.name for attribute in attributes if attribute.required]
    schema: dict[str, Any] = {"description": doc, "properties": properties, "additionalProperties": False}
    schema["type"] = "object" if required else ["object", "null"]
    if required:
        schema["required"] = required
    return {"anyOf": [schema, _EXPRESSION]} if LAYERS[word].layer.short else schema
