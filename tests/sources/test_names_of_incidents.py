"""Dedup keys and links of incidents, by which other systems' alerts and incidents are known to be the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sources.genie_bench import GenieBench, JsmBench, OpsgenieBench
from tests.sources.grafana_oncall_bench import Bench as OnCallBench
from tests.sources.pagerduty_bench import Bench
from tests.sources.system_bench import SystemBench

LINK = "https://prom.example.com/graph?g0.expr=up"


async def test_pagerduty_tells_its_incident_key_and_what_the_sender_linked_to() -> None:
    bench = Bench()
    native_id = bench.sim.trigger("payments", "HighErrorRate on payments", alert_key="srv01/HTTP")

    def linked(data: Any) -> Any:
        for line in data["log_entries"]:
            line["contexts"] = [{"type": "link", "href": LINK}, {"type": "image", "src": "https://x.example.com/i.png"}]
        return data

    bench.edits["/log_entries"] = linked
    incident = await bench.one(native_id)
    assert (incident.keys, incident.links) == (("srv01/HTTP",), (LINK,))


@pytest.mark.parametrize("kind", [OpsgenieBench, JsmBench])
async def test_opsgenie_and_its_successor_tell_the_alias_and_the_source(kind: type[GenieBench]) -> None:
    bench = kind()
    taken = await bench.poll()
    found = {one.title: one.keys for one in taken.incidents or ()}
    assert found["Index is two hours behind"] == ("index is two hours behind",)


async def test_splunk_on_call_tells_the_entity() -> None:
    taken = await SystemBench("splunk-oncall").poll()
    assert ("payments/checkout",) in {one.keys for one in taken.incidents or ()}


async def test_incident_io_tells_the_keys_and_links_of_the_alerts_that_paged() -> None:
    taken = await SystemBench("incident-io").poll()
    found = {one.title: (one.keys, one.links) for one in taken.incidents or ()}
    link = ("https://prometheus.example.com/alerts",)
    assert found["Certificate expires"] == (("edge/Certificate expires",), link), "a page"
    assert found["Payments are slow"] == (("payments/High latency",), link), "an incident that was paged"
    assert found["Checkout was down"] == ((), ())


async def test_grafana_oncall_tells_the_fingerprints_of_its_last_alert() -> None:
    bench = OnCallBench()
    native_id = bench.sim.trigger("payments", "QueueStuck", alerts=2)
    payload = {"alerts": [{"fingerprint": "d2b4a1c09f3e7711"}, {"fingerprint": ["a"]}, "x"], "fingerprint": None}

    def with_payload(data: Any) -> Any:
        for row in data.get("results", [data]):
            row.setdefault("last_alert", {})["payload"] = payload
        return data

    bench.edits["/alert_groups/"] = with_payload
    bench.edits[f"/alert_groups/{native_id}/"] = with_payload
    (incident,) = (await bench.poll()).incidents or ()
    assert incident.keys == ("d2b4a1c09f3e7711",)
