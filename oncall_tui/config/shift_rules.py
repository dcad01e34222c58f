"""The shift's rules as :mod:`oncall_tui.policy` takes them, from the options of the config."""

from __future__ import annotations

import dataclasses
from typing import Any

from oncall_tui.config.schema import PolicyOptions
from oncall_tui.config.shift import RoleOptions
from oncall_tui.policy.roles import DEFAULT_ROLES, Role


def roles(options: PolicyOptions) -> tuple[Role, ...]:
    """The built-in roles with the config's changes, then the team's own."""
    known = {role.id: role for role in DEFAULT_ROLES}
    for name, change in options.roles.items():
        known[name] = _changed(known.get(name) or Role(id=name, title=name.replace("-", " ").capitalize()), change)
    return tuple(known.values())


def _changed(role: Role, change: RoleOptions) -> Role:
    given: dict[str, Any] = {
        field.name: getattr(change, field.name)
        for field in dataclasses.fields(change)
        if getattr(change, field.name) is not None
    }
    return dataclasses.replace(role, **given)
