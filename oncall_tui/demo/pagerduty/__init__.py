"""A simulated PagerDuty account: the company's people, schedules and policies, and incidents that live.

It answers as the real REST API v2 does, as far as its published description and documentation tell: the
escalation goes on by itself, an acknowledgement runs out, what is already so is refused with PagerDuty's codes.
Where a field would be ``null`` it is left out, for the description allows no ``null`` there; log entries carry
no ``channel``, whose description no object can satisfy.
"""

from oncall_tui.demo.pagerduty.sim import TOKEN, PagerDutySim

__all__ = ["TOKEN", "PagerDutySim"]
