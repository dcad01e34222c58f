"""Our dataclasses are the standard library's to whoever uses them; only when they are compiled differs."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any, ClassVar

import msgspec
import pytest

from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Frozen, with slots."""

    name: str
    tags: tuple[str, ...] = ()
    known: dict[str, int] = field(default_factory=dict)
    aside: str = field(default="", compare=False, repr=False)
    made: int = field(default=7, init=False)
    LIMIT: ClassVar[int] = 3

    @property
    def loud(self) -> str:
        """In capitals."""
        return self.name.upper()


@dataclass(frozen=True)
class Base:
    first: int
    second: int = 2

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError("first: negative")


@dataclass(frozen=True, kw_only=True)
class Derived(Base):
    third: str = "c"


@dataclass
class Loose:
    items: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, repr=False)
class Hidden:
    value: str

    def __repr__(self) -> str:
        return "***"


def twin(cls: type[Any], **how: bool) -> type[Any]:
    """The same class, made by the standard library."""
    left_out = ("__dict__", "__weakref__", "__slots__", "__dataclass_fields__", "__dataclass_params__")
    names = {field.name for field in dataclasses.fields(cls)}
    body = {name: value for name, value in vars(cls).items() if name not in left_out and name not in names}
    for name in ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__", "__getstate__"):
        body.pop(name, None)
    body.pop("__setstate__", None)
    own = cls.__annotations__
    again = {f.name: _again(f) for f in dataclasses.fields(cls) if f.name in own}
    return dataclasses.dataclass(**how)(type(cls.__name__, cls.__bases__, {**body, **again}))  # type: ignore[call-overload,no-any-return]


def _again(one: dataclasses.Field[Any]) -> Any:
    default = {} if one.default is dataclasses.MISSING else {"default": one.default}
    if one.default_factory is not dataclasses.MISSING:
        default = {"default_factory": one.default_factory}
    return field(init=one.init, repr=one.repr, compare=one.compare, **default)  # type: ignore[call-overload]


def test_a_record_is_what_the_standard_library_makes_of_the_class() -> None:
    theirs = twin(Fact, frozen=True, slots=True, kw_only=True)
    ours, other = Fact(name="a", tags=("x",)), theirs(name="a", tags=("x",))
    assert repr(ours).rpartition(".")[2] == repr(other).rpartition(".")[2]
    assert hash(Fact(name="a", known=None)) == hash(theirs(name="a", known=None))  # type: ignore[arg-type]
    assert dataclasses.asdict(ours) == dataclasses.asdict(other)
    assert list(inspect.signature(Fact).parameters) == list(inspect.signature(theirs).parameters)
    assert Fact.__match_args__ == theirs.__match_args__ == ()
    assert Base.__match_args__ == ("first", "second")
    for flag in ("init", "repr", "eq", "frozen"):
        assert getattr(Fact.__dataclass_params__, flag) is getattr(theirs.__dataclass_params__, flag) is True  # type: ignore[attr-defined]


def test_equality_is_of_the_same_class_and_of_what_is_compared() -> None:
    assert Fact(name="a", aside="1") == Fact(name="a", aside="2")
    assert Fact(name="a") != Fact(name="b")
    assert Base(1) != Derived(first=1)
    assert Base(1) != (1, 2)
    assert Fact(name="a").loud == "A"


def test_a_frozen_one_stays_as_it_is_even_before_its_methods_are_compiled() -> None:
    @dataclass(frozen=True, slots=True)
    class New:
        value: int

    one = object.__new__(New)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'value'"):
        one.value = 1  # type: ignore[misc]
    for change in (lambda: setattr(Derived(first=1), "third", ""), lambda: delattr(Fact(name="a"), "name")):
        with pytest.raises(FrozenInstanceError):
            change()


def test_each_object_has_defaults_of_its_own() -> None:
    one, other = Fact(name="a"), Fact(name="b")
    one.known["x"] = 1
    assert (other.known, one.made) == ({}, 7)
    loose = Loose()
    loose.items.append(1)
    assert Loose() == Loose([]) != loose
    assert Loose.__hash__ is None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Fact(), "missing 1 required keyword-only argument: 'name'"),
        (lambda: Fact("a"), "takes 1 positional argument"),  # type: ignore[misc]
        (lambda: Fact(name="a", more=1), "unexpected keyword argument 'more'"),  # type: ignore[call-arg]
        (lambda: Fact(name="a", made=1), "unexpected keyword argument 'made'"),  # type: ignore[call-arg]
    ],
)
def test_wrong_arguments_are_told_as_by_any_function(make: Callable[[], object], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        make()


def test_one_inherits_from_another_and_from_the_standard_librarys() -> None:
    assert Derived(1, third="z") == Derived(first=1, second=2, third="z")
    with pytest.raises(ValueError, match="negative"):
        Derived(first=-1)

    @dataclasses.dataclass(frozen=True)
    class Theirs(Base):
        fourth: int = 4

    assert Theirs(1, fourth=5) == Theirs(1, 2, 5)
    with pytest.raises(TypeError, match="non-frozen"):
        dataclass(type("Wrong", (Base,), {}))


def test_replace_copy_pickle_and_match() -> None:
    one = Fact(name="a", tags=("t",))
    assert dataclasses.replace(Derived(first=1), third="x") == Derived(first=1, third="x")
    assert copy.deepcopy(one) == copy.copy(one) == pickle.loads(pickle.dumps(one)) == one
    match Base(5):
        case Base(5, second):
            assert second == 2
        case _:
            pytest.fail("no match")


def test_what_a_class_defines_itself_stays() -> None:
    assert repr(Hidden("secret")) == "***"
    assert Hidden.__doc__ == "Hidden"


def test_msgspec_reads_and_writes_them() -> None:
    one = Fact(name="a", tags=("x",), known={"n": 1})
    assert msgspec.json.decode(msgspec.json.encode(one), type=Fact) == one


def test_a_class_costs_a_fraction_of_the_standard_librarys() -> None:
    annotations = {f"field{number}": "int" for number in range(8)}

    def cost(decorate: Any) -> float:
        bodies = [type("C", (), {"__annotations__": annotations, "__doc__": "One."}) for _ in range(30)]
        began = time.process_time()
        for body in bodies:
            decorate(frozen=True, slots=True, kw_only=True)(body)
        return time.process_time() - began

    assert min(cost(dataclass) for _ in range(3)) < min(cost(dataclasses.dataclass) for _ in range(3)) / 3
