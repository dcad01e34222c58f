"""``postmortem``, ``metrics`` and ``schedule`` of the installed script, against the simulated company over HTTP."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from oncall_tui.metrics import DEFINITIONS
from tests.support.seat import Company, Seat

GATEWAY = "Payment gateway latency"


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


def test_a_note_that_was_just_written_is_in_the_post_mortem(company: Company, seat: Seat) -> None:
    incident_id = company.id_of(GATEWAY)
    seat.expect(0, "note", incident_id, "root cause: pool too small\nimpact: 30% of payments\nmitigated: more of it")
    done = seat.expect(0, "postmortem", company.incident(GATEWAY)["id"])
    assert done.stderr == ""
    headings = re.findall(r"^## (.+)$", done.stdout, re.MULTILINE)
    assert headings == ["Summary", "Timeline", "Root Cause", "Impact", "Lessons Learned", "Action Items"]
    assert "\n## Root Cause\n\npool too small\n" in done.stdout
    assert "- **Time to mitigate:** not known" not in done.stdout
    written = seat.folder / "pm.md"
    assert seat.expect(0, "postmortem", incident_id, "--cached", "--output", str(written)).stdout == f"{written}\n"
    assert "pool too small" in written.read_text("utf-8") and written.stat().st_mode & 0o777 == 0o600
    assert "is there already" in seat.expect(2, "postmortem", incident_id, "--cached", "--output", str(written)).stderr
    seat.expect(0, "postmortem", incident_id, "--cached", "--output", str(written), "--overwrite")


def test_a_post_mortem_of_nothing_or_from_a_lost_pager(company: Company, seat: Seat) -> None:
    assert "no incident" in seat.expect(2, "postmortem", "Q0NOTHING").stderr
    incident_id = company.id_of(GATEWAY)
    seat.expect(0, "postmortem", incident_id)
    company.stop()
    stale = seat.expect(3, "postmortem", incident_id)
    assert "is not up to date" in stale.stderr and GATEWAY in stale.stdout


def test_the_teams_own_template_is_used_and_its_mistakes_are_one_line(company: Company, seat: Seat) -> None:
    incident_id = company.id_of(GATEWAY)
    seat.expect(0, "postmortem", incident_id)
    template = seat.folder / "own.j2"
    config = yaml.safe_load(seat.config.read_text())
    config.setdefault("policy", {})["postmortem"] = {"template": str(template)}
    seat.config.write_text(yaml.safe_dump(config))
    assert "own.j2: No such file" in seat.expect(2, "postmortem", incident_id, "--cached").stderr
    template.write_text("# {{ p.incident.title }}, {{ severity(p.incident) }}")
    assert seat.expect(0, "postmortem", incident_id, "--cached").stdout == f"# {GATEWAY}, Sev2\n"
    for wrong in ("{% if %}", "{{ p.nothing.at_all }}", "{{ spoken(7) }}", "{{ 1 / 0 }}", "{{ p.__class__.__mro__ }}"):
        template.write_text(f"a\n{wrong}")
        done = seat.expect(2, "postmortem", incident_id, "--cached")
        assert (done.stdout, done.stderr.count("\n")) == ("", 1), done
        assert "policy.postmortem.template" in done.stderr


def test_metrics_count_what_the_pager_has(company: Company, seat: Seat) -> None:
    document = seat.json("metrics", "--json", "--by", "severity", "--since", "30h")
    since, until = (datetime.fromisoformat(document[name]) for name in ("since", "until"))
    began = [one for one in company.state()["incidents"] if since <= datetime.fromisoformat(one["created_at"]) < until]
    assert document["metrics"]["incident_count_by_severity"]["value"] == len(began) > 5
    by_severity = {one["key"]: one["metrics"]["incident_count_by_severity"]["value"] for one in document["groups"]}
    for level in (1, 2, 3, 4):
        assert by_severity.get(f"Sev{level}", 0) == sum(one["priority"] == f"P{level}" for one in began)
    rows = list(csv.DictReader(io.StringIO(seat.expect(0, "metrics", "--csv", "--cached").stdout)))
    assert {one.id for one in DEFINITIONS} <= {row["metric"] for row in rows}
    for by in ("service", "person", "shift", "week", "month"):
        text = seat.expect(0, "metrics", "--cached", "--by", by).stdout
        assert f"=== By {by} ===" in text
        assert max(len(line) for line in text.split("\n")) <= 80
    seat.expect(2, "metrics", "--cached", "--since", "1h", "--until", "2h")
    seat.expect(2, "metrics", "--cached", "--since", "yesterday")


def test_the_schedule_tells_every_level_and_who_is_next(seat: Seat) -> None:
    document = seat.json("schedule", "--json", "--days", "21")
    found = {(one["team"], one["level"]): one for one in document["rotations"]}
    first = found["Payments", 1]
    assert [one["person"] for one in first["now"]] == ["Alice Andersson"]
    assert first["next"]["person"] == "Charlie Chen"
    assert document["rotations"][0]["team"] == "Payments", "the seat's team stands first"
    text = seat.expect(0, "schedule", "--cached").stdout
    assert "  next  Charlie Chen" in text
    assert max(len(line) for line in text.split("\n")) <= 80
