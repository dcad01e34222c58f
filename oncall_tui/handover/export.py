"""What the handover's file is called."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from oncall_tui.documents import Format


def default_name(user: str, end: datetime, zone: tzinfo, kind: Format) -> str:
    """``handover-alice-2026-11-23-2000.md``: a name that is safe in every folder."""
    who = re.sub(r"[^A-Za-z0-9]+", "-", user.partition("@")[0]).strip("-")[:40] or "seat"
    return f"handover-{who}-{end.astimezone(zone):%Y-%m-%d-%H%M}.{kind}"
