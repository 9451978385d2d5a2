"""Data classes with the meaning of the standard library's, made in a tenth of its time.

The standard library compiles every method of a data class by itself, which takes about a millisecond a class: with 150
of them, a third of what a short command takes. Here only ``__init__`` is compiled; the other methods are functions over
the names of the fields. Types are checked against the standard library's, whose ``replace``, ``fields`` and ``asdict``
take these classes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field
else:
    import dataclasses
    from dataclasses import MISSING, field
    from operator import attrgetter
    from reprlib import recursive_repr

    def dataclass(cls=None, /, **options):
        """Make a data class, as ``dataclasses.dataclass`` does.

        Parameters
        ----------
        cls : type
            Its body; its annotations are strings, and a field that is one of the class begins with ``ClassVar``.
        **options
            ``eq``, ``repr``, ``frozen``, ``slots``, ``kw_only``; any other is left to the standard library.

        Examples
        --------
        >>> @dataclass(frozen=True, slots=True)
        ... class Shape:
        ...     height: "int"
        ...     width: "int" = 1
        >>> Shape(7)
        Shape(height=7, width=1)
        """
        if options.keys() - {"eq", "repr", "frozen", "slots", "kw_only"}:
            return dataclasses.dataclass(cls, **options)
        return _made(cls, **options) if cls is not None else lambda cls: _made(cls, **options)

    def _made(cls, eq=True, repr=True, frozen=False, slots=False, kw_only=False):
        own = _own_fields(cls, kw_only)
        fields = {}
        for base in reversed(cls.__mro__[1:]):
            if "__dataclass_fields__" in base.__dict__:
                fields |= base.__dataclass_fields__
                if base.__dataclass_params__.frozen != frozen:
                    raise TypeError(
                        f"frozen data classes inherit from each other alone: {cls.__name__}, {base.__name__}"
                    )
        inherited = set(fields)
        fields |= own
        members = {"__dataclass_fields__": fields, "__init__": _initialiser(cls, fields.values(), frozen)}
        members["__dataclass_params__"] = _options(repr=repr, eq=eq, frozen=frozen, kw_only=kw_only, slots=slots)
        members["__replace__"] = dataclasses.replace
        members["__match_args__"] = tuple(each.name for each in fields.values() if each.init and not each.kw_only)
        if repr:
            members["__repr__"] = _representation([each.name for each in fields.values() if each.repr])
        if eq:
            members |= _equality([each.name for each in fields.values() if each.compare], frozen)
        if frozen:
            members |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
        if frozen and slots:
            members |= {"__getstate__": _state, "__setstate__": _restore}
        written = cls.__dict__
        members = {
            name: value
            for name, value in members.items()
            if name not in written
            or name == "__init__"
            or (name == "__hash__" and written[name] is None and "__eq__" in written)
        }
        return _with_slots(cls, own, inherited, members) if slots else _filled(cls, own, members)

    def _options(**given):
        """Return how the class was made, as other libraries read it."""
        options = object.__new__(dataclasses._DataclassParams)
        for name in options.__slots__:
            setattr(options, name, given.get(name, name in ("init", "match_args")))
        return options

    def _own_fields(cls, kw_only):
        """Return the fields that stand in the class's body, by name."""
        own = {}
        for name, kind in cls.__annotations__.items():
            if kind.startswith("ClassVar"):
                continue
            default = cls.__dict__.get(name, MISSING)
            each = default if isinstance(default, dataclasses.Field) else field(default=default)
            if each.default.__class__.__hash__ is None:
                raise ValueError(f"{kind} as default of {name} would be shared by all: use default_factory")
            each.name, each.type, each._field_type = name, kind, dataclasses._FIELD
            if each.kw_only is MISSING:
                each.kw_only = kw_only
            own[name] = each
        return own

    def _initialiser(cls, fields, frozen):
        """Return ``__init__``: the one method that is compiled, since it runs most."""
        if "__init__" in cls.__dict__:
            return cls.__dict__["__init__"]
        known = {"_set": object.__setattr__, "_missing": dataclasses._HAS_DEFAULT_FACTORY}
        plain, keyword, body, kinds = ["self"], [], [], {}
        for each in fields:
            name, value = each.name, each.name
            if each.default_factory is not MISSING:
                known[f"_make_{name}"] = each.default_factory
                value = f"_make_{name}()" if not each.init else f"_make_{name}() if {name} is _missing else {name}"
                default = "=_missing"
            elif each.default is not MISSING:
                known[f"_default_{name}"] = each.default
                value = value if each.init else f"_default_{name}"
                default = f"=_default_{name}"
            else:
                default = ""
            if each.init:
                (keyword if each.kw_only else plain).append(name + default)
                kinds[name] = each.type
            elif not default:
                continue
            body.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            body.append(" self.__post_init__()")
        parameters = ", ".join([*plain, *(["*", *keyword] if keyword else [])])
        exec(f"def __init__({parameters}):\n" + ("\n".join(body) or " pass"), known)  # noqa: S102 - of the names of fields only
        made = known["__init__"]
        made.__qualname__, made.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
        made.__annotations__ = {**kinds, "return": None}
        return made

    def _reader(names):
        """Return what reads the values of fields off an instance, as a tuple."""
        if len(names) > 1:
            return attrgetter(*names)
        return lambda self: tuple(getattr(self, name) for name in names)

    def _representation(names):
        @recursive_repr()
        def written(self):
            return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

        return written

    def _equality(names, frozen):
        read = _reader(names)

        def equal(self, other):
            return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self):
            return hash(read(self))

        return {"__eq__": equal, "__hash__": hashed if frozen else None}

    def _refuse_to_set(self, name, value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def _state(self):
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def _restore(self, state):
        for name, value in zip(self.__dataclass_fields__, state, strict=True):
            object.__setattr__(self, name, value)

    def _filled(cls, own, members):
        """Give the class its methods, and its fields their defaults."""
        for name, each in own.items():
            if each.default is not MISSING:
                setattr(cls, name, each.default)
            elif name in cls.__dict__:
                delattr(cls, name)
        for name, value in members.items():
            setattr(cls, name, value)
        return cls

    def _with_slots(cls, own, inherited, members):
        """Return the class anew with slots for its own fields, which only the making of a class can give."""
        kept = {name: value for name, value in cls.__dict__.items() if name not in own}
        kept.pop("__dict__", None)
        kept.pop("__weakref__", None)
        slots = {"__slots__": tuple(name for name in own if name not in inherited)}
        return type(cls)(cls.__name__, cls.__bases__, {**kept, **slots, **members, "__qualname__": cls.__qualname__})


__all__ = ["dataclass", "field"]
