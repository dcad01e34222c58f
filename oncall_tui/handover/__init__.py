"""The shift's handover: from facts to a document, its three forms, its file."""

from oncall_tui.documents import FORMATS, ExportError, Format, check_path, write_document
from oncall_tui.handover.carrying import exported, in_message
from oncall_tui.handover.document import (
    Beside,
    Handover,
    HandoverEdits,
    HandoverIncident,
    draft,
    forgotten,
    muted,
    told_of,
)
from oncall_tui.handover.edits import (
    decode_edits,
    edits_key,
    encode_edits,
    key_of_stretch,
    with_item,
    with_note,
    with_text,
)
from oncall_tui.handover.export import default_name
from oncall_tui.handover.handed import (
    NOTES,
    NOWHERE,
    Handed,
    HandedError,
    Kept,
    Origin,
    handed_markdown,
    handed_of,
    read_handed,
)
from oncall_tui.handover.items import HandoverItem
from oncall_tui.handover.render import to_html, to_json, to_markdown, to_text
from oncall_tui.handover.sending import message_of, target_of
from oncall_tui.handover.still import Still, still_open, takes_notes

__all__ = [
    "FORMATS",
    "NOTES",
    "NOWHERE",
    "Beside",
    "ExportError",
    "Format",
    "Handed",
    "HandedError",
    "Handover",
    "HandoverEdits",
    "HandoverIncident",
    "HandoverItem",
    "Kept",
    "Origin",
    "Still",
    "check_path",
    "decode_edits",
    "default_name",
    "draft",
    "edits_key",
    "encode_edits",
    "exported",
    "forgotten",
    "handed_markdown",
    "handed_of",
    "in_message",
    "key_of_stretch",
    "message_of",
    "muted",
    "read_handed",
    "still_open",
    "takes_notes",
    "target_of",
    "to_html",
    "to_json",
    "to_markdown",
    "to_text",
    "told_of",
    "with_item",
    "with_note",
    "with_text",
    "write_document",
]
