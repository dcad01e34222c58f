"""The simulated company's Grafana: alerting, silences, rules, annotations, and a Prometheus behind its proxy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oncall_tui.clock import Clock
from oncall_tui.demo.grafana.sim import DATASOURCE, LOGS, TOKEN, GrafanaSim, rule_uid

__all__ = ["DATASOURCE", "LOGS", "TOKEN", "GrafanaSim", "make", "rule_uid", "stanzas"]


def make(clock: Clock, seed: int) -> GrafanaSim:
    """The simulated Grafana with what fires, is silenced and was deployed before now."""
    made = GrafanaSim(clock, seed)
    made.open_scene()
    return made


def stanzas(base_url: str) -> Mapping[str, list[dict[str, Any]]]:
    """Alice's config for it."""
    return {
        "sources": [
            {
                "name": "grafana",
                "kind": "grafana",
                "base_url": base_url,
                "token": TOKEN,
                "poll": "10s",
                "health": [
                    {
                        "name": "gateway requests",
                        "service": "gateway",
                        "datasource": DATASOURCE,
                        "query": 'job:requests:rate5m{job="gateway"}',
                        "unit": "req/s",
                        "degraded": "< 20",
                        "down": "< 1",
                    }
                ],
                "health_rules": [
                    {
                        "name": "checkout",
                        "service": "payments",
                        "rule": rule_uid("CheckoutConversionLow"),
                        "firing": "degraded",
                    },
                    {"name": "search logs", "service": "search", "rule": rule_uid("LogVolumeHigh")},
                ],
            }
        ]
    }
