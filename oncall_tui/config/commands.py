"""``commands``: programs of the team's own that are run beside an incident or an alert."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any, Literal

from oncall_tui.config.options import Findings, at_least, free_keys, opt
from oncall_tui.config.secret import Secret
from oncall_tui.records import dataclass

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?", re.ASCII)
_LONGEST = timedelta(hours=4)


def command_name(value: str) -> str:
    """A check: a name that can be typed after ``oncall-tui run``."""
    if not _NAME.fullmatch(value):
        raise ValueError("letters a-z, digits, inner dashes and underscores, at most 40")
    return value


def _command(value: tuple[str, ...] | str) -> tuple[str, ...] | str:
    words = value if isinstance(value, tuple) else (value,)
    if not words or not words[0].strip():
        raise ValueError("must not be empty")
    if any("\0" in word for word in words):
        raise ValueError("holds a NUL character")
    return value


def _timeout(value: timedelta) -> timedelta:
    if value > _LONGEST:
        raise ValueError("at most 4h")
    return at_least(timedelta(seconds=1))(value)  # type: ignore[no-any-return]  # a length stays one


def _key(value: str) -> str:
    free_keys({"key": value})
    if "," in value and len(value) > 1:
        raise ValueError("one key")
    return value


@dataclass(frozen=True, kw_only=True)
class CommandOptions:
    """One command. It gets the incident or alert as JSON on its standard input and in ``ONCALL_*`` variables."""

    name: str = opt(help="what it is called, here and in oncall-tui run NAME", check=command_name)
    command: tuple[str, ...] | str = opt(
        help="program and arguments, as a list or as one line, which no shell reads", check=_command
    )
    shell: bool = opt(False, help="the line is read by /bin/sh: pipes, variables, redirections")
    title: str | None = opt(None, help="what the list of commands says; left out: the name")
    key: str | None = opt(None, help="a key that runs it at once", check=_key)
    on: Literal["incident", "alert", "none"] = opt("incident", help="what it is about")
    changes: bool = opt(True, help="it changes something: marked, asked for before it runs, not for a read-only seat")
    timeout: timedelta = opt(timedelta(minutes=1), help="stopped after so long, with its children", check=_timeout)
    output: Literal["show", "note"] = opt("show", help="shown only, or written on the timeline, too, once it ends")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one("command"):
                self._check_line()
            with findings.one("output"):
                if self.output == "note" and self.on != "incident":
                    raise ValueError("a note needs an incident (on: incident)")

    def _check_line(self) -> None:
        if self.shell and not isinstance(self.command, str):
            raise ValueError("one line, not a list, where a shell reads it")
        if not self.shell and isinstance(self.command, str):
            try:
                shlex.split(self.command)
            except ValueError:
                raise ValueError("a quote that is not closed") from None

    @property
    def argv(self) -> tuple[str, ...]:
        """Program and arguments."""
        if isinstance(self.command, tuple):
            return self.command
        return ("/bin/sh", "-c", self.command) if self.shell else tuple(shlex.split(self.command))

    @property
    def shown(self) -> str:
        """What the list says."""
        return self.title or self.name


def named_once(value: tuple[CommandOptions, ...]) -> tuple[CommandOptions, ...]:
    """A check of the list: no name and no key means two commands."""
    for what, given in (("name", [one.name for one in value]), ("key", [one.key for one in value if one.key])):
        twice = next((word for at, word in enumerate(given) if word in given[:at]), None)
        if twice is not None:
            raise ValueError(f"two commands have the {what} {twice}")
    return value


def secret_variables(options: Any) -> frozenset[str]:
    """The environment variables that secrets anywhere in ``options`` come from: no command gets them."""
    return frozenset(secret.value for secret in _secrets(options) if secret.how == "env")


def _secrets(value: Any) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _secrets(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _secrets(one)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _secrets(getattr(value, field.name))
