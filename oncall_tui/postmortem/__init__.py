"""The post-mortem of one incident: from what its timeline holds to a draft in the seed's template."""

from oncall_tui.postmortem.document import Moment, PostMortem, draft
from oncall_tui.postmortem.render import default_name, to_markdown

__all__ = ["Moment", "PostMortem", "default_name", "draft", "to_markdown"]
