"""The shift's handover: from facts to a document, its three forms, its file."""

from oncall_tui.handover.document import Handover, HandoverEdits, HandoverIncident, draft
from oncall_tui.handover.export import FORMATS, ExportError, Format, check_path, default_name, write_document
from oncall_tui.handover.render import to_html, to_json, to_markdown

__all__ = [
    "FORMATS",
    "ExportError",
    "Format",
    "Handover",
    "HandoverEdits",
    "HandoverIncident",
    "check_path",
    "default_name",
    "draft",
    "to_html",
    "to_json",
    "to_markdown",
    "write_document",
]
