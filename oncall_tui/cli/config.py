"""``config``: the effective config with every secret masked, or the schema of the file."""

from __future__ import annotations

import sys
from argparse import Namespace

import msgspec

from oncall_tui import channels, sources
from oncall_tui.cli import exits
from oncall_tui.cli.compose import read_config
from oncall_tui.config.show import schema, shown
from oncall_tui.text import paint_safe


def config(args: Namespace) -> int:
    """The command."""
    if args.schema:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(schema(sources, channels))).decode() + "\n")
        return exits.OK
    effective = read_config(args)
    sys.stdout.write("\n".join(paint_safe(line) for line in shown(effective).split("\n")))
    for warning in effective.warnings:
        sys.stderr.write(f"oncall-tui: {paint_safe(warning)}\n")
    return exits.OK
