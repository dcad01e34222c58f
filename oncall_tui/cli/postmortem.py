"""``postmortem``: the draft of an incident's post-mortem."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from datetime import tzinfo
from pathlib import Path

from oncall_tui.cli import exits
from oncall_tui.cli.acting import resolve_id
from oncall_tui.cli.compose import data_folder, open_house, read_config, tell_notices
from oncall_tui.clock import zone_named
from oncall_tui.desk.postmortem import draft_postmortem
from oncall_tui.documents import ExportError, write_document
from oncall_tui.postmortem import PostMortem, to_markdown
from oncall_tui.text import clean, paint_safe

_MOST = 100_000
"""Characters of a template."""


def postmortem(args: Namespace) -> int:
    """The command."""
    return asyncio.run(_postmortem(args))


async def _postmortem(args: Namespace) -> int:
    config = read_config(args)
    template = _template(config.policy.postmortem.template)
    async with open_house(config, data_folder(args), sends=False) as house:
        tell_notices(house)
        incident_id = await resolve_id(house, args.id, cached=args.cached)
        problem = None if args.cached else await house.desk.read(incident_id)
        document = await draft_postmortem(house.desk, incident_id)
        zone = zone_named(house.config.seat.time_zone)
    if document is None:
        raise exits.UsageError(f"no incident {clean(incident_id, 80)}: {problem or 'it is not in the cache'}")
    text = _written(document, zone, template)
    if args.output is None:
        sys.stdout.write(text)
    else:
        try:
            write_document(args.output, text, replace=args.overwrite)
        except ExportError as error:
            raise exits.Failure(str(error), exits.USAGE) from None
        sys.stdout.write(paint_safe(f"{args.output}") + "\n")
    if problem:
        sys.stderr.write(paint_safe(f"oncall-tui: {incident_id} is not up to date: {problem}") + "\n")
    return exits.STALE if problem else exits.OK


def _template(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        with Path(name).expanduser().open(encoding="utf-8") as file:
            text = file.read(_MOST + 1)
    except (OSError, ValueError, RuntimeError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise exits.UsageError(f"policy.postmortem.template: {clean(name, 120)}: {clean(words, 120)}") from None
    if len(text) > _MOST:
        raise exits.UsageError(f"policy.postmortem.template: {clean(name, 120)}: longer than {_MOST} characters")
    return text


def _written(document: PostMortem, zone: tzinfo, template: str | None) -> str:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return to_markdown(document, zone, template)
    except (TemplateError, TypeError, AttributeError, ValueError, ArithmeticError, LookupError) as error:
        if template is None:
            raise
        # What a template does with what it is given is its author's: told to them, no crash of ours.
        where = f", line {error.lineno}" if isinstance(error, TemplateSyntaxError) else ""
        raise exits.UsageError(f"policy.postmortem.template{where}: {clean(error, 200)}") from None
