"""Suggested incidents as JSON. Every optional field is there, ``null`` if unknown."""

from __future__ import annotations

from typing import Any

from oncall_tui.clock import iso
from oncall_tui.policy.suggest import Member, Suggestion


def suggestion_report(one: Suggestion) -> dict[str, Any]:
    """One of them, dismissed or not."""
    why = one.dismissed
    return {
        "id": one.id,
        "title": one.title,
        "service": one.service,
        "severity": one.severity,
        "severity_reason": one.severity_reason,
        "weight": one.weight,
        "first_at": iso(one.first_at),
        "members": [_member(member) for member in one.members],
        "beside": list(one.beside),
        "dismissed": None if why is None else {"at": iso(why.at), "by": why.by, "declared": why.declared},
    }


def _member(member: Member) -> dict[str, Any]:
    signal = member.signal
    return {
        "group": signal.key,
        "kind": signal.kind.value,
        "source": signal.source,
        "name": signal.name,
        "severity": signal.severity_word,
        "service": signal.service,
        "summary": signal.summary,
        "first_at": iso(signal.first_at),
        "alerts": list(signal.ids),
        "reasons": list(member.reasons),
    }
