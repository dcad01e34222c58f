"""The rules of leading an incident out of the config: escalation, who hears what, checklists, the watch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.config.lead_rules import checklists, communication
from oncall_tui.config.rules import severity_policy
from oncall_tui.policy import DEFAULT_RULES
from oncall_tui.policy.communication import DEFAULT_AUDIENCES, Communication
from oncall_tui.policy.severity import EscalationRule
from tests.config.conftest import Load, Problems, source

HOUR = timedelta(hours=1)


def policy(text: str) -> str:
    return f"policy:\n{text}"


@pytest.mark.parametrize(
    ("given", "rule", "words"),
    [
        ("sev2: {escalate: at-once}", EscalationRule(when="at-once"), "at once"),
        ("sev2: {escalate: at-once, escalate_to: CTO}", EscalationRule(when="at-once", to="CTO"), "CTO at once"),
        ("sev2: {slo: [burn rate]}", EscalationRule(when="slo-breach", slo=("burn rate",)), "on SLO breach"),
        ("sev2: {escalate: 2h}", EscalationRule(when="not-resolved", after=2 * HOUR), "if not resolved in 2h"),
        ("sev2: {escalate: by-hand}", EscalationRule(when="by-hand"), "by hand"),
        ("sev2: {escalate: at-once, escalation: after lunch}", EscalationRule(when="at-once"), "after lunch"),
        ("sev2: {title: Bad}", DEFAULT_RULES[2].escalate, "on SLO breach"),
    ],
)  # fmt: skip
def test_escalation(load: Load, given: str, rule: EscalationRule, words: str) -> None:
    found = severity_policy(load(policy(f"  severity:\n    {given}\n") + source()).policy).rules[2]
    assert (found.escalate, found.escalation) == (rule, words)


@pytest.mark.parametrize(
    ("given", "update", "as_needed"),
    [("1h", HOUR, True), ("as-needed", None, True), ("none", None, False)],
)
def test_updates(load: Load, given: str, update: timedelta | None, as_needed: bool) -> None:
    found = severity_policy(load(policy(f"  severity:\n    sev1: {{update: {given}}}\n") + source()).policy).rules[1]
    assert (found.update, found.as_needed) == (update, as_needed)


@pytest.mark.parametrize(
    ("given", "days", "optional"), [("3", 3, False), ("none", None, False), ("optional", None, True)]
)
def test_post_mortem(load: Load, given: str, days: int | None, optional: bool) -> None:
    text = policy(f"  severity:\n    sev1: {{postmortem_days: {given}}}\n")
    found = severity_policy(load(text + source()).policy).rules[1]
    assert (found.postmortem_days, found.postmortem_optional) == (days, optional)


def test_without_changes_the_built_in_matrix(load: Load) -> None:
    found = load(source()).policy
    assert communication(found) == Communication()
    assert checklists(found)["resolution"].items[2].text == "Watch for 15m after the fix"


def test_audiences_are_changed_and_added(load: Load) -> None:
    text = policy(
        "  communication:\n"
        "    customers: {every: {sev1: 20m, sev3: 2h}}\n"
        "    company: {room: '#all'}\n"
        "    board: {where: [email], to: [b@example.com], internal: true, every: {sev1: 2h}, content: money}\n"
        "  published: [1]\n"
    )
    found = communication(load(text + source()).policy)
    named = {one.name: one for one in found.audiences}
    assert list(named) == [*(one.name for one in DEFAULT_AUDIENCES), "board"]
    assert named["customers"].every == {1: timedelta(minutes=20), 3: 2 * HOUR}
    assert named["customers"].where == ("status page",) and not named["customers"].internal
    assert (named["company"].room, named["company"].every) == ("#all", {1: HOUR, 2: HOUR})
    assert named["board"].to == ("b@example.com",) and named["board"].internal
    assert found.published == {1}


def test_a_list_of_the_teams_own(load: Load) -> None:
    text = policy(
        "  watch: 30m\n"
        "  checklists:\n"
        "    resolution:\n"
        "      - {text: Roll back, run: roll-back}\n"
        "      - {text: 'Wait {watch}', check: watch, id: wait}\n"
        "    failover: [{text: Tell the bank!}]\n"
    )
    found = checklists(load(text + "commands: [{name: roll-back, command: 'true'}]\n" + source()).policy)
    first, second = found["resolution"].items
    assert (first.id, first.command, first.by_hand) == ("roll-back", "roll-back", False)
    assert (second.id, second.text, second.check) == ("wait", "Wait 30m", "watch")
    assert (found["failover"].title, found["failover"].items[0].id) == ("Failover", "tell-the-bank")
    assert found["failover"].items[0].by_hand


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ("  watch: 25h\n", "policy.watch", "at most 24h"),
        ("  watch: 5s\n", "policy.watch", "at least 60s"),
        ("  published: [5]\n", "policy.published", "numbers from 1 to 4"),
        ("  communication: {team: {every: {sev9: 1h}}}\n", "policy.communication.team.every", "'sev9' is no severity"),
        ("  communication: {team: {every: {sev1: 3s}}}\n", "policy.communication.team.every", "sev1: at least 60s"),
        ("  communication: {board: {content: x}}\n", "policy.communication.board", "'where' is missing"),
        ("  communication: {team: {where: [smoke]}}\n", "policy.communication.team.where", "no channel is called"),
        ("  checklists: {resolution: [{text: a, check: x}]}\n", "policy.checklists", "no program looks after 'x'"),
        ("  checklists: {resolution: [{text: a, run: x}]}\n", "policy.checklists.resolution", "no command is called"),
        ("  checklists: {resolution: [{text: a}, {text: A}]}\n", "policy.checklists", "two items have the id a"),
        ("  checklists: {'no way': []}\n", "policy.checklists", "letters a-z"),
        ("  severity: {sev1: {escalate: soon}}\n", "policy.severity.sev1.escalate", "found 'soon'"),
    ],
)  # fmt: skip
def test_what_cannot_be(problems: Problems, given: str, path: str, words: str) -> None:
    (found,) = problems(policy(given) + source())
    assert found.path == path
    assert words in found.message
    assert found.line is not None
