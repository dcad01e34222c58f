"""How a GoAlert server is configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from oncall_tui.config.options import Findings, SourceOptions, at_least, check_severities, opt, some
from oncall_tui.config.secret import Secret
from oncall_tui.model import Severity
from oncall_tui.sources.http import check_base_url
from oncall_tui.sources.labels import SEVERITIES


def _severities(value: dict[str, int]) -> dict[str, int]:
    check_severities(value)
    return {word.strip().casefold(): severity for word, severity in value.items()}


@dataclass(frozen=True, kw_only=True)
class Options(SourceOptions):
    """One GoAlert server. Either ``token``, or ``username`` and ``password`` of a basic account."""

    base_url: str = opt(help="its address, with the prefix it is served below")
    token: Secret | None = opt(None, help="a session's token, sent as a bearer token")
    username: str | None = opt(None, help="of a basic account, which is signed in")
    password: Secret | None = opt(None, help="of that account")
    public_url: str | None = opt(
        None, help="its public address where base_url is another: signing in needs it, and links"
    )
    poll: timedelta = opt(timedelta(seconds=15), help="interval of its polls", check=at_least(timedelta(seconds=2)))
    favorites_only: bool = opt(False, help="only alerts of the services that its user has starred, or was notified of")
    severity: dict[str, int] = opt(
        {}, help="words of the severity in an alert's metadata -> Sev; others keep their default", check=_severities
    )
    severity_keys: tuple[str, ...] = opt(
        ("severity", "priority", "level"), help="metadata that tells the severity, the first that is there", check=some
    )
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def __post_init__(self) -> None:
        with Findings() as findings:
            for key in ("base_url", "public_url"):
                with findings.one(key):
                    given: str | None = getattr(self, key)
                    if given is not None:
                        plain = key == "public_url" or self.allow_http
                        object.__setattr__(self, key, check_base_url(given, plain_http=plain))
            with findings.one():
                if (self.token is None) == (self.username is None):
                    raise ValueError("either token, or username and password")
            with findings.one():
                if (self.username is None) != (self.password is None):
                    raise ValueError("username and password go together")

    @property
    def shown_url(self) -> str:
        """The address that people open."""
        return self.public_url or self.base_url

    def severity_of(self, meta: Mapping[str, str]) -> tuple[str | None, Severity | None]:
        """The metadata's own word, and the severity that it stands for where it is known."""
        word = next((meta[key] for key in self.severity_keys if meta.get(key)), None)
        if word is None:
            return None, None
        known = word.casefold()
        return word, self.severity.get(known, SEVERITIES.get(known))
