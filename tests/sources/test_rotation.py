"""The rotation of the config file as a source: facts out of schedules, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oncall_tui import sources
from oncall_tui.config.load import load_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.model import OnCall, OutboxRow, Snapshot, Verb
from oncall_tui.sources.base import Capability, Known, Seat, SourceContext, Unsupported
from oncall_tui.sources.rotation import Options, RotationSource, make
from oncall_tui.sources.rotation.source import readable
from tests.support.clock import START, ManualClock

SEED = """\
people:
  alice@example.com: {name: Alice Andersson, contact: +49 30 1234}
  em@example.com: {name: Erin Engel}
schedules:
  - team: Payments
    level: 1
    rotation: weekly
    starts: 2026-01-05T09:00
    people: [alice@example.com, charlie@example.com, eve@example.com, grace@example.com]
  - team: Payments
    level: 2
    rotation: daily
    time_zone: Europe/Berlin
    day: "08:00-20:00"
    days:
      mon: [alice@example.com, bob@example.com]
      tue: [charlie@example.com, david@example.com]
    overrides:
      - {start: 2026-11-23T10:00, end: 2026-11-23T16:00, person: henry@example.com}
escalation:
  - team: Payments
    repeat: 3
    levels:
      - {after: 0m, to: [primary]}
      - {after: 5m, to: [secondary]}
      - {after: 15m, to: [em@example.com, vp.eng@example.com]}
"""


def options(tmp_path: Path, text: str) -> Options:
    body = "".join(f"    {line}\n" for line in text.splitlines())
    path = tmp_path / "config.yaml"
    path.write_text(f"sources:\n  - name: rota\n    kind: rotation\n{body}")
    path.chmod(0o600)
    (found,) = load_config(path, kinds=sources, environ={}).sources
    assert isinstance(found, Options)
    return found


def source(tmp_path: Path, text: str, clock: ManualClock | None = None, user: str | None = None) -> RotationSource:
    seat = Seat(user=user, time_zone="Europe/Rome")
    return make(options(tmp_path, text), SourceContext(name="rota", seat=seat, clock=clock or ManualClock()))


async def snapshot(
    tmp_path: Path, text: str = SEED, clock: ManualClock | None = None, user: str | None = None
) -> Snapshot:
    return await source(tmp_path, text, clock, user).poll(Known())


def row(found: Snapshot, level: int, at: int = 0) -> OnCall:
    return [one for one in found.on_call or () if one.level == level][at]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- facts -----------------------------------------------------------------------------------------------------------


async def test_who_is_on_call(tmp_path: Path) -> None:
    found = await snapshot(tmp_path)  # Monday 23 November 2026, 14:00 UTC
    assert [(one.team, one.level, one.person.name) for one in found.on_call or ()] == [
        ("Payments", 1, "Eve"),
        ("Payments", 2, "Henry"),
        ("Payments", 3, "Erin Engel"),
        ("Payments", 3, "Vp Eng"),
    ]
    primary, secondary, manager = row(found, 1), row(found, 2), row(found, 3)
    # 09:00 in the seat's zone.
    assert (primary.since, primary.until) == (utc("2026-11-23T08:00"), utc("2026-11-30T08:00"))
    assert (primary.next_person, primary.paged_after_s, primary.person.contact) == ("Grace", 0, "eve@example.com")
    assert primary.schedule is not None and primary.schedule.name == "Payments primary"
    assert primary.policy is not None and primary.policy.name == "Payments"
    assert (secondary.since, secondary.until) == (utc("2026-11-23T09:00"), utc("2026-11-23T15:00"))
    assert (secondary.next_person, secondary.paged_after_s) == ("Alice Andersson", 300)
    assert (manager.since, manager.until, manager.paged_after_s, manager.schedule) == (None, None, 900, None)


async def test_the_hand_off_changes_it(tmp_path: Path) -> None:
    clock = ManualClock(utc("2026-11-30T07:59:59"))
    made = source(tmp_path, SEED, clock)
    assert row(await made.poll(Known()), 1).person.name == "Eve"
    clock.advance(1)
    found = row(await made.poll(Known()), 1)
    assert (found.person.name, found.since) == ("Grace", utc("2026-11-30T08:00"))


async def test_nobody_on_a_level_is_no_row_and_a_gap(tmp_path: Path) -> None:
    found = await snapshot(tmp_path, clock=ManualClock(utc("2026-11-26T12:00")))
    assert [one.level for one in found.on_call or ()] == [1, 3, 3]
    gaps = [one for one in found.shifts or () if one.person is None]
    assert [(one.schedule, one.level, one.start, one.end) for one in gaps] == [
        ("Payments secondary", 2, utc("2026-11-26T12:00"), utc("2026-11-30T07:00")),
        ("Payments secondary", 2, utc("2026-12-02T07:00"), utc("2026-12-07T07:00")),
        ("Payments secondary", 2, utc("2026-12-09T07:00"), utc("2026-12-10T12:00")),
    ]


async def test_shifts_of_fourteen_days(tmp_path: Path) -> None:
    found = await snapshot(tmp_path)
    primary = [one for one in found.shifts or () if one.level == 1]
    assert [(one.person.name if one.person else None, one.start) for one in primary] == [
        ("Eve", utc("2026-11-23T08:00")),
        ("Grace", utc("2026-11-30T08:00")),
        ("Alice Andersson", utc("2026-12-07T08:00")),
    ]
    override = next(one for one in found.shifts or () if one.is_override)
    assert (override.person.name if override.person else None, override.start) == ("Henry", utc("2026-11-23T09:00"))
    assert max(one.start for one in found.shifts or ()) < START + timedelta(days=14)


async def test_the_escalation_path(tmp_path: Path) -> None:
    found = await snapshot(tmp_path)
    assert found.directory is not None
    (policy,) = found.directory.policies
    assert (policy.id, policy.name, policy.repeats, policy.teams) == ("payments", "Payments", 3, ("Payments",))
    assert [(one.level, one.delay_minutes, one.targets) for one in policy.levels] == [
        (1, 5, ("Payments primary",)),
        (2, 10, ("Payments secondary",)),
        (3, 0, ("Erin Engel", "Vp Eng")),
    ]
    assert [[person.name for person in one.people] for one in policy.levels] == [
        ["Eve"],
        ["Henry"],
        ["Erin Engel", "Vp Eng"],
    ]
    assert {person.id for person in found.directory.people} >= {
        "alice@example.com",
        "henry@example.com",
        "em@example.com",
    }


@pytest.mark.parametrize("user", ["alice@example.com", "ALICE@example.com", "Alice Andersson"])
async def test_the_seats_own_person(tmp_path: Path, user: str) -> None:
    found = await snapshot(tmp_path, user=user)
    assert found.directory is not None and found.directory.me is not None
    assert (found.directory.me.id, found.directory.me.contact) == ("alice@example.com", "+49 30 1234")


async def test_a_path_may_name_schedules_and_several_of_a_role(tmp_path: Path) -> None:
    text = """\
schedules:
  - {team: A, rotation: weekly, starts: 2026-01-05T09:00, people: [x@e.com]}
  - {team: A, rotation: weekly, starts: 2026-01-05T09:00, people: [y@e.com], name: Database}
  - {team: A, rotation: weekly, starts: 2026-01-05T09:00, people: [z@e.com]}
escalation:
  - {team: A, name: Critical, levels: [{to: [primary]}, {after: 10m, to: [Database, x@e.com]}]}
"""
    found = await snapshot(tmp_path, text)
    assert found.directory is not None
    (policy,) = found.directory.policies
    assert policy.name == "Critical"
    assert [one.targets for one in policy.levels] == [("A primary", "Database", "A primary 2"), ("Database", "X")]
    assert len({one.schedule.id for one in found.on_call or () if one.schedule}) == 3
    assert "Database" not in {person.name for person in found.directory.people}


async def test_without_a_path_the_time_until_paged_is_not_known(tmp_path: Path) -> None:
    made = source(tmp_path, "schedules:\n  - {team: A, rotation: daily, starts: 2026-01-05T09:00, people: [x, y]}")
    assert made.capabilities == {Capability.ON_CALL, Capability.SCHEDULES}
    found = row(await made.poll(Known()), 1)
    assert (found.paged_after_s, found.policy, found.person.name, found.person.contact) == (None, None, "x", None)
    assert found.until is not None and found.since is not None and found.until - found.since == timedelta(days=1)


async def test_times_with_a_zone_are_taken_by_it(tmp_path: Path) -> None:
    text = """\
schedules:
  - team: A
    rotation: weekly
    starts: 2026-01-05T09:00+09:00
    people: [x, y]
    overrides: [{start: 2026-11-23T13:00Z, end: 2026-11-23T15:00+01:00, person: z}]
"""
    found = await snapshot(tmp_path, text, ManualClock(utc("2026-11-23T13:30")))
    assert row(found, 1).person.name == "z"
    assert row(found, 1).until == utc("2026-11-23T14:00")
    after = await snapshot(tmp_path, text, ManualClock(utc("2026-11-23T14:00")))
    assert row(after, 1).until == utc("2026-11-30T00:00")


async def test_hostile_names_are_cleaned(tmp_path: Path) -> None:
    text = """\
people: {x: {name: "Eve \\e[31m[/b]"}}
schedules: [{team: "T\\u202e", rotation: weekly, starts: 2026-01-05T09:00, people: [x]}]
"""
    found = row(await snapshot(tmp_path, text), 1)
    assert (found.person.name, found.team) == ("Eve \\x1b[31m[/b]", "T\\u202e")


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("alice@example.com", "Alice"),
        ("alice.van-dam+oncall@example.com", "Alice Van Dam"),
        ("Bob Brandt", "Bob Brandt"),
        ("@example.com", "@example.com"),
        ("...@x", "...@x"),
        ("ilić.ø@x", "Ilić Ø"),
    ],
)
def test_a_name_out_of_a_mail_address(word: str, name: str) -> None:
    assert readable(word) == name


# -- the protocol ----------------------------------------------------------------------------------------------------


async def test_probe(tmp_path: Path) -> None:
    found = await source(tmp_path, SEED, user="mallory@example.com").probe()
    assert found.ok and found.error is None
    assert found.can == ("escalation", "on_call", "schedules")
    assert "mallory@example.com is in none of the schedules" in found.notes
    assert any(note.startswith("Payments secondary: nobody is on call 2026-11-25T07:00:00Z") for note in found.notes)
    double = "schedules:" + "\n  - {team: A, rotation: weekly, starts: 2026-01-05T09:00, people: [%s]}" * 2 % ("x", "y")
    (note,) = (await source(tmp_path, double).probe()).notes
    assert note.startswith("A primary: x and y are both on call 2026-11-23T14:00:00Z to ")


async def test_it_takes_no_actions(tmp_path: Path) -> None:
    made = source(tmp_path, SEED)
    entry = OutboxRow(
        key="k",
        verb=Verb.ESCALATE,
        target="rota:x",
        source="rota",
        target_title="",
        seat="",
        created_at=START,
        not_before=START,
    )
    for call in (made.read("x"), made.prepare(entry), made.send(entry), made.confirm(entry)):
        with pytest.raises(Unsupported, match="takes no actions"):
            await call
    await made.aclose()
    await made.aclose()


# -- the config ------------------------------------------------------------------------------------------------------

WEEKLY = "team: A, rotation: weekly, starts: 2026-01-05T09:00, people: [x]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schedules: []", "must not be empty"),
        ("schedules: [{team: A, rotation: weekly, people: [x]}]", "'starts' is missing"),
        ("schedules: [{team: A, rotation: weekly, starts: 2026-01-05T09:00}]", "'people' is missing"),
        ("schedules: [{team: A, rotation: daily}]", "(or days)"),
        (
            "schedules: [{team: A, rotation: monthly, starts: 2026-01-05T09:00, people: [x]}]",
            "is not one of: weekly, daily",
        ),
        ("schedules: [{team: A, rotation: weekly, days: {mon: [x]}}]", "belongs to rotation: daily"),
        ("schedules: [{team: A, rotation: daily, days: {mon: [x]}, people: [x]}]", "either days, or starts and people"),
        ("schedules: [{team: A, rotation: daily, days: {mon: [x, y]}}]", "mon: 2 people, at most 1"),
        (
            "schedules: [{team: A, rotation: daily, day: 08:00-20:00, days: {sun: [x, y, z]}}]",
            "sun: 3 people, at most 2",
        ),
        ("schedules: [{team: A, rotation: daily, day: 20:00-08:00, days: {mon: [x]}}]", "the end must be later"),
        ("schedules: [{team: A, rotation: daily, day: 8-20, days: {mon: [x]}}]", "hours such as"),
        ("schedules: [{team: A, rotation: daily, days: {monday: [x]}}]", "did you mean 'mon'?"),
        ("schedules: [{team: A, rotation: daily, days: {}}]", "nobody is named"),
        (f"schedules: [{{{WEEKLY}, day: 08:00-20:00}}]", "belongs to days"),
        (f"schedules: [{{{WEEKLY}, time_zone: Europe/Rom}}]", "no such time zone"),
        (f"schedules: [{{{WEEKLY}, level: 0}}]", "from 1 to 20"),
        (
            f"schedules: [{{{WEEKLY}, overrides: [{{start: 2026-01-06T09:00, end: 2026-01-06T09:00, person: y}}]}}]",
            "must be later than start",
        ),
        (
            f"schedules: [{{{WEEKLY}, overrides: [{{start: 2026-01-06T09:00, end: 2026-01-07T09:00Z, person: y}}]}}]",
            "either both with a zone or both without",
        ),
        (f"schedules: [{{{WEEKLY}, name: S}}, {{{WEEKLY}, name: S}}]", "two are called 'S'"),
        (f"schedules: [{{{WEEKLY}, name: primary}}]", "means a level"),
        (
            f"schedules: [{{{WEEKLY}}}]\nescalation: [{{team: A, levels: [{{to: [secondary]}}]}}]",
            "A has no schedule of level 2 for 'secondary'",
        ),
        (
            f"schedules: [{{{WEEKLY}}}]\nescalation: [{{team: B, levels: [{{to: [primary]}}]}}]",
            "B has no schedule of level 1 for 'primary'",
        ),
        (
            f"schedules: [{{{WEEKLY}}}]\nescalation: [{{team: A, levels: [{{to: [primry]}}]}}]",
            "did you mean 'primary'?",
        ),
        (
            f"schedules: [{{{WEEKLY}}}]\nescalation: [{{team: A, levels: [{{to: [x]}}, {{to: [x]}}]}}]",
            "must grow from level to level",
        ),
        (
            f"schedules: [{{{WEEKLY}}}]\n"
            "escalation: [{team: A, levels: [{to: [x]}]}, {team: A, levels: [{to: [x]}]}]",
            "two paths of team 'A'",
        ),
        (f"schedules: [{{{WEEKLY}}}]\nescalation: [{{team: A, levels: []}}]", "must not be empty"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        options(tmp_path, text)
    (problem,) = caught.value.problems
    assert words in str(problem) and problem.line is not None and problem.line >= 4


async def test_two_of_one_name_are_not_told_apart_by_it(tmp_path: Path) -> None:
    twins = SEED.replace("{name: Erin Engel}", "{name: Alice Andersson}")
    for user, found in (("alice andersson", None), ("alice@example.com", "alice@example.com")):
        directory = (await source(tmp_path, twins, user=user).poll(Known())).directory
        assert directory is not None
        assert (directory.me.id if directory.me is not None else None) == found
