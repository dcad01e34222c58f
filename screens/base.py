"""What every screen and dialog of ours is. A screen holds the board, turns keys into requests, and says things in one
line (:mod:`screens.framed`, :mod:`screens.acting`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from textual.screen import ModalScreen

from oncall_tui.actions import BY_ID, Action
from oncall_tui.board import Board
from oncall_tui.model import OutboxRow
from screens.acting import ActingScreen
from screens.requests import (
    Answer,
    BellRequested,
    CopyRequested,
    QuitRequested,
    RefreshRequested,
    RepaintRequested,
    Target,
    UndoRequested,
)
from widgets.sturdy import Sturdy

Result = TypeVar("Result")

COMMON = (
    "undo",
    "refresh",
    "palette",
    "help",
    "outbox",
    "sources",
    "handover",
    "schedule",
    "roles",
    "checklists",
    "forgotten",
    "silences",
    "metrics",
    "commands",
    "bell",
    "history",
    "suggestions",
    "declarations",
    "repaint",
    "quit",
)
"""Actions that every screen offers."""


class OncallDialog(Sturdy, ModalScreen[Result]):
    """What every dialog of ours is: over the screen, inside it at every size, drawn without a backdrop's blending."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OncallDialog { align: center middle; background: $background 0%; }
    OncallDialog:ansi { background: transparent; }
    """


class OncallScreen(ActingScreen[Result]):
    """Override :meth:`compose_body`, :meth:`show_board`, :meth:`aim`, and list the actions that the screen offers in
    :attr:`ACTIONS`."""

    ACTIONS: ClassVar[tuple[str, ...]] = COMMON
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OncallScreen { layout: vertical; overflow: hidden hidden; }
    OncallScreen > #body { height: 1fr; }
    """

    # -- actions that every screen has -----------------------------------------------------------------------

    def do_communicate(self) -> None:
        """Tell somebody about an incident through a channel."""
        from screens.communicate import communicate

        communicate(self)

    def do_declare(self) -> None:
        """Declare an incident, or run the response to one."""
        from screens.leading import declare

        declare(self)

    def do_phase(self) -> None:
        """Say which phase the incident is in, or that it is mitigated."""
        from screens.leading import mark_phase

        mark_phase(self)

    def do_noise(self) -> None:
        """Say what a page was worth."""
        from screens.leading import mark_noise

        mark_noise(self)

    def do_postmortem(self) -> None:
        """The post-mortem of the incident."""
        from screens.writing_up import open_postmortem

        open_postmortem(self)

    def do_undo(self) -> None:
        """Cancel the latest action while it has not left."""
        self.post_message(UndoRequested())

    def do_refresh(self) -> None:
        """Ask every source at once."""
        self.post_message(RefreshRequested())

    def do_palette(self) -> None:
        """Any action by its name."""
        from screens.palette import RUN, PaletteScreen, entries_of

        def chosen(action_id: str | None) -> None:
            if action_id is not None and action_id.startswith(RUN):
                self.action_run(action_id.removeprefix(RUN))
            elif action_id is not None:
                self.action_act(action_id)

        self.app.push_screen(PaletteScreen(entries_of(self.offered(), self.key_map, self.absent())), chosen)

    def do_help(self) -> None:
        """All keys."""
        from screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.offered(), self.key_map))

    def offered(self) -> tuple[Action, ...]:
        """The actions that this screen offers, in the registry's order."""
        offered = self.action_ids()
        return tuple(action for action in BY_ID.values() if action.id in offered)

    def do_commands(self) -> None:
        """A program of the team's own, about what is under the cursor."""
        from screens.commands import choose

        choose(self)

    def action_run(self, name: str) -> None:
        """A command's own key, or its line in the palette."""
        from screens.commands import begin

        begin(self, name)

    def do_history(self) -> None:
        """What was seen before: of the incident under the cursor, or of some words."""
        from screens.past import open_history

        open_history(self)

    def do_bell(self) -> None:
        """Ring as a page would."""
        self.post_message(BellRequested())

    def do_repaint(self) -> None:
        """Draw every cell anew."""
        self.post_message(RepaintRequested())

    def do_quit(self) -> None:
        """Leave the program."""
        self.post_message(QuitRequested())

    def do_back(self) -> None:
        """Leave this screen."""
        if len(self.app.screen_stack) > 1 and self.is_current:
            self.dismiss()

    def copy_link(self, url: str | None, what: str) -> None:
        """Copy an address, if there is one."""
        if url:
            self.post_message(CopyRequested(url, what))
        else:
            self.say(f"{what} has no link", "stale")


Dialogs = Callable[[Action, tuple[Target, ...], Board], ModalScreen[Answer | None] | None]
"""The type of :func:`screens.dialogs.dialog_for`."""


def newest_action(rows: Iterable[OutboxRow]) -> OutboxRow | None:
    """The latest of a row's actions: the one that its mark tells of."""
    return max(rows, key=lambda row: row.created_at, default=None)
