"""``investigate``: an incident's time frame looked at: metrics, log lines, changes, links, and what follows."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace

import msgspec

from oncall_tui.cli import exits
from oncall_tui.cli.acting import resolve_id
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import zone_named
from oncall_tui.desk.investigating import Investigator
from oncall_tui.investigation.render import ASCII_LEVELS, LEVELS, to_json, to_lines
from oncall_tui.text import clean, paint_safe


def investigate(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_investigate(args))


async def _investigate(args: Namespace) -> int:
    config = read_config(args)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        # Its alerts and changes are other sources': what the cache has of them may be old, or nothing.
        late = [name for name, problem in (await house.desk.poll_once()).items() if problem]
        incident_id = await resolve_id(house, args.id)
        stale = await house.desk.read(incident_id)
        view = await house.desk.view(incident_id)
        found = await Investigator(house.desk).look(incident_id, await house.desk.board(), width=args.width)
        zone = zone_named(house.config.seat.time_zone)
    if found is None or view is None:
        raise exits.UsageError(f"no incident {clean(incident_id, 80)}: {stale or 'nothing is known of it'}")
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(to_json(found))).decode() + "\n")
    else:
        levels = LEVELS if "utf" in (sys.stdout.encoding or "").lower() else ASCII_LEVELS
        lines = to_lines(found, view.incident.title, zone, levels)
        sys.stdout.write("\n".join(paint_safe(line) for line in lines) + "\n")
    failed = [f"{one.query.name}: {one.problem}" for one in found.results if one.problem is not None]
    late_lines = [f"{name} is not up to date" for name in late]
    for line in [*([f"{incident_id} is not up to date: {stale}"] if stale else []), *late_lines, *failed]:
        sys.stderr.write(paint_safe(f"oncall-tui: {clean(line, 400)}") + "\n")
    return exits.STALE if stale or late or failed else exits.OK
