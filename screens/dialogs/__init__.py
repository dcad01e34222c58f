"""What asks before an action is queued: a dialog for each action that needs an answer.

Each is imported when it is first asked for: an editor's widgets are heavy, and most nights need one key only.
"""

from __future__ import annotations

from textual.screen import ModalScreen

from oncall_tui.actions import Action, Ask
from oncall_tui.board import Board
from screens.requests import Answer, Target


def dialog_for(action: Action, targets: tuple[Target, ...], board: Board) -> ModalScreen[Answer | None] | None:
    """The dialog of ``action`` on ``targets`` (pinned, at least one), over ``board``; ``None``: nothing needs asking.

    It is dismissed with an :class:`~screens.requests.Answer` whose ``params`` are those of
    :class:`~oncall_tui.model.OutboxRow` for the action's verb, or with ``None`` when the person leaves.
    """
    if action.ask is Ask.NOTHING or not targets:
        return None
    match action.id:
        case "escalate":
            from screens.dialogs.escalate import EscalateDialog

            return EscalateDialog(targets[0], board)
        case "note":
            from screens.dialogs.note import NoteDialog

            return NoteDialog(targets[0], board)
        case "snooze":
            from screens.dialogs.snooze import SnoozeDialog

            return SnoozeDialog(targets, board)
        case "severity":
            from screens.dialogs.severity import SeverityDialog

            return SeverityDialog(targets, board)
        case "reassign":
            from screens.dialogs.assign import AssignDialog

            return AssignDialog(targets, board)
        case "silence":
            from screens.dialogs.silence import SilenceDialog

            return SilenceDialog(targets[0], board)
        case "merge":
            from screens.dialogs.merge import MergeDialog

            return MergeDialog(targets[0], board)
        case "title":
            from screens.dialogs.title import TitleDialog

            return TitleDialog(targets[0], board)
    from screens.dialogs.confirm import ConfirmDialog

    return ConfirmDialog(action, targets, board)
