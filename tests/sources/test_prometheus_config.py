"""Both monitors as the config file writes them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from oncall_tui import sources
from oncall_tui.config.load import load_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.demo.monitors import alertmanager_config, prometheus_config
from oncall_tui.sources import alertmanager, prometheus
from oncall_tui.sources.threshold import Threshold


def loaded(folder: Path, *entries: dict[str, Any]) -> Any:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"seat": {"user": "alice@example.com"}, "sources": list(entries)}))
    path.chmod(0o600)
    return load_config(path, kinds=sources, environ={}).sources


def test_the_demos_parts_are_valid_configs(tmp_path: Path) -> None:
    alerts, metrics = loaded(
        tmp_path, alertmanager_config("http://127.0.0.1:1"), prometheus_config("http://127.0.0.1:1")
    )
    assert isinstance(alerts, alertmanager.Options) and isinstance(metrics, prometheus.Options)
    checks = {check.name: check for check in metrics.health}
    assert checks["payments error rate"].down == Threshold(">", 5.0, "%")
    assert checks["gateway p99"].degraded == Threshold(">", 1.5, "s")


def test_every_option_can_be_written(tmp_path: Path) -> None:
    (alerts,) = loaded(
        tmp_path,
        {
            "name": "alerts",
            "kind": "alertmanager",
            "base_url": "http://mimir:8080/alertmanager/api/v2",
            "allow_http": True,
            "username": "alice",
            "password": {"env": "AM_PASSWORD"},
            "headers": {"X-Scope-OrgID": "team"},
            "severity": {"Page": 1},
            "service_labels": ["app"],
            "filter": ['severity=~"critical|page"'],
            "poll": "20s",
        },
    )
    assert alerts.base_url == "http://mimir:8080/alertmanager" and alerts.poll == timedelta(seconds=20)
    assert alerts.severity == {"page": 1} and alerts.severity_of({"severity": "PAGE"}) == ("PAGE", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base_url": "http://prometheus:9090"}, "allow_http"),
        ({"headers": {"Authorization": "Bearer x"}}, "credentials are token"),
        ({"headers": {"X-A": "a\nb"}}, "no header can carry"),
        ({"severity": {"page": 9}}, "from 1 to 4"),
        ({"service_labels": []}, "must not be empty"),
        ({"health": [{"name": "a", "query": "up", "down": "five"}]}, "not a limit"),
        (
            {"health": [{"name": "a", "query": "up", "unit": "ms", "down": "> 5 %"}]},
            "the limit is in %, the value in ms",
        ),
        ({"health": [{"name": "a", "query": ""}]}, "must not be empty"),
        ({"health": [{"name": "a", "query": "x"}, {"name": "A!", "query": "y"}]}, "too like"),
        ({"helth": []}, "health"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        loaded(tmp_path, {"name": "metrics", "kind": "prometheus", **change})
    assert words in str(refusal.value)


@pytest.mark.parametrize("matcher", ["severity", "=x", "a >= 1", '{a="b"}'])
def test_a_filter_is_a_matcher(tmp_path: Path, matcher: str) -> None:
    with pytest.raises(ConfigError, match="not a matcher"):
        loaded(tmp_path, {"name": "alerts", "kind": "alertmanager", "filter": [matcher]})
