"""What the title of the incidents counts, from one board to the next."""

from __future__ import annotations

import random
from datetime import timedelta

from oncall_tui.board import Builder
from oncall_tui.model import IncidentState
from tests.support.ui import NOW, SETTINGS, incident, with_incidents
from widgets.incidents import Counts, needs_hand


def test_counts_are_those_of_all_rows_whatever_changed() -> None:
    chance = random.Random(4)
    builder, counts = Builder(), Counts()
    known = {f"Q{n}": incident(f"Q{n}") for n in range(40)}
    now = NOW
    seen = set()
    for _ in range(60):
        for name in chance.sample(sorted(known), 6):
            state = chance.choice(list(IncidentState))
            known[name] = incident(name, state=state, created_at=NOW - timedelta(minutes=chance.randrange(90)))
        if chance.random() < 0.3:
            now += timedelta(minutes=chance.randrange(1, 20))
        told = chance.sample(list(known.values()), chance.randrange(20, 40))
        board = builder.build(with_incidents(*told), SETTINGS, now)
        rows = tuple(row for row in board.incidents if chance.random() < 0.9)  # as a filter does
        counts.take(board)
        told_of = counts.of(rows)
        assert told_of == (
            sum(needs_hand(row, board) for row in rows),
            sum(row.incident.is_open for row in rows),
        )
        seen.add(told_of)
    assert len(seen) > 20
