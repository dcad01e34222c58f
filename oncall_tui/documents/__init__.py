"""What handover, post-mortem and messages share: Markdown out of templates, its HTML, the file it is written to."""

from oncall_tui.documents.files import FORMATS, ExportError, Format, check_path, write_document
from oncall_tui.documents.markdown import Literal, escape_markdown, filled, length_words, page

__all__ = [
    "FORMATS",
    "ExportError",
    "Format",
    "Literal",
    "check_path",
    "escape_markdown",
    "filled",
    "length_words",
    "page",
    "write_document",
]
