"""Reading and checking the config file."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import yaml

from oncall_tui.clock import zone_named
from oncall_tui.config import nodes
from oncall_tui.config.declaring import CHANNELS
from oncall_tui.config.options import ChannelOptions, NotKnown, SourceOptions
from oncall_tui.config.problems import ConfigError, Problem, nearest
from oncall_tui.config.schema import Config
from oncall_tui.config.validate import Validator, join
from oncall_tui.text import clean

SOURCE_KINDS = (
    "pagerduty",
    "opsgenie",
    "jsm",
    "splunk-oncall",
    "grafana-oncall",
    "datadog",
    "grafana",
    "prometheus",
    "alertmanager",
    "loki",
    "goalert",
    "incident-io",
    "jira",
    "http",
    "rotation",
)
"""Every kind of source that has a name; which of them this version can do, its registry says."""
CHANNEL_KINDS = ("slack", "statuspage", "smtp", "jira", "webhook", "manual")


class KindModule(Protocol):
    """What the config needs of a kind of source or channel."""

    @property
    def Options(self) -> type[SourceOptions] | type[ChannelOptions]:
        """Its options."""
        ...


class Registry(Protocol):
    """The kinds of source or of channel; :mod:`oncall_tui.sources` and :mod:`oncall_tui.channels` are such."""

    def kind_names(self) -> Sequence[str]:
        """All kinds that can be configured."""
        ...

    def load_kind(self, name: str) -> KindModule:
        """The module of that kind. Raises KeyError: no such kind."""
        ...


class NoKinds:
    """A registry with nothing in it."""

    def kind_names(self) -> tuple[str, ...]:
        """None."""
        return ()

    def load_kind(self, name: str) -> KindModule:
        """Raises KeyError."""
        raise KeyError(name)


NO_KINDS = NoKinds()


def load_config(
    path: Path,
    *,
    kinds: Registry,
    environ: Mapping[str, str],
    channels: Registry = NO_KINDS,
    known_actions: Collection[str] | None = None,
) -> Config:
    """The config in the file at ``path``.

    Args:
        kinds: the sources that can be configured.
        channels: the channels that can be configured.
        environ: for ``TZ``, and to warn of variables that are named and not set.
        known_actions: the ids that ``keys`` may name; ``None`` takes any.

    Raises:
        ConfigError: it cannot be read, others can change it (or read a secret in it), or anything in it is wrong.
    """
    raw, status = _read(path)
    root = nodes.parse(raw, path)
    if root is None:
        raise ConfigError([Problem(path, None, "", "the file is empty", "see config.example.yaml")])
    kind_of = _Kinds({SourceOptions: kinds, ChannelOptions: channels})
    validator = Validator(path, kind_of.choose)
    kind_of.validator = validator
    config = validator.options(root, Config, "")
    if isinstance(root, yaml.MappingNode):
        top = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
        _check_names(validator, top)
        if isinstance(config, Config):
            for key, check in _OVER_PARTS:
                with contextlib.suppress(NotKnown):
                    check(validator, top.get(key), config)
        if known_actions is not None:
            _check_keys(validator, top.get("keys"), known_actions)
    problems = [*_permission_problems(path, status, validator), *validator.problems]
    if problems or not isinstance(config, Config):
        raise ConfigError(problems)
    if "time_zone" not in _keys_of(_value_of(root, "seat")):
        config = dataclasses.replace(config, seat=dataclasses.replace(config.seat, time_zone=local_zone_name(environ)))
    warnings = _warnings(validator, environ)
    if known_actions is not None:
        warnings += _key_problems(config)
    return dataclasses.replace(config, path=path, warnings=warnings)


# -- the file --------------------------------------------------------------------------------------------------------


def _read(path: Path) -> tuple[bytes, os.stat_result]:
    try:
        # A pipe in place of the file must not hold the start up; it is refused as no file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ConfigError([Problem(path, None, "", "not a file")])
            with os.fdopen(descriptor, "rb", closefd=False) as handle:
                return handle.read(nodes.MAX_BYTES + 1), status
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ConfigError([Problem(path, None, "", f"cannot be read: {error.strerror}")]) from None
    except ValueError:
        raise ConfigError([Problem(path, None, "", "not a path")]) from None


def _permission_problems(path: Path, status: os.stat_result, validator: Validator) -> list[Problem]:
    mode = stat.S_IMODE(status.st_mode)
    shown = shlex.quote(clean(path))
    if status.st_uid not in (os.getuid(), 0):
        return [Problem(path, None, "", "the file does not belong to you (nor to root): it is not used")]
    if validator.literals and mode & 0o077:
        key, line = validator.literals[0]
        message = f"holds a secret and can be read by others (mode {mode:04o})"
        return [Problem(path, line, key, message, f"run: chmod 600 {shown}")]
    if mode & 0o022:
        return [
            Problem(path, None, "", f"the file can be changed by others (mode {mode:04o})", f"run: chmod go-w {shown}")
        ]
    return []


def _warnings(validator: Validator, environ: Mapping[str, str]) -> tuple[str, ...]:
    return (
        *(
            f"line {line}: {key} holds a secret as plain text; {{command: …}}, {{file: …}} or {{env: …}} is safer"
            for key, line in validator.literals
        ),
        *(f"{key}: ${name} is not set" for key, name in validator.variables if not environ.get(name)),
    )


def _key_problems(config: Config) -> tuple[str, ...]:
    """Keys that another action has where both are live; the dashboard starts without them, and says so, too."""
    # Not at the top: few configs have keys of their own.
    from oncall_tui.actions.keys import take, without_key

    changed, problems = take(config.keys)
    return (*problems, *without_key(config.commands, changed).values())


# -- checks over several parts ---------------------------------------------------------------------------------------


class _Kinds:
    """Which options an entry of ``sources`` or ``channels`` has: its ``kind`` says so."""

    validator: Validator

    def __init__(self, registries: Mapping[type, Registry]) -> None:
        self._registries = registries

    def choose(self, node: yaml.MappingNode, cls: type, path: str) -> type | None:
        if cls not in self._registries:
            return cls
        kind = _text_of(node, "kind")
        if kind is None or not kind.value.strip():
            hint = f"one of: {', '.join(self._all(cls))}"
            self.validator.wrong(kind or node, path, "'kind' is missing: which system this is", hint)
            return None
        return self._chosen(kind, cls, join(path, "kind"))

    def _all(self, cls: type) -> tuple[str, ...]:
        return tuple(self._registries[cls].kind_names())

    def _chosen(self, kind: yaml.ScalarNode, cls: type, path: str) -> type | None:
        name, wrong = str(kind.value), self.validator.wrong
        try:
            return self._registries[cls].load_kind(name).Options
        except Exception as error:  # noqa: BLE001 - a third party's module may fail in any way
            # Asked only now: reading what is installed takes longer than all else here.
            built = self._all(cls)
            if name not in built:
                self._refuse(kind, name, path, built, SOURCE_KINDS if cls is SourceOptions else CHANNEL_KINDS)
            else:
                wrong(kind, path, f"kind {name!r} does not load: {type(error).__name__}: {clean(error, 120)}")
        return None

    def _refuse(
        self, kind: yaml.ScalarNode, name: str, path: str, built: Sequence[str], planned: Sequence[str]
    ) -> None:
        if name in planned:
            self.validator.wrong(kind, path, f"kind {name!r} is not supported by this version")
            return
        hint = nearest(clean(name, 40), built or planned)
        self.validator.wrong(kind, path, f"unknown kind {clean(name, 40)!r}", hint)


def _keys_of(node: yaml.Node | None) -> set[str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {str(key.value) for key, value in pairs if isinstance(key, yaml.ScalarNode) and not nodes.is_null(value)}


def _text_of(node: yaml.MappingNode, key: str) -> yaml.ScalarNode | None:
    for key_node, value in node.value:
        if isinstance(key_node, yaml.ScalarNode) and key_node.value == key and isinstance(value, yaml.ScalarNode):
            return value
    return None


def _check_names(validator: Validator, top: Mapping[str, yaml.Node]) -> None:
    sources = top.get("sources")
    if isinstance(sources, yaml.SequenceNode) and not sources.value:
        validator.wrong(sources, "sources", "no source is configured", "see config.example.yaml")
    first: dict[str, yaml.Node] = {}
    for key in ("sources", "channels"):
        entries = top.get(key)
        for at, entry in enumerate(entries.value if isinstance(entries, yaml.SequenceNode) else ()):
            name = _text_of(entry, "name") if isinstance(entry, yaml.MappingNode) else None
            if name is None:
                continue
            owner = first.setdefault(name.value, entry)
            if owner is not entry:
                message = f"the name {clean(name.value, 40)!r} is taken, first in line {nodes.line_of(owner)}"
                validator.wrong(name, f"{key}[{at}].name", message)


def _check_people(validator: Validator, identity: yaml.Node | None, config: Config) -> None:
    """People are called something in sources and channels that are there."""
    people = _value_of(identity, "people")
    known = [*(one.name for one in config.sources), *(one.name for one in config.channels)]
    for person, named in people.value if isinstance(people, yaml.MappingNode) else ():
        for key, _ in named.value if isinstance(named, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value not in known:
                word = clean(key.value, 40)
                path = join(join("identity.people", clean(str(person.value), 60)), word)
                validator.wrong(key, path, f"no source or channel is called {word!r}", nearest(word, known))


def _check_checklists(validator: Validator, policy: yaml.Node | None, config: Config) -> None:
    """Checklists run commands that are there."""
    commands = [one.name for one in config.commands]
    for name, items in config.policy.checklists.items():
        for item in items:
            if item.run is not None and item.run not in commands:
                node = _value_of(_value_of(policy, "checklists"), name)
                word = clean(item.run, 40)
                message = f"no command is called {word!r}"
                validator.wrong(
                    node or yaml.MappingNode("", []), f"policy.checklists.{name}", message, nearest(word, commands)
                )


def _check_audiences(validator: Validator, policy: yaml.Node | None, config: Config) -> None:
    """Audiences are told through channels that are there."""
    if not config.policy.communication:
        return
    # Not at the top: few configs change who hears what.
    from oncall_tui.policy.communication import DEFAULT_AUDIENCES, is_place

    channels = [(one.name, one.kind) for one in config.channels]
    for name, audience in config.policy.communication.items():
        path = f"policy.communication.{clean(name, 60)}"
        node = _value_of(_value_of(policy, "communication"), name) or yaml.MappingNode("", [])
        if audience.where is None and name not in [one.name for one in DEFAULT_AUDIENCES]:
            validator.wrong(node, path, "'where' is missing: through which channels they are told")
        for word in audience.where or ():
            if not is_place(word, channels):
                hint = nearest(clean(word, 40), [one for one, _ in channels])
                validator.wrong(node, join(path, "where"), f"no channel is called {clean(word, 40)!r}", hint)


def _check_declaring(validator: Validator, policy: yaml.Node | None, config: Config) -> None:
    """The parts of a declaration are played by systems and channels that are there."""
    parts = config.policy.declare
    sources, channels = [one.name for one in config.sources], [one.name for one in config.channels]
    for part in ("pager", *CHANNELS):
        name, known = getattr(parts, part), sources if part == "pager" else channels
        if name is not None and name not in known:
            node = _value_of(_value_of(policy, "declare"), part) or yaml.MappingNode("", [])
            kind = "source" if part == "pager" else "channel"
            message = f"no {kind} is called {clean(name, 40)!r}"
            validator.wrong(node, f"policy.declare.{part}", message, nearest(clean(name, 40), known))


def _check_queries(validator: Validator, entries: yaml.Node | None, config: Config) -> None:
    """Queries are asked of sources that are there."""
    known = [one.name for one in config.sources]
    for at, query in enumerate(config.investigate):
        if query.source is not None and query.source not in known:
            node = entries.value[at] if isinstance(entries, yaml.SequenceNode) else yaml.MappingNode("", [])
            message = f"no source is called {query.source!r}"
            validator.wrong(node, f"investigate[{at}].source", message, nearest(query.source, known))


_OVER_PARTS = (
    ("identity", _check_people),
    ("policy", _check_checklists),
    ("policy", _check_audiences),
    ("policy", _check_declaring),
    ("investigate", _check_queries),
)
"""The checks over several parts, each with the part that it points to; one that reads what is wrong ends there."""


def _value_of(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for one, value in pairs if isinstance(one, yaml.ScalarNode) and one.value == key), None)


def _check_keys(validator: Validator, keys: yaml.Node | None, known: Collection[str]) -> None:
    if not isinstance(keys, yaml.MappingNode):
        return
    for action, _ in keys.value:
        if isinstance(action, yaml.ScalarNode) and action.value not in known:
            name = clean(action.value, 60)
            validator.wrong(action, join("keys", name), "unknown action", nearest(name, tuple(known)))


def local_zone_name(environ: Mapping[str, str]) -> str:
    """The machine's time zone by its IANA name: ``$TZ``, else what ``/etc/localtime`` points to, else ``UTC``."""
    try:
        target = str(Path("/etc/localtime").readlink())
    except OSError:
        target = ""
    for name in (environ.get("TZ", "").lstrip(":"), target.partition("zoneinfo/")[2]):
        try:
            if name:
                zone_named(name)
                return name
        except ValueError:
            continue
    return "UTC"
