"""What both are configured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oncall_tui.config.options import Findings, SourceOptions, check_severities, opt
from oncall_tui.model import Severity

SEVERITIES: Mapping[str, Severity] = {"P1": 1, "P2": 2, "P3": 3, "P4": 4, "P5": 4}


def _severities(value: dict[str, int]) -> dict[str, int]:
    with Findings() as findings:
        for word in value:
            with findings.one(word[:20]):
                if word.upper() not in SEVERITIES:
                    raise ValueError("a priority from P1 to P5")
        with findings.one():
            check_severities(value)
    return {word.upper(): severity for word, severity in value.items()}


@dataclass(frozen=True, kw_only=True)
class GenieOptions(SourceOptions):
    """Priorities and transport of either system."""

    severity: dict[str, int] = opt(
        dict(SEVERITIES), help="priorities -> Sev 1 to 4; what is given adds to the default", check=_severities
    )
    allow_http: bool = opt(False, help="take a http:// address that is not on this machine")
    ca_file: str | None = opt(None, help="PEM file of the authority that signed its certificate")

    def severities(self) -> Mapping[str, Severity]:
        """Every priority's severity."""
        return {**SEVERITIES, **self.severity}


def priority_for(severity: Severity, words: Mapping[str, Severity]) -> str | None:
    """The most severe priority that stands for that severity."""
    return next((word for word in sorted(words) if words[word] == severity), None)
