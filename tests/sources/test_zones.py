"""Where people live, as far as a system tells it: for schedules that show each person's own time."""

from __future__ import annotations

from typing import Any

import pytest

from oncall_tui.model import Directory, Snapshot
from oncall_tui.sources import fields
from tests.sources.genie_bench import JsmBench, OpsgenieBench
from tests.sources.grafana_oncall_bench import Bench as GrafanaOnCallBench
from tests.sources.pagerduty_bench import Bench as PagerDutyBench

ALICE = "Alice Andersson"


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Etc/UTC", "Etc/UTC"),
        ("Eastern Time (US & Canada)", None),
        ("../../etc/passwd", None),
        ("/etc/localtime", None),
        ("Europe/\x1b[31mBerlin\x00" * 99, None),
        ("", None),
        (None, None),
        (7, None),
        (["Europe/Berlin"], None),
    ],
)
def test_only_a_zone_that_this_machine_knows_is_one(told: Any, zone: str | None) -> None:
    assert fields.zone({"zone": told}, "zone") == zone


def _directory(taken: Snapshot) -> Directory:
    assert taken.directory is not None
    return taken.directory


def _zone_of(directory: Directory, name: str) -> str | None:
    return directory.zones.get(next(one.id for one in directory.people if one.name == name))


async def test_pagerduty() -> None:
    bench = PagerDutyBench()

    def moved(data: Any) -> Any:
        data["users"][0]["time_zone"] = "America/Lima"
        data["users"][1]["time_zone"] = "Lima"
        return data

    bench.edits["/users"] = moved
    directory = _directory(await bench.poll())
    assert len(directory.zones) == len(directory.people) - 1
    assert sorted(set(directory.zones.values())) == ["America/Lima", "Etc/UTC"]


async def test_opsgenie() -> None:
    assert _zone_of(_directory(await OpsgenieBench().poll()), ALICE) == "Europe/Berlin"


async def test_jira_service_management() -> None:
    assert _zone_of(_directory(await JsmBench().poll()), ALICE) == "Europe/Berlin"


async def test_grafana_oncall() -> None:
    bench = GrafanaOnCallBench()

    def moved(data: Any) -> Any:
        for row in data["results"]:
            row["timezone"] = "Asia/Tokyo" if row["username"] == "alice" else None
        return data

    bench.edits["/users/"] = moved
    directory = _directory(await bench.poll())
    assert list(directory.zones.values()) == ["Asia/Tokyo"]
    assert _zone_of(directory, "alice") == "Asia/Tokyo"
