"""Checks over several options are told together with all else that is wrong, and tell nothing that is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oncall_tui import channels, sources
from oncall_tui.config.load import load_config
from oncall_tui.config.options import Findings, NotKnown, SeveralWrong
from oncall_tui.config.problems import ConfigError

Told = Callable[[str], list[str]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """``path: message`` of each problem that the text has, in the order of the file."""

    def read(text: str) -> list[str]:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        path.chmod(0o600)
        try:
            load_config(path, kinds=sources, channels=channels, environ={})
        except ConfigError as error:
            return [f"{one.path}: {one.message}" for one in error.problems]
        return []

    return read


def entry(kind: str, *lines: str, part: str = "sources") -> str:
    return "\n".join([f"{part}:", f"  - name: one\n    kind: {kind}", *(f"    {line}" for line in lines), ""])


PAGER = entry("pagerduty", "token: {env: T}")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (
            entry("pagerduty", "token: {env: T}", "base_url: ftp://x", "severity: {P1: 9, P2: 7}", "pol: 3s"),
            ["base_url", "severity", "severity", "pol"],
        ),
        (entry("pagerduty", "base_url: ftp://x"), ["", "base_url"]),
        (entry("goalert", "base_url: ftp://x", "public_url: ftp://y"), ["", "base_url", "public_url"]),
        (entry("prometheus", "base_url: ftp://x", "username: a", "alerts: maybe"), ["", "base_url", "alerts"]),
        (entry("jsm", "base_url: ftp://x", "token: {env: T}", "email: 'a:b'"), ["base_url", "", "email"]),
        (entry("http", "health:", "  - {name: a, url: 'http://a', timeout: 2h, method: HEAD, expect_body: x}"),
         ["health[0].timeout", "health[0].method"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_with_an_entry_is_told_in_one_run(told: Told, text: str, paths: list[str]) -> None:
    found = [line.partition(": ")[0].replace("sources[0]", "").lstrip(".") for line in told(text)]
    assert sorted(found) == sorted(paths), told(text)


@pytest.mark.parametrize(
    "text",
    [
        # What was wrong may have been what the other check misses.
        entry("goalert", "base_url: https://x", "token: {envv: T}"),
        entry("goalert", "base_url: https://x", "tokn: {env: T}"),
        entry("prometheus", "base_url: http://prometheus.example", "allow_http: maybe"),
        entry("prometheus", "base_url: http://prometheus.example", "alow_http: true"),
        entry("jsm", "token: {env: T}", "cloud_id: none"),
        entry("http", "health:", "  - {name: a, url: 'https://a', metod: HEAD}"),
        PAGER + "investigate:\n  - {name: a, metrc: up}\n",
        PAGER + "commands:\n  - {name: a, command: 'echo \"', shell: 3}\n",
    ],
)
def test_what_was_not_understood_brings_no_second_problem(told: Told, text: str) -> None:
    assert len(told(text)) == 1, told(text)


ROTA = entry(
    "rotation",
    "schedules:",
    "  - {team: Pay, rotation: %s, starts: 2026-01-05T09:00, people: [ann@example.com]}",
    "escalation:",
    "  - {team: Pay, levels: [{to: [primry]}, {after: 5m, to: [secondary]}]}",
)


def test_an_escalation_path_is_checked_against_schedules_that_are_wrong_elsewhere(told: Told) -> None:
    found = told(ROTA % "wekly")
    assert [line.partition(": ")[0] for line in found] == [
        "sources[0].schedules[0].rotation",
        "sources[0].escalation",
        "sources[0].escalation",
    ]
    assert "'primry' is no role" in found[1] and "no schedule of level 2" in found[2]


def test_a_target_that_a_wrong_schedule_may_have_is_not_told(told: Told) -> None:
    text = entry(
        "rotation",
        "schedules:",
        "  - {team: Pay, nme: nights, rotation: weekly, starts: 2026-01-05T09:00, people: [ann@example.com]}",
        "escalation:",
        "  - {team: Pay, levels: [{to: [nights]}, {after: 5m, to: [secondary]}]}",
    )
    assert [line.partition(": ")[0] for line in told(text)] == ["sources[0].schedules[0].nme", "sources[0].escalation"]


def test_parts_are_checked_against_each_other_although_something_else_is_wrong(told: Told) -> None:
    text = (
        PAGER + "theme: pink\ninvestigate:\n  - {name: a, metric: up, source: prom}\n  - {name: b, logs: x, lnk: y}\n"
    )
    assert [line.partition(": ")[0] for line in told(text)] == ["theme", "investigate[0].source", "investigate[1].lnk"]


@pytest.mark.parametrize(
    "text",
    [
        PAGER.replace("name: one", "nam: one"),
        PAGER + "channel: [{name: two, kind: manual, contacts: [{name: a, phone: 123}]}]\n",
    ],
)
def test_no_name_is_missed_among_those_that_are_not_known(told: Told, text: str) -> None:
    found = told(text + "identity: {people: {ann@example.com: {one: ann, two: ann}}}\n")
    assert found and not [line for line in found if "identity" in line], found


def test_a_source_whose_check_finds_something_still_has_its_name(told: Told) -> None:
    text = entry("goalert", "base_url: ftp://x") + "identity: {people: {ann@example.com: {one: ann, two: ann}}}\n"
    assert [line.partition(": ")[0] for line in told(text)] == [
        "sources[0]",
        "sources[0].base_url",
        "identity.people.ann@example.com.two",
    ]


def test_checks_that_stand_alone_are_all_run() -> None:
    ran = []
    with pytest.raises(SeveralWrong) as caught, Findings() as findings:
        with findings.one("a"):
            raise ValueError("wrong")
        with findings.one():
            raise NotKnown
        with findings.one():
            raise SeveralWrong(("b: too", "c: as well"))
        ran.append(True)
    assert caught.value.reasons == ("a: wrong", "b: too", "c: as well") and ran
    assert str(caught.value) == "a: wrong; b: too; c: as well"
