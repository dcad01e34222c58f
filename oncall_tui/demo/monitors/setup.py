"""The parts of a config file that watch the simulated monitors."""

from __future__ import annotations

from typing import Any


def alertmanager_config(base_url: str, name: str = "alerts") -> dict[str, Any]:
    """A source of the simulated Alertmanager; ``base_url`` without the prefix."""
    return {"name": name, "kind": "alertmanager", "base_url": f"{base_url}/alertmanager", "poll": "15s"}


def prometheus_config(base_url: str, name: str = "metrics") -> dict[str, Any]:
    """A source of the simulated Prometheus; ``base_url`` without the prefix.

    Its checks show every state: payments and gateway go through ok, degraded and down with the story, storage warns
    of a disk and of a late backup, edge and web are ok, search has no data.
    """
    return {
        "name": name,
        "kind": "prometheus",
        "base_url": f"{base_url}/prometheus",
        "poll": "15s",
        "targets": True,
        "health": [
            {
                "name": "payments error rate",
                "service": "payments",
                "query": '100 * job:error_ratio{job="payments"}',
                "unit": "%",
                "degraded": "> 1",
                "down": "> 5",
            },
            {
                "name": "gateway p99",
                "service": "gateway",
                "query": 'job:latency_seconds:p99{job="gateway"}',
                "unit": "s",
                "degraded": "> 1500ms",
                "down": "> 8s",
            },
            {
                "name": "database disks",
                "service": "storage",
                "query": '100 * instance:disk_used:ratio{service="storage"}',
                "unit": "%",
                "degraded": "> 85",
                "down": "> 97",
            },
            {
                "name": "database backup",
                "service": "storage",
                "query": "(time() - backup_last_success_timestamp_seconds) / 3600",
                "unit": "h",
                "degraded": "> 26h",
                "down": "> 2d",
            },
            {
                "name": "edge cache",
                "service": "edge",
                "query": "time() - cache_last_refresh_timestamp_seconds",
                "unit": "s",
                "degraded": "> 1h",
            },
            {
                "name": "web requests",
                "service": "web",
                "query": 'job:requests:rate5m{job="web"}',
                "unit": "req/s",
                "degraded": "< 20",
                "down": "< 1",
            },
            {
                "name": "search freshness",
                "service": "search",
                "query": "time() - search_index_last_commit_timestamp_seconds",
                "unit": "s",
                "degraded": "> 10m",
            },
        ],
    }
