"""A config file as the wizard writes it: what was answered, commented out of the options' own help."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml

from oncall_tui.config.declared import Declared, declared, members
from oncall_tui.config.secret import Secret
from oncall_tui.config.validate import scalar
from oncall_tui.records import dataclass

_HEAD = """\
# oncall-tui: written by 'oncall-tui init'. Every option with its default is in config.example.yaml, what each means in
# docs/config.md. 'oncall-tui check' tells whether all of it works.
"""
_COMMENT_AT = 48


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One system: what was answered, by the key in the file. Values are texts, or Secrets."""

    kind: str
    name: str
    answers: Mapping[str, str | Secret] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The whole file."""

    user: str | None
    teams: Sequence[str]
    time_zone: str
    sources: Sequence[Entry]
    channels: Sequence[Entry]


def asked(cls: type) -> list[Declared]:
    """The options of a kind that a person is asked for: what it cannot do without, its address, and where it has
    credentials that may be left out, those. One word each."""
    found = []
    for option in declared(cls).values():
        kinds = members(option.type)
        plain = Secret in kinds or any(kind in (str, int, float, bool) for kind in kinds)
        wanted = option.required or option.key == "base_url" or Secret in kinds or option.key == "username"
        if option.key not in ("name", "kind") and plain and wanted:
            found.append(option)
    return found


def can_be_asked(cls: type) -> bool:
    """Whether all that the kind needs is one word each."""
    needed = {option.key for option in declared(cls).values() if option.required} - {"name", "kind"}
    words = {option.key for option in asked(cls)}
    return bool(words) and needed <= words


def options_of(cls: type, entry: Entry) -> Any:
    """The typed options that the answers mean.

    Raises:
        ValueError: one of them cannot be, or they do not fit together; one line.
    """
    known = declared(cls)
    values: dict[str, Any] = {"name": entry.name, "kind": entry.kind}
    for key, text in entry.answers.items():
        option = known[key]
        values[option.name] = text if isinstance(text, Secret) else _value(text, option)
    return cls(**values)


def _value(text: str, option: Declared) -> Any:
    reasons = []
    for kind in members(option.type):
        if kind in (str, int, float, bool) or not isinstance(kind, type):
            try:
                value = scalar(text, kind)
                return option.check(value) if option.check is not None else value
            except ValueError as error:
                reasons.append(str(error))
    raise ValueError(reasons[0] if reasons else f"{option.key} cannot be written as one word")


def rendered(draft: Draft, kinds: Mapping[str, type]) -> str:
    """The file's text; ``kinds`` are the options of each kind that is in it."""
    lines = [_HEAD, "seat:"]
    if draft.user:
        lines.append(_line("  ", "user", draft.user, "your name or mail, matched in each system"))
    lines.append(
        _commented(f"  teams: {_flow(list(draft.teams))}", 'what "mine" means; empty: everything the tokens may see')
    )
    lines.append(_line("  ", "time_zone", draft.time_zone, "of the times on the screen"))
    for section, entries in (("sources", draft.sources), ("channels", draft.channels)):
        if entries:
            lines += ["", f"{section}:"]
        for entry in entries:
            lines += _entry(entry, kinds[entry.kind])
    return "\n".join(lines) + "\n"


def _entry(entry: Entry, cls: type) -> list[str]:
    known = declared(cls)
    lines = [_line("  - ", "name", entry.name, known["name"].help), f"    kind: {entry.kind}"]
    for key, value in entry.answers.items():
        if isinstance(value, Secret):
            lines.append(_commented(f"    {key}: {_flow({value.how: value.value})}", known[key].help))
        else:
            lines.append(_line("    ", key, value, known[key].help))
    return lines


def _line(indent: str, key: str, value: str, comment: str) -> str:
    return _commented(f"{indent}{key}: {_word(value)}", comment)


def _commented(line: str, comment: str) -> str:
    return f"{line.ljust(_COMMENT_AT)} # {comment}"


def _word(value: str) -> str:
    """One YAML scalar, quoted where it must be."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=False, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _flow(value: list[str] | dict[str, str]) -> str:
    """A list or map on one line. Its words are quoted otherwise than those that stand alone: a comma ends one here."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=False, width=10_000)
    return text.strip()


def write_private(path: Path, text: str) -> None:
    """A new file that only its owner can read, whole or not at all; the folders that it needs are made for the owner
    alone, too.

    Raises:
        FileExistsError: something is there already.
        OSError: it cannot be written.
    """
    for folder in reversed([one for one in path.parents if not one.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)  # with parents=True the mode would be the last one's only
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
