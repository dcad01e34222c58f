"""When two incidents are of the same kind: one service, and titles that differ in nothing but numbers and ids. Pure."""

from __future__ import annotations

import re

from oncall_tui.model import Incident

_CHANGING = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # UUIDs
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b"  # hashes
    r"|\d+(?:[.,:]\d+)*"
)


def kind_of(incident: Incident) -> tuple[str, str]:
    """What incidents of the same kind share: the service (id, ``""`` where there is none), and the title in small
    letters with what changes from one time to the next as ``#``."""
    service = incident.service.id if incident.service is not None else ""
    return service, " ".join(_CHANGING.sub("#", incident.title.casefold()).split())
