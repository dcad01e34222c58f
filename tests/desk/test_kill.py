"""kill -9 at any point: every action that was confirmed to the person takes effect once, or is shown as unknown."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

KILLS = 45


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_points_nothing_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    command = [sys.executable, "-m", "tests.desk.kill_runner", str(tmp_path), str(KILLS), str(seed)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["errors"] == ""
    # Killed between the second copy and the commit, an action comes back from the copy; nothing else is told.
    assert all("taken back from outbox.journal" in notice for notice in report["notices"])
    rows = {row["key"]: row for row in report["rows"]}
    applied = Counter(report["applied"])
    assert len(rows) > KILLS // 2, "the desks had time to press"
    assert set(report["pressed"]) <= set(rows), "what was confirmed to the person is there"
    assert set(applied) <= set(rows)
    assert report["audited"] == len(rows)
    assert {row["state"] for row in rows.values()} <= {"confirmed", "unknown"}
    for key, row in rows.items():
        if row["state"] == "confirmed":
            assert applied[key] >= 1
        if row["verb"] in ("note", "escalate"):
            assert applied[key] <= 1, row
        if row["state"] == "unknown":
            assert row["verb"] == "escalate"
    # Order on each target: notes took effect as they were pressed.
    numbers = {row["key"]: number for number, row in enumerate(report["rows"])}
    first_effect = {key: number for number, key in reversed(list(enumerate(report["applied"])))}
    for target in {row["target"] for row in rows.values()}:
        keys = [key for key, row in rows.items() if row["target"] == target and key in first_effect]
        assert sorted(keys, key=first_effect.__getitem__) == sorted(keys, key=numbers.__getitem__)
    # The faults were there: some died between the sending and the answer.
    assert any(row["sent"] > 1 or row["state"] == "unknown" for row in rows.values())
