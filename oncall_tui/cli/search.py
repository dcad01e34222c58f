"""``search``: texts that the seat has seen; with ``--like`` earlier incidents of an incident's kind. Asks nobody."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import datetime, tzinfo
from typing import Any

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.acting import resolve_id
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import iso, zone_named
from oncall_tui.desk.past import seen_before
from oncall_tui.model.search import Found
from oncall_tui.policy.seen import Earlier, SeenBefore, length_words, summary
from oncall_tui.text import clip, fit, paint_safe

_TEXT = 110


def search(args: Namespace) -> int:
    """The command."""
    if bool(args.words) == bool(args.like):
        raise exits.UsageError("search takes WORDS, or --like ID")
    return asyncio.run(_search(args))


async def _search(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        zone, now = zone_named(house.config.seat.time_zone), house.clock.now()
        if args.like:
            incident_id = await resolve_id(house, args.like, cached=True)
            seen = await seen_before(house.desk, incident_id)
            told, lines = _seen_json(incident_id, seen), _seen_lines(seen, now, zone)
        else:
            found = await house.desk.search(" ".join(args.words), args.limit)
            told, lines = _found_json(found), _found_lines(found, zone)
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told)).decode() + "\n")
    else:
        sys.stdout.write("\n".join(paint_safe(line) for line in lines) + "\n")
    return exits.OK


def _found_lines(found: Found, zone: tzinfo) -> list[str]:
    shown = f", the first {len(found.hits)}" if len(found.hits) < found.total else ""
    lines = [f"{found.total} found{shown}"]
    for hit in found.hits:
        text = "".join(piece for piece, _ in hit.snippet)
        at = f"{hit.at.astimezone(zone):%Y-%m-%d %H:%M}"
        about = f"{hit.title}{f': {text}' if text != hit.title else ''}"
        lines.append(f"  {at}  {fit(hit.kind.value, 8)} {clip(about, _TEXT)}  {hit.incident_id or hit.ref}")
    if found.unread:
        lines.append(f"{found.unread} rows are not read yet: search again")
    if found.is_plain:
        lines.append("SQLite has no FTS5 here: words were looked for as they stand")
    return lines


def _found_json(found: Found) -> dict[str, Any]:
    return {
        "version": 1,
        "total": found.total,
        "unread": found.unread,
        "plain": found.is_plain,
        "hits": [
            {
                "kind": hit.kind.value,
                "ref": hit.ref,
                "at": iso(hit.at),
                "title": hit.title,
                "text": "".join(piece for piece, _ in hit.snippet),
                "incident": hit.incident_id,
                "service": hit.service,
            }
            for hit in found.hits
        ],
    }


def _seen_lines(seen: SeenBefore, now: datetime, zone: tzinfo) -> list[str]:
    lines = [f"seen before: {summary(seen, now, zone)}"]
    for one in seen.times:
        at = f"{one.incident.created_at.astimezone(zone):%Y-%m-%d %H:%M}"
        took = fit(length_words(one.took) if one.took is not None else one.incident.state.value, 12)
        people = ", ".join(one.people) or "nobody"
        lines.append(
            f"  {at}  {took} {one.incident.id}  {people}{f': {clip(one.lesson, _TEXT)}' if one.lesson else ''}"
        )
    return lines


def _seen_json(incident_id: str, seen: SeenBefore) -> dict[str, Any]:
    return {
        "version": 1,
        "incident": incident_id,
        "count": seen.count,
        "since": iso(seen.since) if seen.since is not None else None,
        "usual_s": seen.usual.total_seconds() if seen.usual is not None else None,
        "times": [_time(one) for one in seen.times],
    }


def _time(one: Earlier) -> dict[str, Any]:
    return {
        "id": one.incident.id,
        "title": one.incident.title,
        "created_at": iso(one.incident.created_at),
        "took_s": one.took.total_seconds() if one.took is not None else None,
        "people": list(one.people),
        "root_cause": one.root_cause,
        "note": one.note.text if one.note is not None else None,
        "note_by": one.note.author if one.note is not None else None,
        "judgements": [mark.value for mark in one.judgements],
    }
