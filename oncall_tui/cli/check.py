"""``check``: validates the config and probes each source and channel. What other programs call ``doctor``."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

import msgspec

from oncall_tui import __version__
from oncall_tui.cli import exits
from oncall_tui.cli.compose import House, data_folder, open_house, read_config
from oncall_tui.sources.base import Probe, Receiver
from oncall_tui.store import words
from oncall_tui.store.files import open_to_readers
from oncall_tui.text import paint_safe

CLOCK_LIMIT_S = 60.0


def check(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_check(args))


async def _check(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        asked: tuple[Receiver, ...] = (*house.sources, *house.channels)
        probes = await asyncio.gather(*(receiver.probe() for receiver in asked))
        report = _report(house, {receiver.name: probe for receiver, probe in zip(asked, probes, strict=True)})
    if args.bell:
        from oncall_tui.cli.bell import try_bell

        report["attention"] = try_bell(config.attention, os.environ)
        report["ok"] = report["ok"] and not report["attention"]["problems"]
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in _lines(report)) + "\n")
    return exits.OK if report["ok"] else exits.FAILED


def _report(house: House, probes: Mapping[str, Probe]) -> dict[str, Any]:
    store = house.store
    return {
        "version": 1,
        "program": __version__,
        "ok": all(probe.ok for probe in probes.values()),
        "config": str(house.config.path),
        "warnings": [*house.config.warnings, *store.notices, *filter(None, [open_to_readers(house.folder)])],
        "data": {
            "folder": str(house.folder),
            "sqlite": sqlite3.sqlite_version,
            "search": "fts5" if _has_fts5() else "plain",
            "journal_mode": store.journal_mode,
            "in_memory": store.in_memory,
            "read_only": store.read_only,
        },
        "environment": {
            "python": sys.version.split()[0],
            "proxy": _masked_proxy(os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy")),
            "ca_file": os.environ.get("SSL_CERT_FILE"),
        },
        "sources": [_told(source, probes[source.name]) for source in house.sources],
        "channels": [_told(channel, probes[channel.name]) for channel in house.channels],
    }


def _told(receiver: Receiver, probe: Probe) -> dict[str, Any]:
    return {
        "name": receiver.name,
        "kind": receiver.kind,
        "ok": probe.ok,
        "error": probe.error,
        "error_kind": probe.error_kind,
        "latency_ms": round(probe.latency_ms, 1) if probe.latency_ms is not None else None,
        "version": probe.version,
        "user": probe.user.name if probe.user is not None else None,
        "can": list(probe.can) or sorted(word.value for word in receiver.capabilities),
        "rate_limit": probe.rate_limit,
        "rate_remaining": probe.rate_remaining,
        "clock_skew_s": round(probe.clock_skew_s, 1) if probe.clock_skew_s is not None else None,
        "notes": list(probe.notes),
    }


def _has_fts5() -> bool:
    """Whether this Python's SQLite can search words; without it a search takes them as they stand."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        return words.is_there(db)


def _masked_proxy(proxy: str | None) -> str | None:
    if proxy is None or "@" not in proxy:
        return proxy
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://••••••@{rest.rpartition('@')[2]}"


def _lines(report: dict[str, Any]) -> list[str]:
    data = report["data"]
    memory = ", in memory only" if data["in_memory"] else ""
    lines = [
        f"oncall-tui {report['program']}, Python {report['environment']['python']}",
        f"config  {report['config']}",
        f"data    {data['folder']} (SQLite {data['sqlite']}, journal {data['journal_mode']}{memory})",
    ]
    if data["search"] == "plain":
        lines.append("warning this SQLite has no FTS5: a search takes words as they stand, the newest first")
    for name in ("proxy", "ca_file"):
        if report["environment"][name]:
            lines.append(f"{name:7} {report['environment'][name]}")
    lines += [f"warning {warning}" for warning in report["warnings"]]
    for source in report["sources"]:
        lines += ["", *_probed(source)]
    if report["channels"]:
        lines += ["", "channels"]
    for number, channel in enumerate(report["channels"]):
        lines += ["", *_probed(channel)] if number else _probed(channel)
    if "attention" in report:
        from oncall_tui.cli.bell import bell_lines

        lines += ["", *bell_lines(report["attention"])]
    return lines


def _probed(told: dict[str, Any]) -> list[str]:
    head = f"{'ok  ' if told['ok'] else 'FAIL'} {told['name']} ({told['kind']})"
    return [head, *(f"     {line}" for line in _source_lines(told))]


def _source_lines(source: dict[str, Any]) -> list[str]:
    lines = []
    if source["error"]:
        lines.append(f"error: {source['error']}")
    facts = []
    if source["version"]:
        facts.append(f"version {source['version']}")
    if source["latency_ms"] is not None:
        facts.append(f"{source['latency_ms']:.0f} ms")
    if source["rate_remaining"] is not None:
        facts.append(f"{source['rate_remaining']} of {source['rate_limit'] or '?'} calls left")
    skew = source["clock_skew_s"]
    if skew is not None:
        facts.append("clock right" if abs(skew) < CLOCK_LIMIT_S else f"clock differs by {skew:+.0f} s")
    if facts:
        lines.append(", ".join(facts))
    if source["user"]:
        lines.append(f"you are {source['user']}")
    if source["can"]:
        lines.append(f"can: {', '.join(source['can'])}")
    return lines + [f"note: {note}" for note in source["notes"]]
