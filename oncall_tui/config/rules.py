"""The team's rules as :mod:`oncall_tui.policy` takes them, from the options of the config."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from oncall_tui.clock import zone_named
from oncall_tui.config.schema import WEEKDAYS, Config, PolicyOptions, SeverityOptions
from oncall_tui.policy import DEFAULT_RULES, Calendar, SeverityPolicy, SeverityRule
from oncall_tui.policy.identity import Identity


def severity_policy(options: PolicyOptions) -> SeverityPolicy:
    """The severity policy in force: the built-in one with the config's changes."""
    matrix = options.severity
    changes = {1: matrix.sev1, 2: matrix.sev2, 3: matrix.sev3, 4: matrix.sev4}
    return SeverityPolicy({level: _changed(rule, changes[level]) for level, rule in DEFAULT_RULES.items()})


def _changed(rule: SeverityRule, change: SeverityOptions | None) -> SeverityRule:
    if change is None:
        return rule
    given: dict[str, Any] = {
        field.name: getattr(change, field.name)
        for field in dataclasses.fields(change)
        if getattr(change, field.name) is not None
    }
    # "business-hours", "as-needed" and "none" are the policy's None.
    for name, wanted in (("respond", timedelta), ("update", timedelta), ("postmortem_days", int)):
        if name in given and not isinstance(given[name], wanted):
            given[name] = None
    return dataclasses.replace(rule, **given)


def identity(config: Config) -> Identity:
    """Who and what is the same in different systems."""
    options = config.identity
    return Identity(people=options.people, services=options.services, teams=options.teams)


def calendar(config: Config) -> Calendar:
    """The team's calendar, in its own time zone or the seat's."""
    options = config.policy.calendar
    return Calendar(
        zone=zone_named(options.time_zone or config.seat.time_zone),
        opens=options.hours.start,
        closes=options.hours.end,
        weekdays=frozenset(WEEKDAYS.index(day) for day in options.days),
        holidays=frozenset(options.holidays),
    )
