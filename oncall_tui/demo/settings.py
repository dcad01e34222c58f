"""The config with which a seat watches the simulated company: Alice's, of the team Payments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oncall_tui.demo import company
from oncall_tui.demo.commands import commands, resolution
from oncall_tui.demo.monitors import alertmanager_config, prometheus_config
from oncall_tui.demo.pagerduty import TOKEN
from oncall_tui.demo.systems import stanzas

_HEAD = """\
# The simulated company, served on this machine. Keep this file to yourself (chmod 600): it holds a token, if only
# that of the simulated pager.
"""


def config_dict(
    base_url: str, more: Iterable[str] = (), channels: Iterable[str] = (), asked: Iterable[str] = ()
) -> dict[str, Any]:
    """The config as plain data; the systems (the demo's own and the kinds ``more``) are below ``base_url``. Of the
    kinds ``channels`` there are the channels alone, of the kinds ``asked`` sources that tell nothing by themselves."""
    further = stanzas(more, base_url)
    own = _own(base_url)
    own["sources"] += further["sources"]
    own["sources"] += [{**one, "spikes": False, "poll": "60s"} for one in stanzas(asked, base_url)["sources"]]
    told = further["channels"] + stanzas(channels, base_url)["channels"]
    if told:
        own["channels"] = told
    own["policy"] = {"checklists": {"resolution": resolution()}}
    if "hook" in [one["name"] for one in told]:
        # The company's mail leaves through it.
        own["policy"]["declare"] = {"stakeholders": "hook"}
    return {**own, "commands": commands(), "investigate": _queries()}


def _own(base_url: str) -> dict[str, Any]:
    return {
        "seat": {"user": company.SEAT_USER, "teams": ["Payments"]},
        "sources": [
            {
                "name": "pager",
                "kind": "pagerduty",
                "base_url": f"{base_url}/pagerduty",
                "token": TOKEN,
                "poll": "5s",
            },
            {**alertmanager_config(base_url), "poll": "5s"},
            {**prometheus_config(base_url), "poll": "10s"},
            {"name": "probes", "kind": "http", "poll": "10s", "health": _probes(f"{base_url}/probes")},
            {"name": "rota", "kind": "rotation", **_rota()},
        ],
    }


def _queries() -> list[dict[str, Any]]:
    """What the simulated Prometheus can tell of every service, and where its traces would be."""
    return [
        {"name": "error rate", "metric": '100 * job:error_ratio{job="{service}"}', "unit": "%"},
        {"name": "p99", "metric": 'job:latency_seconds:p99{job="{service}"}', "unit": "s"},
        {"name": "requests", "metric": 'job:requests:rate5m{job="{service}"}', "unit": "/s"},
        {"name": "connections", "metric": '100 * db_connection_pool:used_ratio{service="{service}"}', "unit": "%"},
        {
            "name": "traces",
            "link": "https://traces.example.com/search?service={service}&start={from_us}&end={to_us}",
        },
    ]


def config_yaml(
    base_url: str, more: Iterable[str] = (), channels: Iterable[str] = (), asked: Iterable[str] = ()
) -> str:
    """The same as a file, to be kept with mode 0600."""
    import yaml

    text: str = yaml.safe_dump(
        config_dict(base_url, more, channels, asked), sort_keys=False, allow_unicode=True, width=110
    )
    return _HEAD + text


def _probes(base_url: str) -> list[dict[str, Any]]:
    checks = (("website", "web"), ("checkout", "payments"), ("api", "gateway"))
    return [
        {
            "name": name,
            "service": service,
            "url": f"{base_url}/{name}",
            "json": {"status": "ok"},
            "degraded": "> 800ms",
        }
        for name, service in checks
    ]


def _rota() -> dict[str, Any]:
    """The seed's daily rotation, of a team that the pager knows nothing of."""
    pairs = ("alice bob", "charlie david", "eve frank", "grace henry", "ivan judy", "kevin laura", "mike nancy")
    names = {person.key: person.name for person in company.EMPLOYEES}
    on_rota = [key for pair in pairs for key in pair.split()] + list(company.MANAGERS[:1])
    address = "{}@example.com".format
    return {
        "schedules": [
            {
                "team": "Support",
                "level": 1,
                "rotation": "daily",
                "day": "08:00-20:00",
                "days": {
                    day: [address(key) for key in pair.split()]
                    for day, pair in zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), pairs, strict=True)
                },
            }
        ],
        "escalation": [
            {
                "team": "Support",
                "levels": [
                    {"after": "0m", "to": ["primary"]},
                    {"after": "15m", "to": [address(company.MANAGERS[0])]},
                ],
            }
        ],
        "people": {address(key): {"name": names[key]} for key in on_rota},
    }
