"""``run``: the team's own commands from the command line of the installed script."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.seat import SCRIPT, Company, Seat, until

PICKED = ("state", "exit_code", "ok", "changes")


def test_a_command_is_told_of_the_incident_and_says_its_output(company: Company, seat: Seat) -> None:
    target = next(one for one in company.state()["incidents"] if one["status"] != "resolved")
    done = seat.run("run", "told", target["id"])
    meant, ended = done.stderr.splitlines()
    assert meant.startswith(f"oncall-tui: '{target['id']}' is pager:{target['id']}: {target['title'][:20]}")
    assert (done.returncode, ended) == (0, "oncall-tui: told: exit 0")
    document = json.loads(done.stdout)
    assert [one["id"] for one in document["incidents"]] == [f"pager:{target['id']}"]
    assert document["incidents"][0]["title"] == target["title"]

    report = json.loads(seat.run("run", "date", "--json").stdout)
    assert [report[key] for key in PICKED] == ["ended", 0, True, False]
    assert "UTC" in report["output"][0]


def test_one_that_notes_writes_on_the_timeline_and_a_read_only_seat_runs_none_that_changes(
    company: Company, seat: Seat
) -> None:
    target = next(one for one in company.state()["incidents"] if one["status"] == "acknowledged")
    refused = seat.run("--read-only", "run", "restart", target["id"])
    assert (refused.returncode, refused.stdout) == (5, "")
    assert "this seat is read-only, and restart changes something" in refused.stderr
    assert seat.run("--read-only", "run", "told", target["id"]).returncode == 0

    done = seat.run("run", "restart", target["id"])
    assert done.returncode == 0, done.stderr
    assert f"pager:{target['id']} note confirmed" in done.stdout
    (after,) = [one for one in company.state()["incidents"] if one["id"] == target["id"]]
    assert any("Ran restart: exit 0" in str(note) for note in after["notes"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_command_too(seat: Seat, number: signal.Signals) -> None:
    config = yaml.safe_load(seat.config.read_text())
    config["commands"] += [{"name": "hangs", "command": "echo $$; sleep 1000", "shell": True, "on": "none"}]
    seat.config.write_text(yaml.safe_dump(config))
    running = subprocess.Popen([str(SCRIPT), *seat.options, "run", "hangs"], stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        # The line comes once the next one has begun, or the command has ended: its process tells that it is there.
        child = until(lambda: children(running.pid), what="the command")[0]
        running.send_signal(number)
        assert running.wait(20) == 128 + number
        until(lambda: not Path(f"/proc/{child}").exists(), what="the command's end")
    finally:
        running.kill()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_what_cannot_be_run_is_one_line(seat: Seat) -> None:
    for words, code, told in (
        (("run", "dat"), 2, "no command is called 'dat'; did you mean 'date'?"),
        (("run", "told"), 2, "told is about an incident: give its ID"),
        (("run", "date", "Q1"), 2, "date is about nothing: it takes no ID"),
        (("run", "told", "nowhere"), 2, "no incident or alert has the id 'nowhere'"),
    ):
        done = seat.run(*words)
        assert done.returncode == code, done.stderr
        assert told in done.stderr
        assert done.stderr.count("\n") == 1
