"""From YAML nodes to typed options: one walk over the declarations, which finds everything that is wrong."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import yaml

from oncall_tui.clock import parse_duration
from oncall_tui.config.declared import Declared, declared, expected, is_options, is_word, members
from oncall_tui.config.nodes import is_null, line_of
from oncall_tui.config.options import NotKnown, reasons_of
from oncall_tui.config.problems import Problem, closest, nearest
from oncall_tui.config.secret import Secret
from oncall_tui.text import clean

INVALID: Final = object()
"""In place of a value that could not be made; the reason is in the problems."""

Choose = Callable[[yaml.MappingNode, type, str], type | None]
"""Which dataclass a mapping is, of those that inherit from the declared one; ``None``: none, and a problem is told."""

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_SECRET_FORMS = ("env", "command", "file", "keyring")


def join(path: str, key: str) -> str:
    """The path of ``key`` below ``path``."""
    return f"{path}.{key}" if path else key


class Validator:
    """One run over one file.

    Attributes:
        problems: what is wrong, in the order found.
        literals: paths and lines of the secrets that are written out in the file.
        variables: paths and names of the environment variables that secrets come from.
    """

    def __init__(self, file: Path, choose: Choose) -> None:
        self.problems: list[Problem] = []
        self.literals: list[tuple[str, int]] = []
        self.variables: list[tuple[str, str]] = []
        self._file = file
        self._choose = choose

    def wrong(self, node: yaml.Node, path: str, message: str, hint: str | None = None) -> None:
        """Note a problem at ``node``."""
        self.problems.append(Problem(self._file, line_of(node), path, clean(message, 300), hint and clean(hint, 300)))

    # -- mappings --------------------------------------------------------------------------------------------------

    def entries(self, node: yaml.MappingNode, path: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The pairs of a mapping by key: the key's node and the value's. Of a key given twice the first counts."""
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong(key_node, path, "a key must be one word")
                continue
            key = clean(key_node.value, 100)
            if key == "<<" and not key_node.style:  # plain: None, or "" of libyaml
                self.wrong(key_node, path, "merge keys (<<) are not supported", "write the keys out")
            elif key in found:
                first = line_of(found[key][0])
                self.wrong(key_node, join(path, key), f"given twice, first in line {first}")
            else:
                found[key] = (key_node, value)
        return found

    def options(self, node: yaml.Node, cls: type, path: str) -> Any:
        """An instance of the dataclass ``cls``, or of the one chosen for it; where some of its options are wrong, one
        of which the others can be read (see :func:`_partial`)."""
        if not isinstance(node, yaml.MappingNode):
            return self._not(node, cls, path)
        chosen = self._choose(node, cls, path)
        if chosen is None:
            return INVALID
        known = declared(chosen)
        entries = self.entries(node, path)
        wrong = self._unknown(entries, known, path)
        values = {}
        for key, option in known.items():
            if key in entries and not (is_null(entries[key][1]) and not option.required):
                value = self._option(entries[key][1], option, join(path, key))
                if value is INVALID:
                    wrong.add(option.name)
                else:
                    values[option.name] = value
            elif option.required and key not in entries:
                self.wrong(node, path, f"{key!r} is missing: {option.help}", f"expected {expected(option.type)}")
                wrong.add(option.name)
        try:
            return _partial(chosen, values, wrong) if wrong else chosen(**values)
        except NotKnown:
            return INVALID
        except ValueError as error:
            for reason in reasons_of(error):
                self._found(node, entries, path, reason)
            # Which of those that can be left out is meant, is not told; what must be there is there.
            return _known(chosen, values, wrong | {option.name for option in known.values() if not option.required})

    def _unknown(
        self, entries: Mapping[str, tuple[yaml.Node, yaml.Node]], known: Mapping[str, Declared], path: str
    ) -> set[str]:
        """Tells the keys that are none; gives the fields that they may mean: what those hold is not known, then."""
        meant = set()
        for key, (key_node, _) in entries.items():
            if key not in known:
                self.wrong(key_node, join(path, key), "unknown key", nearest(key, tuple(known)))
                close = closest(key, tuple(known))
                if close is not None and close not in entries:
                    meant.add(known[close].name)
        return meant

    def _found(
        self, node: yaml.Node, entries: Mapping[str, tuple[yaml.Node, yaml.Node]], path: str, reason: str
    ) -> None:
        """Tells what a check over several fields has found; it may name the one that it is about: "base_url: …"."""
        key, colon, rest = reason.partition(": ")
        if colon and key in entries:
            self.wrong(entries[key][1], join(path, key), rest)
        else:
            self.wrong(node, path, reason)

    def _option(self, node: yaml.Node, option: Declared, path: str) -> Any:
        value = self.convert(node, option.type, path)
        if value is INVALID or option.check is None:
            return value
        try:
            return option.check(value)
        except NotKnown:
            return INVALID
        except ValueError as error:
            for reason in reasons_of(error):
                self.wrong(node, path, reason)
            return INVALID

    def _map(self, node: yaml.MappingNode, hint: Any, path: str) -> Any:
        values = {
            key: self.convert(value, hint, join(path, key)) for key, (_, value) in self.entries(node, path).items()
        }
        return INVALID if INVALID in values.values() else values

    def _list(self, node: yaml.SequenceNode, hint: Any, path: str) -> Any:
        values = tuple(self.convert(item, hint, f"{path}[{at}]") for at, item in enumerate(node.value))
        return INVALID if any(value is INVALID for value in values) else values

    # -- values ----------------------------------------------------------------------------------------------------

    def convert(self, node: yaml.Node, hint: Any, path: str) -> Any:
        """The value that ``node`` means by the type ``hint``; :data:`INVALID` and a problem where it means none."""
        kinds = members(hint)
        if isinstance(node, yaml.SequenceNode):
            for kind in kinds:
                if get_origin(kind) is tuple:
                    return self._list(node, get_args(kind)[0], path)
        elif isinstance(node, yaml.MappingNode):
            for kind in kinds:
                if get_origin(kind) is dict:
                    return self._map(node, get_args(kind)[1], path)
                if kind is Secret:
                    return self._secret(node, path)
                if is_options(kind):
                    return self.options(node, kind, path)
        elif isinstance(node, yaml.ScalarNode) and not is_null(node):
            return self._scalar(node, kinds, hint, path)
        return self._not(node, hint, path)

    def _not(self, node: yaml.Node, hint: Any, path: str) -> Any:
        if is_null(node):
            found = "nothing is written here"
        elif isinstance(node, yaml.ScalarNode):
            found = "found text"
        else:
            found = "found a list" if isinstance(node, yaml.SequenceNode) else "found a mapping"
        self.wrong(node, path, f"{found}, expected {expected(hint)}")
        return INVALID

    def _scalar(self, node: yaml.ScalarNode, kinds: tuple[Any, ...], hint: Any, path: str) -> Any:
        text = str(node.value)
        reasons = []
        for kind in kinds:
            if kind is Secret:
                self.literals.append((path, line_of(node)))
                return Secret("literal", text)
            if is_options(kind) or get_origin(kind) in (tuple, dict):
                continue
            try:
                return scalar(text, kind)
            except ValueError as error:
                reasons.append((kind, str(error)))
        if not reasons:
            return self._not(node, hint, path)
        choices = [word for kind, _ in reasons if get_origin(kind) is Literal for word in get_args(kind)]
        if choices and len(reasons) == 1:
            self.wrong(node, path, f"{clean(text, 40)!r} is not one of: {', '.join(choices)}", _close(text, choices))
        elif len(reasons) == 1 and is_word(reasons[0][0]):
            self.wrong(node, path, reasons[0][1])
        else:
            self.wrong(node, path, f"found {clean(text, 40)!r}, expected {expected(hint)}", _close(text, choices))
        return INVALID

    def _secret(self, node: yaml.MappingNode, path: str) -> Any:
        entries = self.entries(node, path)
        form = next(iter(entries), "")
        if len(entries) != 1 or form not in _SECRET_FORMS:
            hint = nearest(form, _SECRET_FORMS) if len(entries) == 1 else None
            self.wrong(node, path, "expected one of {env: NAME}, {command: …}, {file: PATH}, {keyring: NAME}", hint)
        else:
            value = self.convert(entries[form][1], str, join(path, form))
            if value is INVALID:
                return INVALID
            if not value.strip():
                self.wrong(node, join(path, form), "must not be empty")
            elif form == "env" and not _ENV_NAME.fullmatch(value):
                self.wrong(node, join(path, form), "not the name of an environment variable")
            else:
                if form == "env":
                    self.variables.append((path, value))
                return Secret(form, value)  # type: ignore[arg-type]  # one of _SECRET_FORMS
        return INVALID


class _Wrong:
    """In place of a field whose value is wrong."""

    def __get__(self, instance: object, owner: type) -> Any:
        raise NotKnown


def _partial(cls: type, values: Mapping[str, Any], wrong: Collection[str]) -> Any:
    """An instance that has been checked as far as it is known: to read one of the fields ``wrong`` raises NotKnown.

    Raises:
        ValueError: a check that needs none of those has found something.
    """
    made = _known(cls, values, wrong)
    if hasattr(cls, "__post_init__"):
        with contextlib.suppress(NotKnown):
            made.__post_init__()
    return made


def _known(cls: type, values: Mapping[str, Any], wrong: Collection[str]) -> Any:
    made: Any = object.__new__(type(cls.__name__, (cls,), dict.fromkeys(wrong, _Wrong())))
    for field in dataclasses.fields(cls):
        if field.name in wrong:
            continue
        if field.name in values:
            object.__setattr__(made, field.name, values[field.name])
        elif field.default_factory is not dataclasses.MISSING:
            object.__setattr__(made, field.name, field.default_factory())
        elif field.default is not dataclasses.MISSING:
            object.__setattr__(made, field.name, field.default)
    return made


def _close(text: str, choices: list[str]) -> str | None:
    hint = nearest(clean(text, 40), choices) if choices else ""
    return hint if hint.startswith("did you mean") else None


def scalar(text: str, kind: Any) -> Any:
    """One word as a value of a scalar type.

    Raises:
        ValueError: it is none; one line.
    """
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise ValueError(f"expected {expected(kind)}")
    if is_word(kind):
        return kind.from_text(text)
    reader = _READERS.get(kind)
    if reader is None:
        raise TypeError(f"options cannot hold {kind!r}")
    return reader(text)


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError("expected true or false")


def _int(text: str) -> int:
    if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text, re.ASCII):
        raise ValueError("expected a whole number")
    return int(text)


def _float(text: str) -> float:
    if not re.fullmatch(r"\s*[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,3})?\s*", text, re.ASCII):
        raise ValueError("expected a number")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("expected a number")
    return value


def _str(text: str) -> str:
    return text


_READERS: Mapping[Any, Callable[[str], Any]] = {
    str: _str,
    bool: _bool,
    int: _int,
    float: _float,
    timedelta: parse_duration,
    datetime: lambda text: datetime.fromisoformat(text.strip()),
    date: lambda text: date.fromisoformat(text.strip()),
}
