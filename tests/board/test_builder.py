"""A builder that has built before makes the same boards as one that has not, and makes a row anew only if it must."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from oncall_tui.board import BoardSettings, Builder, build_board
from oncall_tui.model import Change, ChangeKind, Facts, IncidentState, OutboxRow, OutboxState, SourceState, Verb
from tests.support.make import ALICE, BOB, NOW, ago, alert, grouped, incident, on_call

SETTINGS = BoardSettings(
    user="alice@example.com",
    teams=("Payments",),
    sources=(("pager", "pagerduty"), ("opsgenie", "opsgenie"), ("alerts", "alertmanager")),
    capabilities={"pager": frozenset({"incidents", "on_call"}), "alerts": frozenset({"alerts", "silence"})},
)


def _action(key: str, target: str, state: OutboxState) -> OutboxRow:
    return OutboxRow(
        key=key,
        verb=Verb.ACKNOWLEDGE,
        target=target,
        source="pager",
        target_title="t",
        seat="alice@example.com",
        created_at=NOW,
        not_before=NOW,
        state=state,
    )


def _maintenance(service: str, length: timedelta) -> Change:
    return Change(
        id="pager:W",
        source="pager",
        native_id="W",
        title="move",
        at=NOW,
        until=NOW + length,
        kind=ChangeKind.MAINTENANCE,
        service=service,
    )


def _changed(facts: Facts, chance: random.Random) -> Facts:
    one = incident(
        f"Q{chance.randrange(8)}",
        minutes=chance.randrange(1, 40),
        title=chance.choice(("Checkout", "HighErrorRate on payments", "Other")),
        service=chance.choice(("payments", "Payments", "edge", None)),
        severity=chance.choice((1, 2, 3, 4, None)),
        state=chance.choice(tuple(IncidentState)),
        assignees=chance.choice(((), (ALICE,), (BOB,))),
        teams=chance.choice((("Payments",), ("Storage",))),
        resolved_at=chance.choice((None, ago(1), ago(30))),
        keys=chance.choice(((), (), ("key-one-1",), ("key-two-2", "key-one-1"))),
        links=chance.choice(((), (), ("https://a.example.com",))),
        url=chance.choice((None, "https://a.example.com", "https://b.example.com")),
    )
    if chance.random() < 0.4:
        one = replace(one, id=f"opsgenie:{one.native_id}", source="opsgenie")
    told = alert(
        f"f{chance.randrange(5)}",
        minutes=chance.randrange(1, 40),
        name=chance.choice(("HighErrorRate", "Disk")),
        service=chance.choice(("payments", "edge")),
        source=chance.choice(("alerts", "pager")),
        incident_id=chance.choice((None, f"pager:Q{chance.randrange(8)}")),
    )
    heads = {group.head.id: group.head for group in facts.groups} | {told.id: told}
    incidents = {known.id: known for known in facts.incidents} | {one.id: one}
    last_success = chance.choice((ago(0.1), ago(30)))
    match chance.randrange(7):
        case 5:
            window = timedelta(minutes=chance.randrange(20))
            facts = replace(facts, changes=chance.choice(((), (_maintenance("payments", window),))))
        case 6:
            gone = chance.sample(facts.incidents, len(facts.incidents) // 2)
            facts = replace(facts, incidents=tuple(gone))
        case 0:
            facts = replace(facts, incidents=tuple(incidents.values()))
        case 1:
            refs = chance.choice(((), (("", "key-one-1"),), (("k", "key-two-2"), ("k", "Q1"))))
            facts = replace(facts, groups=tuple(replace(group, refs=refs) for group in grouped(heads.values())))
        case 2:
            facts = replace(facts, last_told=facts.last_told | {one.id: ago(chance.randrange(60))})
        case 3:
            facts = replace(facts, outbox=(_action("a", one.id, chance.choice(tuple(OutboxState))),))
        case 4:
            facts = replace(
                facts,
                on_call=chance.choice(((), (on_call(),), (on_call(BOB),))),
                sources=(SourceState(name="pager", kind="x", last_success=last_success, last_attempt=NOW),),
            )
    return facts


@pytest.mark.parametrize("seed", range(10))
def test_a_board_after_others_is_the_board_of_its_facts(seed: int) -> None:
    chance = random.Random(seed)
    builder = Builder()
    facts = Facts()
    now = NOW
    for _ in range(80):
        facts = _changed(facts, chance)
        now += timedelta(minutes=chance.choice((0, 0, 1, 5)))
        settings = replace(SETTINGS, teams=chance.choice((("Payments",), (), ("Storage",))))
        assert builder.build(facts, settings, now) == build_board(facts, settings, now)


def test_only_what_has_changed_is_made_anew() -> None:
    builder = Builder()
    facts = Facts(
        incidents=tuple(incident(f"Q{number}") for number in range(5)),
        groups=grouped((alert("a", name="A"), alert("b", name="B"))),
    )
    before = builder.build(facts, SETTINGS, NOW)
    told = replace(facts.incidents[3], title="other")
    after = builder.build(
        replace(
            facts,
            incidents=(*facts.incidents[:3], told, facts.incidents[4]),
            groups=(facts.groups[0], *grouped((alert("b", name="B", count=7),))),
        ),
        SETTINGS,
        NOW + timedelta(seconds=20),
    )
    was = {id(row) for row in (*before.incidents, *before.alerts)}
    assert [row.id for row in after.incidents if id(row) not in was] == ["pager:Q3"]
    assert [row.name for row in after.alerts if id(row) not in was] == ["B"]


def test_ten_thousand_rows_that_have_not_changed_are_compared_as_one() -> None:
    builder = Builder()
    facts = Facts(incidents=tuple(incident(f"Q{number}") for number in range(10_000)))
    one, other = builder.build(facts, SETTINGS, NOW), builder.build(facts, SETTINGS, NOW)
    assert all(mine is theirs for mine, theirs in zip(one.incidents, other.incidents, strict=True))
    assert one == other
