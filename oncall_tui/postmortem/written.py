"""A post-mortem as it would be exported: its facts, and the text that a person made of them or that wrote itself."""

from __future__ import annotations

from datetime import datetime

from oncall_tui.postmortem.document import PostMortem
from oncall_tui.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A post-mortem as it stands."""

    document: PostMortem
    text: str
    """Markdown."""
    edited_at: datetime | None = None
    """When a person rewrote it; ``None``: it writes itself."""

    @property
    def is_edited(self) -> bool:
        """Whether a person rewrote it."""
        return self.edited_at is not None


def text_name(incident_id: str) -> str:
    """Under which name the rewritten text is remembered, and what is being typed of it."""
    return f"postmortem:{incident_id}"
