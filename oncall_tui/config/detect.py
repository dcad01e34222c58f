"""Options of detection: which alerts, log spikes and users' reports together make a suggested incident."""

from __future__ import annotations

from datetime import timedelta

from oncall_tui.config.options import opt, within
from oncall_tui.model import DetectionRules
from oncall_tui.records import dataclass

_DEFAULT = DetectionRules()


def _window(value: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= value <= timedelta(hours=24):
        raise ValueError("from 1m to 24h")
    return value


@dataclass(frozen=True, kw_only=True)
class DetectOptions:
    """What must come together for an incident to be suggested."""

    enabled: bool = opt(_DEFAULT.enabled, help="suggest incidents")
    threshold: int = opt(
        _DEFAULT.threshold,
        help="weight of a suggestion: a critical alert or a log spike is 2, a warning or a user's report 1",
        check=within(1, 100),
    )
    window: timedelta = opt(_DEFAULT.window, help="what began further apart is not joined", check=_window)
    labels: tuple[str, ...] = opt(_DEFAULT.labels, help="labels whose equal value joins, besides the service")

    @property
    def rules(self) -> DetectionRules:
        """As the board takes them."""
        return DetectionRules(enabled=self.enabled, threshold=self.threshold, window=self.window, labels=self.labels)
