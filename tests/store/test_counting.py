"""More alerts than can be counted at once: nothing is told of them until all are, and nothing is counted twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall_tui.board import BoardSettings, PaneName, build_board
from oncall_tui.store import Store
from oncall_tui.store import counted as counting
from tests.store.test_groups import MONITORS, alert, tell
from tests.support.clock import START
from tests.support.make import grouped


async def test_what_is_not_counted_in_time_is_counted_by_the_next_calls(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts = tuple(alert(str(number), name=f"A{number}") for number in range(4))
    await tell(store, *alerts)
    read: list[str] = []
    members = counting._members
    monkeypatch.setattr(counting, "_members", lambda db, key, since: (read.append(key[1]), members(db, key, since))[1])
    for _ in range(3):
        facts = await store.facts(START, monitors=MONITORS, patience_s=-1.0)
        assert (facts.counting, facts.groups) == (True, ())
    await tell(store, alert("0", name="A0", count=3))  # meanwhile one has changed
    facts = await store.facts(START, monitors=MONITORS)
    assert not facts.counting
    assert {group.key: group.count for group in facts.groups} == {"A0|": 3, "A1|": 1, "A2|": 1, "A3|": 1}
    assert sorted(read) in (["A0|", "A0|", "A1|", "A2|", "A3|"], ["A0|", "A1|", "A2|", "A3|"])


async def test_while_counting_the_pane_says_so_and_the_rest_is_there(store: Store) -> None:
    await tell(store, alert("1"), alert("2", name="Other"))
    settings = BoardSettings(sources=(("alerts", "alertmanager"),), capabilities={"alerts": frozenset({"alerts"})})
    facts = await store.facts(START, monitors=MONITORS, patience_s=-1.0)
    soon = build_board(facts, settings, START)
    assert soon.panes[PaneName.ALERTS].counting and soon.alerts == ()
    facts = await store.facts(START, monitors=MONITORS)
    then = build_board(facts, settings, START)
    assert not then.panes[PaneName.ALERTS].counting and len(then.alerts) == 2


async def test_a_few_alerts_are_never_waited_for(store: Store) -> None:
    await tell(store, alert("1"))
    facts = await store.facts(START, monitors=MONITORS, patience_s=-1.0)
    assert not facts.counting and facts.groups == grouped((alert("1"),))
    later = await store.facts(START + timedelta(minutes=1), monitors=MONITORS, patience_s=-1.0)
    assert later.groups[0] is facts.groups[0]
