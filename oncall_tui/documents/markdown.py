"""Markdown out of templates that teams word themselves, and HTML out of that Markdown.

Outside text can make no heading, image, link or HTML: in Markdown its special characters are escaped, the HTML is made
from that Markdown with raw HTML, images and links switched off.
"""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from oncall_tui.text import paint_safe

if TYPE_CHECKING:
    from jinja2 import Template

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
# A list item ("- x", "1. x"), and a rule or an underlined heading ("--" after a list's own "- ", "==").
_LINE_START = re.compile(r"^(\d{0,9})([-+.)=])(?=[-=\s]|$)")
_BARE_LINK = re.compile(r"(?i)\b(https?|ftp|mailto)(:)|\bwww(\.)")


def escape_markdown(text: object) -> str:
    """Outside text as literal inline Markdown: one line, no markup, no link that a viewer would make by itself."""
    line = re.sub(r"\s+", " ", paint_safe(str(text).replace("\n", " "))).strip()
    line = _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))
    return _BARE_LINK.sub(lambda match: match[0].replace(":", "\\:").replace(".", "\\."), line)


def length_words(length: timedelta | None) -> str:
    """A length of time for people: ``4 min``, ``2 h 15 min``, ``3 d 4 h``; ``-`` where there is none."""
    if length is None:
        return "-"
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


@lru_cache(maxsize=4)
def _template(source: str) -> Template:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False
    )
    environment.finalize = _finalize
    environment.filters.update(length=length_words, md=escape_markdown)
    return environment.from_string(source)


class Literal(str):
    """Text of the template's own making, not to be escaped again."""

    __slots__ = ()


def _finalize(value: Any) -> Any:
    # Every value that a template prints is escaped, whatever the template's author forgot.
    return value if isinstance(value, Literal | int | float) else escape_markdown("" if value is None else value)


def filled(template: str, zone: tzinfo, end: datetime, **values: Any) -> str:
    """The template with its values filled in, as tidy Markdown.

    Templates know, besides ``values``: ``time(moment)`` and ``zone`` (in ``zone``, by its name at ``end``),
    ``severity(incident)``, ``length(timedelta)``.

    Raises:
        jinja2.TemplateError: a team's own template is wrong.
    """

    def clock_time(moment: datetime | None) -> Literal:
        return Literal("-" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M"))

    text = _template(template).render(
        time=clock_time,
        zone=Literal(escape_markdown(end.astimezone(zone).tzname() or "UTC")),
        severity=lambda incident: Literal(f"Sev{incident.severity}" if incident.severity else "Sev?"),
        length=lambda value: Literal(length_words(value)),
        **values,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem; color: #1c2128; }}
h1 {{ font-size: 1.5rem; border-bottom: 2px solid #d0d7de; padding-bottom: .3rem; }}
h2 {{ font-size: 1.15rem; margin-top: 1.8rem; }}
table {{ border-collapse: collapse; }} th, td {{ border: 1px solid #d0d7de; padding: .25rem .6rem; text-align: left; }}
code {{ background: #f3f4f6; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #0d1117; color: #e6edf3; }}
  code {{ background: #21262d; }}
}}
</style>
</head>
<body>
{body}</body>
</html>
"""


def page(title: str, markdown: str) -> str:
    """Markdown as one HTML page that loads nothing and runs nothing."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
    parser.disable(["image", "link", "autolink", "html_inline", "html_block", "reference"])
    return _PAGE.format(title=html.escape(title), body=parser.render(markdown))
