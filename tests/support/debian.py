"""The real Prometheus, Alertmanager and node-exporter of Debian's packages, on free loopback ports.

:func:`running_monitors` starts all three with a rule that fires at once, waits until each is ready and the alert has
reached the Alertmanager, and ends them on the way out. ``real_monitors`` is the fixture; a test imports it by name.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BINARIES = ("prometheus", "prometheus-alertmanager", "prometheus-node-exporter", "amtool")
ALERT = "DemoAlwaysFires"
"""The rule that fires: its alert has ``severity="critical"`` and ``service="payments"``."""
_DEADLINE_S = 40.0


@dataclass(frozen=True)
class RealMonitors:
    """Where the servers listen."""

    prometheus: str
    alertmanager: str
    node_exporter: str

    def amtool(self, *arguments: str) -> str:
        """What ``amtool`` prints when asked of this Alertmanager."""
        command = ["amtool", f"--alertmanager.url={self.alertmanager}", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout


def missing_binaries() -> list[str]:
    """Which of the programs are not on this machine."""
    return [name for name in BINARIES if shutil.which(name) is None]


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _config(alertmanager_port: int, exporter_port: int, prometheus_port: int) -> str:
    return f"""\
global: {{scrape_interval: 1s, evaluation_interval: 1s, external_labels: {{prometheus: demo}}}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager_port}']}}]}}]
scrape_configs:
  - {{job_name: node, static_configs: [{{targets: ['127.0.0.1:{exporter_port}'], labels: {{service: storage}}}}]}}
  - {{job_name: prometheus, static_configs: [{{targets: ['127.0.0.1:{prometheus_port}']}}]}}
"""


_RULES = f"""\
groups:
  - name: demo
    interval: 1s
    rules:
      - alert: {ALERT}
        expr: vector(1) > 0
        for: 0s
        labels: {{severity: critical, service: payments}}
        annotations: {{summary: 'always fires', runbook_url: 'https://runbooks.example.com/demo'}}
      - {{record: 'job:up:ratio', expr: avg by (job) (up)}}
"""

_ALERTMANAGER = """\
route: {receiver: nobody, group_wait: 0s, group_interval: 1s, group_by: [alertname, service]}
receivers: [{name: nobody}]
"""


@contextmanager
def running_monitors(folder: Path) -> Iterator[RealMonitors]:
    """All three servers, ready, with the alert arrived; their data and logs are in ``folder``.

    Raises:
        RuntimeError: one of them ended or was not ready in time; its last log lines are in the message.
    """
    prometheus, alertmanager, exporter = _free_ports(3)
    (folder / "prometheus.yml").write_text(_config(alertmanager, exporter, prometheus))
    (folder / "rules.yml").write_text(_RULES)
    (folder / "alertmanager.yml").write_text(_ALERTMANAGER)
    urls = RealMonitors(*(f"http://127.0.0.1:{port}" for port in (prometheus, alertmanager, exporter)))
    commands = {
        "prometheus-node-exporter": [
            f"--web.listen-address=127.0.0.1:{exporter}",
            "--collector.disable-defaults",
            "--collector.loadavg",
            "--collector.time",
        ],
        "prometheus-alertmanager": [
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ],
        "prometheus": [
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
            # An alert that fires before the Alertmanager is discovered is lost; the next one is a minute away.
            "--rules.alert.resend-delay=1s",
        ],
    }
    with ExitStack() as stack:
        servers = {name: stack.enter_context(_server(name, words, folder)) for name, words in commands.items()}
        _wait(lambda: _answers(f"{urls.node_exporter}/metrics"), servers, folder, "the exporter's metrics")
        _wait(lambda: _answers(f"{urls.alertmanager}/-/ready"), servers, folder, "Alertmanager's readiness")
        _wait(lambda: _answers(f"{urls.prometheus}/-/ready"), servers, folder, "Prometheus's readiness")
        _wait(lambda: bool(_read(f"{urls.alertmanager}/api/v2/alerts")), servers, folder, "the alert")
        _wait(lambda: _scraped(urls), servers, folder, "the first scrapes")
        yield urls


@contextmanager
def _server(name: str, words: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen([name, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _read(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _scraped(urls: RealMonitors) -> bool:
    targets = (_read(f"{urls.prometheus}/api/v1/targets?state=active") or {}).get("data", {}).get("activeTargets", [])
    return len(targets) == 2 and all(target["health"] == "up" for target in targets)


def _wait(ready: Callable[[], bool], servers: dict[str, subprocess.Popen[bytes]], folder: Path, what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    pause = threading.Event()
    while not ready():
        ended = [name for name, process in servers.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            logs = "\n".join(f"{name}: {_tail(folder / f'{name}.log')}" for name in ended or servers)
            raise RuntimeError(f"no {what}; ended: {ended or 'none'}\n{logs}")
        pause.wait(0.1)


def _tail(path: Path) -> str:
    return path.read_text(errors="replace")[-1500:] if path.exists() else "(no log)"


@pytest.fixture(scope="session")
def real_monitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMonitors]:
    """The three servers for the whole run; skips, with the reason, where a program is missing."""
    missing = missing_binaries()
    if missing:
        pytest.skip(
            f"not installed: {', '.join(missing)} (Debian: prometheus, prometheus-alertmanager, …-node-exporter)"
        )
    with running_monitors(tmp_path_factory.mktemp("monitors")) as urls:
        yield urls
