"""The post-mortem of one incident: from what its timeline holds to a draft in the seed's template."""

from oncall_tui.postmortem.document import Moment, PostMortem, draft
from oncall_tui.postmortem.items import LABEL, StandingItem, owner_of, ticket_title, why_no_ticket
from oncall_tui.postmortem.render import (
    default_name,
    default_template,
    heading,
    message_of,
    target_of,
    to_json,
    to_markdown,
    to_text,
)
from oncall_tui.postmortem.written import Written, text_name

__all__ = [
    "LABEL",
    "Moment",
    "PostMortem",
    "StandingItem",
    "Written",
    "default_name",
    "default_template",
    "draft",
    "heading",
    "message_of",
    "owner_of",
    "target_of",
    "text_name",
    "ticket_title",
    "to_json",
    "to_markdown",
    "to_text",
    "why_no_ticket",
]
