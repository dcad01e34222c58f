"""The team's rules as :mod:`oncall_tui.policy` takes them, from the options of the config."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

from oncall_tui.clock import format_duration, zone_named
from oncall_tui.config.schema import WEEKDAYS, Config, PolicyOptions, SeverityOptions
from oncall_tui.policy import DEFAULT_RULES, Calendar, SeverityPolicy, SeverityRule
from oncall_tui.policy.identity import Identity
from oncall_tui.policy.severity import EscalationRule


def severity_policy(options: PolicyOptions) -> SeverityPolicy:
    """The severity policy in force: the built-in one with the config's changes."""
    matrix = options.severity
    changes = {1: matrix.sev1, 2: matrix.sev2, 3: matrix.sev3, 4: matrix.sev4}
    return SeverityPolicy({level: _changed(rule, changes[level]) for level, rule in DEFAULT_RULES.items()})


def _changed(rule: SeverityRule, change: SeverityOptions | None) -> SeverityRule:
    if change is None:
        return rule
    plain = ("title", "definition", "examples", "resolve", "participants", "channels")
    given: dict[str, Any] = {name: value for name in plain if (value := getattr(change, name)) is not None}
    if change.respond is not None:
        given["respond"] = change.respond if isinstance(change.respond, timedelta) else None
    if change.update is not None:
        given["update"] = change.update if isinstance(change.update, timedelta) else None
        given["as_needed"] = change.update != "none"
    if change.postmortem_days is not None:
        given["postmortem_days"] = change.postmortem_days if isinstance(change.postmortem_days, int) else None
        given["postmortem_optional"] = change.postmortem_days == "optional"
    return dataclasses.replace(rule, **given, **_escalation(rule, change))


def _escalation(rule: SeverityRule, change: SeverityOptions) -> dict[str, Any]:
    """The escalation rule, and its words where they are not given."""
    held = rule.escalate
    when, after = held.when, held.after
    if isinstance(change.escalate, timedelta):
        when, after = "not-resolved", change.escalate
    elif change.escalate is not None:
        when, after = change.escalate, None
    to = held.to if change.escalate_to is None else change.escalate_to
    slo = held.slo if change.slo is None else change.slo
    changed = EscalationRule(when=when, to=to, after=after, slo=slo)
    same = (changed.when, changed.to, changed.after) == (held.when, held.to, held.after)
    words = rule.escalation if same else _escalation_words(changed)
    return {"escalate": changed, "escalation": words if change.escalation is None else change.escalation}


def _escalation_words(rule: EscalationRule) -> str:
    to = f"{rule.to} " if rule.to else ""
    match rule.when:
        case "at-once":
            return f"{to}at once"
        case "slo-breach":
            return f"{to}on SLO breach"
        case "not-resolved":
            return f"{to}if not resolved in {format_duration(rule.after or timedelta())}"
    return f"{to}by hand"


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
