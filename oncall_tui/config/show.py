"""The effective config as text, for people (``config --show``) and editors (``config --schema``), without a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args, get_origin

import yaml

from oncall_tui.clock import format_duration
from oncall_tui.config.declared import declared, expected, is_options, is_word, members
from oncall_tui.config.load import NO_KINDS, Registry
from oncall_tui.config.options import ChannelOptions, SourceOptions
from oncall_tui.config.schema import Config
from oncall_tui.config.secret import MASK, Secret, mask

Registries = Mapping[type, Registry]


def shown(config: Config) -> str:
    """The effective config as YAML, defaults included, every secret masked: of a command only its program is shown,
    because its arguments may hold one, and of other texts not what follows ``token=`` and the like."""
    return yaml.safe_dump(plain(config), sort_keys=False, allow_unicode=True, width=110)


def plain(value: Any) -> Any:
    """Options as plain mappings, lists and words, as the file would hold them; ``None`` values are left out."""
    match value:
        case Secret():
            return {value.how: _masked(value)} if value.how != "literal" else MASK
        case None | bool() | int() | float():
            return value
        case timedelta():
            return format_duration(value)
        case datetime() | date():
            return value.isoformat()
        case tuple():
            return [plain(item) for item in value]
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
    cls: type = type(value)
    if is_options(cls):
        pairs = ((key, getattr(value, option.name)) for key, option in declared(cls).items())
        return {key: plain(item) for key, item in pairs if item is not None}
    return mask(str(value))


def _masked(secret: Secret) -> str:
    if secret.how != "command":
        return secret.value
    program, _, arguments = secret.value.strip().partition(" ")
    return f"{program} {MASK}" if arguments else program


def schema(kinds: Registry, channels: Registry = NO_KINDS) -> dict[str, Any]:
    """The JSON schema (2020-12) of the config file with the kinds of source and channel that this version can do."""
    root = _object(Config, {SourceOptions: kinds, ChannelOptions: channels})
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "oncall-tui config", **root}


def _object(cls: type, kinds: Registries, **fixed: Any) -> dict[str, Any]:
    options = declared(cls)
    return {
        "type": "object",
        "properties": {
            key: fixed.get(key) or {**_type(option.type, kinds), "description": option.help}
            for key, option in options.items()
        },
        "required": [key for key, option in options.items() if option.required],
        "additionalProperties": False,
    }


def _kinds(base: type, kinds: Registries) -> Iterator[dict[str, Any]]:
    for name in kinds[base].kind_names():
        try:
            options = kinds[base].load_kind(name).Options
        except Exception:  # noqa: BLE001, S112 - a third party's module that does not load has no options to tell
            continue
        yield _object(options, kinds, kind={"const": name, "description": "which system this is"})


def _type(hint: Any, kinds: Registries) -> dict[str, Any]:
    found = [_one(member, kinds) for member in members(hint)]
    return found[0] if len(found) == 1 else {"anyOf": found}


def _one(hint: Any, kinds: Registries) -> dict[str, Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in kinds:
        return {"anyOf": list(_kinds(hint, kinds)) or [{"not": {}}]}
    if hint is Secret:
        forms = [
            {
                "type": "object",
                "properties": {form: {"type": "string"}},
                "required": [form],
                "additionalProperties": False,
            }
            for form in ("env", "command", "file", "keyring")
        ]
        return {"anyOf": [{"type": "string"}, *forms]}
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], kinds)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type(arguments[1], kinds)}
    if is_options(hint):
        return _object(hint, kinds)
    if is_word(hint):
        return {"type": "string", "pattern": hint.pattern} if hasattr(hint, "pattern") else {"type": "string"}
    # The file is read by the text of its words: a number is a text too where a text is taken.
    simple = {int: "integer", float: "number", bool: "boolean"}.get(hint)
    return {"type": simple} if simple else {"type": ["string", "number", "boolean"], "title": expected(hint)}
