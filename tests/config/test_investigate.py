"""``investigate``: what it takes, and what it refuses with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui import sources
from oncall_tui.config.load import load_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.config.schema import Config

SOURCE = "sources: [{name: metrics, kind: prometheus}]\n"


@pytest.fixture
def load(tmp_path: Path):  # type: ignore[no-untyped-def]  # a fixture's function
    def loaded(text: str) -> Config:
        path = tmp_path / "config.yaml"
        path.write_text(SOURCE + text)
        path.chmod(0o600)
        return load_config(path, kinds=sources, environ={})

    return loaded


def test_each_kind_of_query(load) -> None:  # type: ignore[no-untyped-def]  # see load
    found = load("""\
investigate:
  - {name: errors, metric: 'sum(rate(x{job="{service}"}[5m]))', unit: /s, service: payments, source: metrics}
  - {name: lines, logs: '{job="{service}"}'}
  - {name: traces, link: 'https://jaeger.example.com/search?service={service}&start={from_us}'}
""").investigate
    assert [one.name for one in found] == ["errors", "lines", "traces"]
    assert found[0].service == "payments" and found[1].logs and found[2].link
    assert load("").investigate == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{name: x}", "one of metric, logs and link"),
        ("{name: x, metric: up, logs: '{a=\"b\"}'}", "one of metric, logs and link"),
        ("{name: x, metric: up, source: metrik}", "no source is called 'metrik'; did you mean 'metrics'"),
        ("{name: x, link: 'javascript:alert(1)'}", "an http(s) address"),
        ("{name: x, link: 'https://{service}.example.com/'}", "an http(s) address"),
        ("{name: x, link: 'https://a.example.com/', unit: s}", "a link has none"),
        ("{name: x, metric: up, datasource: abc}", "name the source, too"),
        ("{name: '', metric: up}", "must not be empty"),
        ("{name: x, metrics: up}", "unknown key"),
        ("{name: x, metric: up}\n  - {name: x, logs: '{}'}", "two queries are called 'x'"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(load, entry: str, said: str) -> None:  # type: ignore[no-untyped-def]  # see load
    with pytest.raises(ConfigError) as caught:
        load(f"investigate:\n  - {entry}\n")
    assert said in str(caught.value) and "config.yaml:" in str(caught.value)
