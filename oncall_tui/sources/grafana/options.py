"""How a Grafana is configured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from oncall_tui.config.options import Findings, at_least, opt, some
from oncall_tui.model import ChangeKind
from oncall_tui.sources.access import AccessOptions
from oncall_tui.sources.alertmanager_api.matchers import check_filters
from oncall_tui.sources.labels import LabelOptions
from oncall_tui.sources.queries import HealthQuery, NamedCheck, check_names, slug_of

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


def _uid(value: str) -> str:
    if not _UID.fullmatch(value):
        raise ValueError("a uid: letters, digits, - and _, at most 40")
    return value


def _kinds(value: dict[str, str]) -> dict[str, str]:
    with Findings() as findings:
        for tag, kind in value.items():
            with findings.one(tag):
                if kind not in set(ChangeKind):
                    raise ValueError(f"one of {', '.join(ChangeKind)}")
    return {tag.strip(): kind for tag, kind in value.items()}


@dataclass(frozen=True, kw_only=True)
class QueryCheck(HealthQuery):
    """One check by PromQL, asked of one of Grafana's data sources through Grafana."""

    datasource: str = opt(help="uid of the data source (Prometheus, Mimir …), as its page's address shows", check=_uid)


@dataclass(frozen=True, kw_only=True)
class RuleCheck:
    """One check by the state of an alert rule."""

    name: str = opt(help="what the pane calls it", check=some)
    service: str | None = opt(None, help="the service that it tells of")
    rule: str = opt(help="uid of the alert rule, as its page's address shows", check=_uid)
    firing: Literal["degraded", "down"] = opt("down", help="what it means when the rule fires")

    @property
    def slug(self) -> str:
        """The name as a part of an id."""
        return slug_of(self.name)


@dataclass(frozen=True, kw_only=True)
class Options(AccessOptions, LabelOptions):
    """One Grafana."""

    base_url: str = opt("http://127.0.0.1:3000", help="its address, with the path it is served below")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    filter: tuple[str, ...] = opt((), help='only alerts that all these match: severity="critical"', check=check_filters)
    health: tuple[QueryCheck, ...] = opt((), help="checks by query, through its data sources")
    health_rules: tuple[RuleCheck, ...] = opt((), help="checks by the state of its alert rules")
    rules: bool = opt(True, help="a check that says which alert rules cannot be evaluated")
    changes: dict[str, str] = opt(
        {"deploy": "deployment", "deployment": "deployment", "release": "deployment", "maintenance": "maintenance"},
        help="tags of annotations that are changes -> deployment, maintenance or other; {}: none are read",
        check=_kinds,
    )

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one():
                super().__post_init__()
            with findings.one():
                checks: tuple[NamedCheck, ...] = (*self.health, *self.health_rules)
                check_names(checks, taken={"grafana": "the check of Grafana itself", "rules": "the check of the rules"})
