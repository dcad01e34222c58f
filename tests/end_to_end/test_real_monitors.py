"""The whole program on the real Prometheus, Alertmanager and node-exporter of Debian."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.debian import ALERT, RealMonitors, real_monitors
from tests.support.seat import Seat, until

__all__ = ["real_monitors"]

pytestmark = [pytest.mark.debian, pytest.mark.pty]

CONFIG = """\
seat: {user: alice@example.com}
sources:
  - {name: alerts, kind: alertmanager, base_url: "ALERTMANAGER", poll: 2s}
  - name: metrics
    kind: prometheus
    base_url: "PROMETHEUS"
    poll: 2s
    health:
      - {name: load, service: node, query: node_load1, degraded: '> 100000'}
      - {name: nothing, service: node, query: no_such_metric}
"""


@pytest.fixture
def watcher(real_monitors: RealMonitors, tmp_path: Path) -> Iterator[Seat]:
    text = CONFIG.replace("ALERTMANAGER", real_monitors.alertmanager).replace("PROMETHEUS", real_monitors.prometheus)
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    made = Seat(tmp_path, path)
    yield made
    made.close()
    assert "Traceback" not in made.log(), made.log()


def test_now_shows_the_alert_and_health_from_a_query_in_one_poll(watcher: Seat) -> None:
    report = watcher.json("now", "--json")
    assert [source["ok"] for source in report["sources"]] == [True, True]
    told = [alert for alert in report["alerts"] if alert["name"] == ALERT]
    assert [(alert["state"], alert["service"], alert["severity"]) for alert in told] == [
        ("firing", "payments", "critical")
    ], "one alert, though both servers tell of it"
    health = {check["name"]: check for check in report["health"]}
    assert health["load"]["status"] == "ok"
    assert health["load"]["value"] is not None
    assert health["nothing"]["status"] == "unknown"
    assert watcher.run("check").returncode == 0


def test_a_silence_made_with_a_key_is_the_servers_and_stands_in_the_pane(
    watcher: Seat, real_monitors: RealMonitors
) -> None:
    terminal = watcher.dashboard(size=(120, 36))
    terminal.wait(rf"crit {ALERT} +payments")
    terminal.wait(r"load ")
    terminal.press("2")
    terminal.until(lambda: "│▌" in terminal.line_with(ALERT), "the cursor on the alert")
    terminal.press("S")
    terminal.wait("─ Silence ─")
    terminal.settle()
    terminal.type("known since the deployment")
    terminal.wait("known since the deployment")
    terminal.press("\r")
    terminal.wait(rf"◆ +crit {ALERT} .*silenced → ")

    def silences() -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(real_monitors.amtool("silence", "query", "-o", "json"))
        return [one for one in found if one["comment"] == "known since the deployment"]

    (silence,) = until(silences, what="amtool to see the silence")
    assert silence["createdBy"] == "alice@example.com"
    terminal.press("E")
    terminal.wait("End the silence|end the silence")
    terminal.settle()
    terminal.press("y")
    until(lambda: not silences(), what="amtool to see that it has ended")
    terminal.gone(rf"{ALERT} .*silenced → ")
