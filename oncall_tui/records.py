"""Dataclasses that do not cost the start: the standard library's, with methods that are compiled when first called.

``@dataclass`` here is ``dataclasses.dataclass`` to whoever uses the class (``fields``, ``replace``, ``match``, msgspec,
another dataclass that inherits) and to the type checker. There every method is a text that is compiled when the class
is made, half a millisecond in all, and the program makes a hundred classes before its first board; here it is 0.06.

Not here, because nobody asks for it: ``order``, ``unsafe_hash``, ``InitVar``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, kw_only=False, repr=True):
        """As ``dataclasses.dataclass``."""

        def make(cls):
            return _made(cls, frozen=frozen, slots=slots, kw_only=kw_only, repr=repr)

        return make if cls is None else make(cls)


def _made(cls: type[Any], *, frozen: bool, slots: bool, kw_only: bool, repr: bool) -> type[Any]:
    # What inherits says of frozen what its bases say. It costs two compiled methods, so the others say it after.
    inherits = any(dataclasses.is_dataclass(base) for base in cls.__mro__[1:])
    cls.__doc__ = cls.__doc__ or cls.__name__  # else its signature is worked out, to stand here
    defined = vars(cls)
    cls = dataclasses.dataclass(
        init=False, repr=False, eq=False, frozen=frozen and inherits, slots=slots, kw_only=kw_only
    )(cls)
    params = cls.__dataclass_params__
    params.init, params.repr, params.eq, params.frozen = True, repr, True, frozen
    methods: dict[str, Any] = {"__init__": _later(cls, "__init__", _init), "__eq__": _later(cls, "__eq__", _eq)}
    if repr:
        methods["__repr__"] = _repr
    if frozen:
        methods |= {"__setattr__": _no_setattr, "__delattr__": _no_delattr}
        methods |= {"__getstate__": _state, "__setstate__": _set_state} if slots else {}
    for name, method in methods.items():
        if name not in defined:
            setattr(cls, name, method)
    if defined.get("__hash__") is None:
        cls.__hash__ = _later(cls, "__hash__", _hash) if frozen else None  # type: ignore[assignment]
    return cls


# -- methods that are the same for every class -------------------------------------------------------------------


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _no_setattr(self: Any, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_delattr(self: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


# -- methods that are compiled: with the fields' names in them they are fast --------------------------------------

_Writer = Callable[[type[Any], dict[str, Any]], str]
"""Gives the text of a method, and puts what it names into the dict."""


def _later(cls: type[Any], name: str, write: _Writer) -> Callable[..., Any]:
    """A method that takes its compiled form's place until it is first called."""

    def method(self: Any, *args: Any, **given: Any) -> Any:
        names: dict[str, Any] = {}
        exec(write(cls, names), names)  # noqa: S102  # of nothing but the names of fields
        made = names[name]
        made.__qualname__ = f"{cls.__qualname__}.{name}"
        setattr(cls, name, made)
        return made(self, *args, **given)

    method.__name__ = name
    return method


def _tuple(of: str, fields: list[Field[Any]]) -> str:
    return f"({''.join(f'{of}.{field.name},' for field in fields)})"


def _eq(cls: type[Any], names: dict[str, Any]) -> str:
    fields = [field for field in dataclasses.fields(cls) if field.compare]
    return (
        "def __eq__(self, other):\n"
        " if other.__class__ is self.__class__:\n"
        f"  return {_tuple('self', fields)} == {_tuple('other', fields)}\n"
        " return NotImplemented"
    )


def _hash(cls: type[Any], names: dict[str, Any]) -> str:
    fields = [field for field in dataclasses.fields(cls) if (field.compare if field.hash is None else field.hash)]
    return f"def __hash__(self):\n return hash({_tuple('self', fields)})"


def _init(cls: type[Any], names: dict[str, Any]) -> str:
    names.update(_MISSING=MISSING, _set=object.__setattr__)
    fields = dataclasses.fields(cls)
    first = [_parameter(field, names) for field in fields if field.init and not field.kw_only]
    last = [_parameter(field, names) for field in fields if field.init and field.kw_only]
    lines = []
    for field in fields:
        value = _value(field, names)
        if value is not None:
            frozen = cls.__dataclass_params__.frozen
            lines.append(f"_set(self, {field.name!r}, {value})" if frozen else f"self.{field.name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join(["self", *first, *(["*", *last] if last else [])])
    return f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"])


def _parameter(field: Field[Any], names: dict[str, Any]) -> str:
    if field.default is not MISSING:
        names[f"_default_{field.name}"] = field.default
        return f"{field.name}=_default_{field.name}"
    return field.name if field.default_factory is MISSING else f"{field.name}=_MISSING"


def _value(field: Field[Any], names: dict[str, Any]) -> str | None:
    """What ``__init__`` gives a field; ``None``: nothing, somebody else will."""
    name = field.name
    if field.default_factory is not MISSING:
        names[f"_make_{name}"] = field.default_factory
        return f"_make_{name}() if {name} is _MISSING else {name}" if field.init else f"_make_{name}()"
    # What is no parameter and has a default has it from the class, unless its slot stands in the way.
    if not field.init and field.default is not MISSING:
        names[f"_default_{name}"] = field.default
        return f"_default_{name}"
    return name if field.init else None
