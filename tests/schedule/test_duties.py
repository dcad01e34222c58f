"""Roles and escalation paths as people, by the seed's structure and by the config."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oncall_tui import channels, sources
from oncall_tui.config.load import load_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.config.schema import PolicyOptions
from oncall_tui.config.shift import RoleOptions
from oncall_tui.config.shift_rules import roles
from oncall_tui.policy import SeverityPolicy
from oncall_tui.policy.roles import DEFAULT_ROLES
from oncall_tui.schedule.duties import Duty, TeamDuties, duties, to_json
from tests.support.ui import sample_board, sample_facts

BOARD = sample_board()


def found(options: PolicyOptions | None = None, **facts: Any) -> TeamDuties:
    board = sample_board(replace(sample_facts(), **facts)) if facts else BOARD
    return duties(board, roles(options or PolicyOptions()), SeverityPolicy())[0]


def role(team: TeamDuties, name: str) -> Duty:
    return next(duty for duty in team.roles if duty.role.id == name)


def test_the_seeds_roles_with_what_each_owes() -> None:
    assert [(one.id, one.title) for one in DEFAULT_ROLES] == [
        ("primary", "Primary On-Call Engineer"),
        ("secondary", "Secondary On-Call Engineer"),
        ("incident-commander", "Incident Commander (for major incidents)"),
        ("support-engineer", "Support Engineer (optional)"),
    ]
    assert [len(one.owes) for one in DEFAULT_ROLES] == [4, 4, 4, 3]
    assert DEFAULT_ROLES[1].respond == timedelta(minutes=15)


def test_roles_are_people_and_say_how_fast_they_answer() -> None:
    team = found()
    assert team.team == "Payments" and team.mine
    primary, secondary = role(team, "primary"), role(team, "secondary")
    assert [(one.name, one.mine) for one in primary.people] == [("Alice Martin", True)]
    assert primary.answers == "Sev1 5m, Sev2 15m, Sev3 30m, Sev4 in business hours"
    assert ([one.name for one in secondary.people], secondary.answers) == (["Bob Chen"], "within 15m")
    commander = role(team, "incident-commander")
    assert (commander.people, commander.known_by) == ((), "named when it is needed")
    assert role(team, "support-engineer").known_by == "nobody is named: policy.roles.support-engineer in the config"


def test_the_escalation_path_is_people_too_and_a_level_that_nobody_holds_is_told() -> None:
    (path,) = found().paths
    assert path.policy == "Payments escalation" and path.source == "pager"
    assert [(step.level, step.after_s, [one.name for one in step.people]) for step in path.steps] == [
        (1, 0.0, ["Alice Martin"]),
        (2, 300, ["Bob Chen"]),
        (3, 900, ["Erin Walsh"]),
    ]
    (without,) = found(on_call=sample_facts().on_call[:1]).paths
    assert [(step.level, step.after_s, step.people, step.targets) for step in without.steps[1:]] == [
        (2, 300, (), ("Payments secondary",)),
        (3, 900, (), ("Erin Walsh",)),
    ]
    assert role(found(on_call=sample_facts().on_call[:1]), "secondary").people == ()


def test_the_config_names_people_a_team_and_roles_of_its_own() -> None:
    options = PolicyOptions(
        roles={
            "incident-commander": RoleOptions(people=("erin@example.com", "zoe@example.com")),
            "support-engineer": RoleOptions(team="storage"),
            "secondary": RoleOptions(respond=timedelta(minutes=10), owes=("what is left",)),
            "database-expert": RoleOptions(level=3),
            "archivist": RoleOptions(team="Archive"),
        }
    )
    team = found(options)
    assert [one.name for one in role(team, "incident-commander").people] == ["Erin Walsh", "zoe@example.com"]
    support = role(team, "support-engineer")
    assert ([one.name for one in support.people], support.known_by) == (["Charlie Diaz"], "on call for Storage")
    assert (role(team, "secondary").answers, role(team, "secondary").role.owes) == ("within 10m", ("what is left",))
    expert = role(team, "database-expert")
    assert (expert.role.title, [one.name for one in expert.people]) == ("Database expert", ["Erin Walsh"])
    assert role(team, "archivist").known_by == "no system tells who is on call for Archive"
    document = to_json((team,))["teams"][0]
    assert document["roles"][0]["respond_s"] is None and document["roles"][1]["respond_s"] == 600
    assert document["escalation"][0]["levels"][0]["people"][0] == {
        "name": "Alice Martin",
        "contact": "alice@example.com",
        "mine": True,
    }


def test_nobody_on_call_is_nothing_to_tell() -> None:
    assert duties(sample_board(replace(sample_facts(), on_call=())), DEFAULT_ROLES, SeverityPolicy()) == ()


def test_a_wrong_role_in_the_config_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "sources:\n  - {name: a, kind: http, health: [{name: a, url: 'http://127.0.0.1'}]}\n"
        "policy:\n  forgotten: 10s\n  roles:\n    primary: {tittle: x}\n"
    )
    path.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load_config(path, kinds=sources, channels=channels, environ={})
    told = str(caught.value)
    assert "tittle" in told and "title" in told and "at least 60s" in told
