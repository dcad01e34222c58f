"""The team's rules out of the config."""

from __future__ import annotations

from datetime import date, time, timedelta

from oncall_tui.config.rules import calendar, severity_policy
from oncall_tui.policy import DEFAULT_RULES
from tests.config.conftest import Load, source


def test_without_changes_the_built_in_policy(load: Load) -> None:
    assert dict(severity_policy(load(source()).policy).rules) == dict(DEFAULT_RULES)


def test_any_part_can_be_replaced(load: Load) -> None:
    text = (
        "policy:\n  severity:\n"
        "    sev1: {respond: 3m, participants: [everybody], escalation: CTO, title: Catastrophe}\n"
        "    sev2: {update: as-needed, postmortem_days: none, respond: business-hours}\n"
        "    sev4: {respond: 1h, update: 1d, postmortem_days: 20, resolve: 5d, channels: []}\n"
    )
    rules = severity_policy(load(text + source()).policy).rules
    assert rules[1].respond == timedelta(minutes=3) and rules[1].participants == ("everybody",)
    assert (rules[1].escalation, rules[1].title) == ("CTO", "Catastrophe")
    assert rules[1].update == DEFAULT_RULES[1].update and rules[1].definition == DEFAULT_RULES[1].definition
    assert (rules[2].update, rules[2].postmortem_days, rules[2].respond) == (None, None, None)
    assert rules[3] == DEFAULT_RULES[3]
    assert (rules[4].respond, rules[4].update, rules[4].resolve) == (
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=5),
    )
    assert rules[4].postmortem_days == 20 and rules[4].channels == ()


def test_the_calendar_is_in_the_seats_zone_or_its_own(load: Load) -> None:
    seat = "seat: {time_zone: Europe/Rome}\n"
    plain = calendar(load(seat + source()))
    assert (str(plain.zone), plain.opens, plain.closes) == ("Europe/Rome", time(9), time(18))
    assert plain.weekdays == frozenset(range(5))
    own = "policy: {calendar: {time_zone: Asia/Tokyo, hours: 10:00-16:30, days: [sat, sun], holidays: [2026-12-25]}}\n"
    changed = calendar(load(seat + own + source()))
    assert (str(changed.zone), changed.opens, changed.closes) == ("Asia/Tokyo", time(10), time(16, 30))
    assert changed.weekdays == {5, 6} and changed.holidays == {date(2026, 12, 25)}
