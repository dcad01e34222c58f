"""``backfill`` of the installed script: what it reads, said in both forms; stopped, killed midway, and gone on."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.seat import SCRIPT, Company, Seat, until


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.close()


@pytest.fixture
def seat(company: Company, tmp_path: Path) -> Iterator[Seat]:
    made = Seat(tmp_path, company.config(tmp_path))
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def incidents(seat: Seat) -> int:
    """How many incidents of the last 60 days the cache holds."""
    found = json.loads(seat.expect(0, "metrics", "--cached", "--since", "60d", "--json").stdout)
    return int(found["metrics"]["incident_count_by_severity"]["value"])


def test_history_is_read_once_and_metrics_work_from_it(company: Company, seat: Seat) -> None:
    seat.expect(0, "now")
    before = incidents(seat)
    told = json.loads(seat.expect(0, "backfill", "--days", "20", "--json").stdout)
    (one,) = told["sources"]
    assert (one["name"], one["kind"], one["state"]) == ("pager", "pagerduty", "done")
    assert one["new"] > 20 and before + 20 < incidents(seat) <= before + one["new"]
    again = seat.expect(0, "backfill", "--days", "20").stdout
    assert again.startswith("pager: done, 0 incidents read, 0 new, back to 20")
    figures = json.loads(seat.expect(0, "metrics", "--cached", "--since", "20d", "--json").stdout)["metrics"]
    for metric in ("incident_acknowledgement_time", "incident_resolution_time", "incident_mitigation_time"):
        assert figures[metric]["known"] > 3, metric
    shown = seat.expect(0, "now", "--cached", "--pane", "incidents").stdout
    assert "ended" not in shown and len(shown.splitlines()) < 12, "nothing of the past is shown as new"


def test_killed_in_the_middle_it_goes_on_from_there(company: Company, seat: Seat) -> None:
    seat.expect(0, "now")
    words = [str(SCRIPT), "--config", str(seat.config), "--data-dir", str(seat.data), "backfill", "--days", "60"]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first = incidents(seat)
    until(lambda: incidents(seat) >= first + 8, what="some of it is stored")
    running.send_signal(signal.SIGKILL)
    running.wait(10)
    held = incidents(seat)
    rest = json.loads(seat.expect(0, "backfill", "--days", "60", "--json").stdout)["sources"][0]
    assert rest["state"] == "done"
    whole = incidents(seat)
    assert whole > held and rest["incidents"] < whole, "what was read before is not read again"
    assert json.loads(seat.expect(0, "backfill", "--days", "60", "--json").stdout)["sources"][0]["incidents"] == 0


def test_stopped_by_ctrl_c_it_says_how_to_go_on(company: Company, seat: Seat) -> None:
    words = [str(SCRIPT), "--config", str(seat.config), "--data-dir", str(seat.data), "backfill", "--days", "400"]
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: incidents(seat) >= 12, what="some of it is stored")
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=20)
    assert "stopped; the same command goes on from here" in told and running.returncode == 130


def test_what_cannot_be_read_is_said(company: Company, seat: Seat) -> None:
    assert "no source named 'nobody'" in seat.expect(2, "backfill", "--source", "nobody").stderr
    assert "no configured source can be asked" in seat.expect(2, "backfill", "--source", "probes").stderr
    told = seat.expect(0, "backfill", "--days", "5", "--source", "pager", "--source", "rota").stdout
    assert "rota: cannot (rotation has no incidents of long ago to read)" in told
    for words in (("--days", "0"), ("--days", "9999"), ("--since", "nonsense"), ("--since", "9d", "--days", "9")):
        assert seat.expect(2, "backfill", *words).stderr.startswith("oncall-tui: ")
    company.stop()
    lost = seat.expect(3, "backfill", "--days", "30")
    assert "pager: failed" in lost.stdout
