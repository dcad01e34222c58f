"""Every call of the Grafana source, and every answer of its simulator, against the descriptions of the APIs: Grafana's,
which was made by hand out of its clients' types, and below its proxy the data source's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall_tui.config.secret import Secret
from oncall_tui.demo.grafana import rule_uid
from oncall_tui.model import Verb
from oncall_tui.sources.base import AuthFailed, NotFound, Refused
from tests.sources.grafana_bench import Bench, query_check, rule_check
from tests.support.openapi import SpecChecker, require_spec


async def test_every_call_and_answer_fits_the_descriptions() -> None:
    checker = SpecChecker(require_spec("grafana.yaml"))
    proxied = SpecChecker(require_spec("prometheus.yaml"), "/api/datasources/proxy/uid/prometheus-main/api/v1")
    bench = Bench(
        health=(query_check(), query_check(name="bad", query="sum(")),
        health_rules=(rule_check(rule_uid("CheckoutConversionLow")),),
    )
    bench.sim.open_scene()
    bench.sim.broken["LogVolumeHigh"] = ("error", "timeout")
    alert = next(one for one in (await bench.poll()).alerts or () if one.name == "LogVolumeHigh")
    params = {"seconds": 3600, "reason": "known", "labels": alert.labels}
    row = bench.row(Verb.SILENCE, alert.id, params=params)
    sent = await bench.source.send(row)
    await bench.source.confirm(replace(row, native_ref=sent.native_ref))
    end = bench.row(Verb.EXPIRE_SILENCE, f"graf:{sent.native_ref}")
    await bench.source.send(end)
    await bench.source.confirm(end)
    gone = bench.row(Verb.EXPIRE_SILENCE, "graf:00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        await bench.source.send(gone)
    await bench.source.confirm(gone)
    with pytest.raises(Refused):
        await bench.source.send(bench.row(Verb.SILENCE, "graf:x", params={"seconds": 9, "labels": {"a": ""}}))
    await bench.source.probe()
    bench.sim.database = "failing"
    bench.sim.denied = {"/api/annotations": "annotations:read", "/api/prometheus": "alert.rules:read"}
    bench.clock.advance(61)
    await bench.poll()
    wrong = Bench(token=Secret("literal", "glsa_wrong"))
    with pytest.raises(AuthFailed):
        await wrong.poll()
    for request, response in (*bench.exchanges, *wrong.exchanges):
        (proxied if "/proxy/" in request.path else checker).check(request, response)
    assert proxied.checked == {"GET /query 200", "GET /query 400"}
    assert checker.checked >= {
        "GET /api/health 200",
        "GET /api/health 503",
        "GET /api/annotations 200",
        "GET /api/annotations 403",
        "GET /api/prometheus/grafana/api/v1/rules 200",
        "GET /api/alertmanager/grafana/api/v2/alerts 200",
        "GET /api/alertmanager/grafana/api/v2/alerts 401",
        "POST /api/alertmanager/grafana/api/v2/silences 202",
        "POST /api/alertmanager/grafana/api/v2/silences 400",
        "DELETE /api/alertmanager/grafana/api/v2/silence/{SilenceId} 200",
        "GET /api/alertmanager/grafana/api/v2/silence/{SilenceId} 404",
    }
