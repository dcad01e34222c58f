"""The post-mortem as Markdown, in the seed's template or the team's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from importlib import resources

from oncall_tui.documents import Literal, escape_markdown, filled
from oncall_tui.postmortem.document import Moment, PostMortem


def default_template() -> str:
    """The built-in Markdown template."""
    return resources.files("oncall_tui.postmortem").joinpath("postmortem.md.j2").read_text("utf-8")


def to_markdown(document: PostMortem, zone: tzinfo = UTC, template: str | None = None) -> str:
    """The draft as Markdown. Times of day are in ``zone``.

    Raises:
        jinja2.TemplateError: a team's own template is wrong.
    """
    end = document.life.resolved or document.written_at
    first_day = document.life.triggered.astimezone(zone).date()

    def clock(moment: datetime) -> Literal:
        local = moment.astimezone(zone)
        return Literal(f"{local:%H:%M}" if local.date() == first_day else f"{local:%Y-%m-%d %H:%M}")

    return filled(
        template if template is not None else default_template(),
        zone,
        end,
        p=document,
        clock=clock,
        day=lambda moment: Literal(f"{moment.astimezone(zone):%Y-%m-%d}"),
        spoken=lambda length: Literal(spoken(length)),
        aside=lambda moment: Literal(_aside(moment)),
    )


def spoken(length: timedelta | None) -> str:
    """A length as it is said: ``2 hours 15 minutes``; ``not known`` where there is none."""
    if length is None:
        return "not known"
    minutes = int(length.total_seconds() // 60)
    if minutes <= 0:
        return "under a minute" if length else "at once"
    parts = ((minutes // 1440, "day"), (minutes % 1440 // 60, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{number} {word}{'' if number == 1 else 's'}" for number, word in parts if number)


def _aside(moment: Moment) -> str:
    """Who says so, as what, and whether the pager has it: behind the text, in brackets."""
    told = [moment.note_kind.value] if moment.note_kind is not None else []
    told += [escape_markdown(moment.author)] if moment.author and moment.author not in moment.text else []
    told += [f"{moment.times} times"] if moment.times > 1 else []
    told += [f"note not in the pager: {moment.state.value}"] if moment.state is not None else []
    return f" ({', '.join(told)})" if told else ""


def default_name(document: PostMortem, zone: tzinfo = UTC) -> str:
    """``post-mortem-2024-01-15-INC-2024-001.md``: a name that is safe in every folder."""
    which = document.incident.number or document.incident.native_id
    safe = re.sub(r"[^A-Za-z0-9]+", "-", which).strip("-")[:60] or "incident"
    return f"post-mortem-{document.life.triggered.astimezone(zone):%Y-%m-%d}-{safe}.md"
