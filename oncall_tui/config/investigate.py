"""``investigate``: what is asked of monitors when an incident is looked into."""

from __future__ import annotations

import re

from oncall_tui.config.options import Findings, opt, some, source_name
from oncall_tui.records import dataclass

_LINK = re.compile(r"https?://[^\s/{}]+(?:[/?#]\S*)?", re.ASCII)


def _link(value: str) -> str:
    if not _LINK.fullmatch(value):
        raise ValueError("an http(s) address without blanks; {service} and the like may stand behind its host")
    return value


@dataclass(frozen=True, kw_only=True)
class QueryOptions:
    """One query or link; ``{service}`` and ``{label}`` in it are filled from the incident and its alerts."""

    name: str = opt(help="what it is called on the screen", check=some)
    service: str | None = opt(None, help="only for incidents of this service; left out: for all")
    metric: str | None = opt(None, help="a query of values over time, as its source writes it (PromQL)", check=some)
    logs: str | None = opt(None, help="a query of log lines, as its source writes it (LogQL)", check=some)
    link: str | None = opt(
        None, help="an address to open: traces, a dashboard; {from_ms} {to_ms} {from_s} {from_us} are the time frame",
        check=_link,
    )  # fmt: skip
    source: str | None = opt(None, help="which source is asked; left out: the first that can", check=source_name)
    datasource: str | None = opt(None, help="of a Grafana: the uid of its data source", check=some)
    unit: str | None = opt(None, help="of a metric's value: %, ms, /s")

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one():
                if sum(value is not None for value in (self.metric, self.logs, self.link)) != 1:
                    raise ValueError("one of metric, logs and link")
            for key in ("source", "datasource", "unit"):
                with findings.one(key):
                    if self.link is not None and getattr(self, key) is not None:
                        raise ValueError("a link has none")
            with findings.one("datasource"):
                if self.link is None and self.datasource is not None and self.source is None:
                    raise ValueError("name the source, too: the Grafana that has it")


def queries_once(value: tuple[QueryOptions, ...]) -> tuple[QueryOptions, ...]:
    """A check of the list: no two queries of a service have one name."""
    names = [(one.name, one.service) for one in value]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise ValueError(f"two queries are called {twice[0][:40]!r}")
    return value
