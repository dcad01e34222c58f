"""How a Loki is configured: where it is, what an error is there, how many are too many, where a person looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from oncall_tui.config.options import Findings, at_least, check_severities, opt, some, within
from oncall_tui.model import Severity
from oncall_tui.sources.access import AccessOptions
from oncall_tui.sources.http import check_base_url

SEVERITIES: Mapping[str, Severity] = {"fatal": 2, "critical": 2, "error": 3}
_LABEL = re.compile(r"[a-zA-Z_]\w*", re.ASCII)
_REGEX = re.compile(r"([\\.+*?()|\[\]{}^$])")
_SELECTOR = re.compile(r"\{.*\}", re.DOTALL)


def _label(value: str) -> str:
    if not _LABEL.fullmatch(value):
        raise ValueError("not the name of a label")
    return value


def _selector(value: str) -> str:
    if not _SELECTOR.fullmatch(value.strip()):
        raise ValueError('a stream selector in braces, such as {namespace="shop"}')
    return value.strip()


def _severities(value: dict[str, int]) -> dict[str, int]:
    check_severities(value)
    return {word.strip().casefold(): severity for word, severity in value.items()}


def _thresholds(value: dict[str, int]) -> dict[str, int]:
    with Findings() as findings:
        for service, threshold in value.items():
            with findings.one(service):
                if threshold < 0:
                    raise ValueError("must not be negative")
    return value


@dataclass(frozen=True, kw_only=True)
class Options(AccessOptions):
    """One Loki, or Grafana Cloud's logs."""

    base_url: str = opt("http://127.0.0.1:3100", help="its address, with the prefix it is served below")
    poll: timedelta = opt(timedelta(seconds=30), help="interval of its polls", check=at_least(timedelta(seconds=5)))
    org_id: str | None = opt(None, help="the tenant, sent as X-Scope-OrgID", check=some)
    spikes: bool = opt(
        True, help="count errors, tell spikes and health; false: only asked when an incident is looked into"
    )
    selector: str = opt('{service_name=~".+"}', help="which streams are counted", check=_selector)
    errors: str = opt(
        '| detected_level=~"error|fatal|critical"', help="which of their lines, as LogQL writes it behind the selector"
    )
    service_label: str = opt("service_name", help="label that tells the service", check=_label)
    level_label: str = opt("detected_level", help="label that tells the level", check=_label)
    threshold: int = opt(100, help="lines a minute of one service; more are a spike", check=within(0, 1e9))
    thresholds: dict[str, int] = opt({}, help="other thresholds, by service", check=_thresholds)
    severity: dict[str, int] = opt(
        dict(SEVERITIES), help="levels -> Sev 1 to 4; what is left out keeps its default", check=_severities
    )
    grafana_url: str | None = opt(None, help="where a spike's query is opened; left out: the link is Loki's own API")
    datasource: str = opt("loki", help="uid of this Loki in that Grafana", check=some)

    def __post_init__(self) -> None:
        with Findings() as findings:
            with findings.one():
                # Documentation gives the address with the API's own path at its end.
                object.__setattr__(self, "base_url", re.sub(r"/loki/api/v1/?$", "", self.base_url.strip()))
            with findings.one():
                super().__post_init__()
            with findings.one("grafana_url"):
                if self.grafana_url is not None:
                    object.__setattr__(self, "grafana_url", check_base_url(self.grafana_url, plain_http=True))

    async def request_headers(self) -> Mapping[str, str]:
        """The headers of one call. Raises SecretError."""
        headers = await super().request_headers()
        return {**headers, "X-Scope-OrgID": self.org_id} if self.org_id is not None else headers

    @property
    def lines(self) -> str:
        """LogQL of the lines that count."""
        return f"{self.selector} {self.errors}".strip()

    @property
    def count(self) -> str:
        """LogQL of how many there were in the last minute, by service and level."""
        return f"sum by ({self.service_label}, {self.level_label}) (count_over_time({self.lines} [1m]))"

    def lines_of(self, services: Iterable[str]) -> str:
        """LogQL of the lines that count of a service, whichever of these names it has."""
        words = "|".join(_REGEX.sub(r"\\\1", one) for one in sorted(services))
        matcher = f"{self.service_label}=~{json.dumps(words, ensure_ascii=False)}"
        inner = self.selector[1:-1].strip().rstrip(",")
        return f"{{{inner}, {matcher}}} {self.errors}".strip() if inner else f"{{{matcher}}} {self.errors}".strip()

    def count_of(self, services: Iterable[str]) -> str:
        """LogQL of how many there were in the last minute, by level."""
        return f"sum by ({self.level_label}) (count_over_time({self.lines_of(services)} [1m]))"

    def threshold_of(self, service: str) -> int:
        """Lines a minute that are not yet a spike."""
        return self.thresholds.get(service, self.threshold)

    def severity_of(self, level: str) -> Severity | None:
        """The severity that a level stands for, ``None`` where it is not known."""
        known = level.casefold()
        return self.severity.get(known, SEVERITIES.get(known))

    def link(self, service: str, start: datetime, end: datetime) -> str:
        """Where a person sees the lines of a service: Grafana's Explore, or Loki's own answer."""
        matcher = f"{self.service_label}={json.dumps(service, ensure_ascii=False)}"
        inner = self.selector[1:-1].strip().rstrip(",")
        expr = f"{{{inner}, {matcher}}} {self.errors}" if inner else f"{{{matcher}}} {self.errors}"
        span = (int(start.timestamp()), int(end.timestamp()))
        if self.grafana_url is None:
            asked = {"query": expr, "start": span[0], "end": span[1], "limit": 100}
            return f"{self.base_url}/loki/api/v1/query_range?{urlencode(asked, quote_via=quote)}"
        source = {"type": "loki", "uid": self.datasource}
        pane = {
            "datasource": self.datasource,
            "queries": [{"refId": "A", "expr": expr, "queryType": "range", "datasource": source}],
            "range": {"from": str(span[0] * 1000), "to": str(span[1] * 1000)},
        }
        panes = json.dumps({"a": pane}, separators=(",", ":"))
        return f"{self.grafana_url}/explore?{urlencode({'schemaVersion': 1, 'panes': panes}, quote_via=quote)}"
