"""What every screen of ours is: it holds the board, turns keys into requests, and says things in one line.

A key press pins its targets at once (A0). Whatever the board becomes while a dialog is open, the action goes to
what was pinned, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingsMap
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.screen import ModalScreen

from oncall_tui.actions import BY_ID, Action, Ask, Scope
from oncall_tui.board import AlertRow, Board, IncidentRow
from oncall_tui.model import OutboxRow
from oncall_tui.text import MAX_BODY, clean, clip_start, width
from screens.guard import absent, incapable, judge, still_holds
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import (
    ActionRequested,
    Answer,
    BellRequested,
    CopyRequested,
    QuitRequested,
    RefreshRequested,
    RepaintRequested,
    ScreenRequested,
    Target,
    UndoRequested,
)
from widgets.footer import FooterBar, Hint
from widgets.header import HeaderBar
from widgets.painter import LinePainter
from widgets.passage import Passage
from widgets.strip import StatusStrip
from widgets.sturdy import Sturdy

Result = TypeVar("Result")

LEAST = (40, 8)
"""Columns and rows: in less, an action's target and what follows from it cannot be read, so none is taken."""
_WRITTEN = "written: "
TOO_SMALL = "terminal too small to act: 40x8 at least"
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


OPENED = frozenset(
    {
        *("outbox", "sources", "handover", "schedule", "checklists", "forgotten", "silences", "roles", "metrics"),
        *("declarations", "suggestions"),
    }
)
"""Actions that open the screen of their name."""


class NoTarget(Exception):
    """Nothing to act on: one line that says why."""


class Pointless(NoTarget):
    """What is under the cursor has nothing that the action could change: no key is shown for it."""


def is_too_small(size: Size) -> bool:
    """Whether a screen of that size shows too little to act by."""
    return size.width < LEAST[0] or size.height < LEAST[1]


def incident_target(row: IncidentRow) -> Target:
    """Pin an incident as its row shows it."""
    incident = row.incident
    return Target(
        id=incident.id,
        source=incident.source,
        title=incident.title,
        service=incident.service.name if incident.service else None,
        seen=incident.version,
        row=row,
    )


def alert_targets(action: Action, row: AlertRow) -> tuple[Target, ...]:
    """Pin an alert group: its first alert to be silenced, or each of its silences to be ended."""
    ids = tuple(silence.id for silence in row.silences) if action.id == "expire_silence" else row.ids[:1]
    if not ids:
        raise Pointless(f"not silenced: {row.name}")
    return tuple(Target(id=one, source=row.source, title=row.name, service=row.service, row=row) for one in ids)


class OncallDialog(Sturdy, ModalScreen[Result]):
    """What every dialog of ours is: over the screen, inside it at every size, drawn without a backdrop's blending."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OncallDialog { align: center middle; background: $background 0%; }
    OncallDialog:ansi { background: transparent; }
    """


class OncallScreen(Sturdy, LinePainter[Result]):
    """Header, body, one status line, footer. Override :meth:`compose_body`, :meth:`show_board`, :meth:`aim`,
    and list the actions that the screen offers in :attr:`ACTIONS`."""

    ACTIONS: ClassVar[tuple[str, ...]] = COMMON
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    OncallScreen { layout: vertical; overflow: hidden hidden; }
    OncallScreen > #body { height: 1fr; }
    """

    board: var[Board | None] = var(None)
    """What is shown; set by the app. An equal board changes nothing."""
    _is_styled = False

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__()
        self.key_map = keys
        self._bindings = BindingsMap([*keys.bindings(self.ACTIONS), *keys.command_bindings(self.ACTIONS)])

    def _compositor_refresh(self) -> None:
        # Within a batch Textual renders too and throws it away; at the start that is twice the work.
        if not self.app._batch_count:
            super()._compositor_refresh()

    def draw_at_once(self) -> None:
        """Lay out and draw all of it in one frame, without waiting for Textual's next turn."""
        self._layout_required = self._repaint_required = self._scroll_required = False
        self._refresh_layout()

    # -- frame -----------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Header, body, status line, footer."""
        yield HeaderBar(id="header")
        with Passage(id="body"):
            yield from self.compose_body()
        yield StatusStrip(id="strip")
        yield FooterBar(id="footer")

    def compose_body(self) -> ComposeResult:
        """What stands between header and status line."""
        yield from ()

    def on_mount(self) -> None:
        """Draw the board that was there before the screen."""
        self._show_all()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """On top. What has just been mounted has just been styled, and is not styled a second time."""
        event.refresh_styles, self._is_styled = self._is_styled and event.refresh_styles, True

    def watch_board(self) -> None:
        """Hand the new board down."""
        if self.is_mounted:
            self._show_all()

    def _show_all(self) -> None:
        if self.board is not None:
            self.query_one(HeaderBar).show(self.board)
            self.query_one(StatusStrip).show_banner(self.board.banner)
            self.show_board(self.board)
        self.show_footer()

    def show_board(self, board: Board) -> None:
        """Draw a board that differs from the last one."""

    def facts_changed(self) -> None:
        """The store has changed, be the board equal or not: ask again for what is not on the board."""

    def show_footer(self) -> None:
        """Draw the keys that are live here, and what the outbox holds."""
        counts = self.board.counts if self.board is not None else None
        self.query_one(FooterBar).show(self.hints(), counts)

    def hints(self) -> tuple[Hint, ...]:
        """The footer's keys: this screen's ranked actions whose scope has the focus."""
        scopes = self.live_scopes()
        absent = self.absent()
        ranked = sorted(
            (
                BY_ID[one]
                for one in self.action_ids()
                if BY_ID[one].footer and BY_ID[one].scope in scopes and one not in absent
            ),
            key=lambda action: (action.scope is Scope.VIEW, action.id in self.ACTIONS, action.footer),
        )
        return tuple(Hint(self.key_map.shown(action.id), action.short, action.id) for action in ranked)

    def absent(self) -> dict[str, str]:
        """Actions of this screen that this config has not, or that what they would act on now does not take, each with
        why."""
        if self.board is None:
            return {}
        found = ((one, absent(BY_ID[one], self.board) or self._lacking(BY_ID[one])) for one in self.action_ids())
        return {one: why for one, why in found if why is not None}

    def _lacking(self, action: Action) -> str | None:
        """Why none of what the action would act on takes it; ``None``: one does, or there is nothing to act on."""
        assert self.board is not None
        if action.verb is None or action.scope not in self.live_scopes():
            return None
        try:
            reasons = [incapable(action, target, self.board) for target in self.aim(action)]
        except Pointless as reason:
            return str(reason)
        except NoTarget:
            return None
        return reasons[0] if reasons and None not in reasons else None

    def action_ids(self) -> tuple[str, ...]:
        """What can be done here now: the screen's :attr:`ACTIONS`, and what the pane in focus adds."""
        return self.ACTIONS

    def live_scopes(self) -> frozenset[Scope]:
        """Whose actions mean something where the focus is."""
        return frozenset({Scope.VIEW})

    def say(self, text: str, role: str = "text") -> None:
        """One line above the footer; it stays until the next one, or the next key."""
        if self.is_mounted:
            self.query_one(StatusStrip).say(text, role)

    def say_written(self, path: Path) -> None:
        """A file is there. Where its whole path has no room the beginning gives way: its name is what is looked for."""
        told = clip_start(clean(path, MAX_BODY), self.size.width - width(f" {_WRITTEN}"))
        self.say(f"{_WRITTEN}{told}", "good")

    def on_key(self, event: events.Key) -> None:
        """What was said has been read."""
        self.query_one(StatusStrip).read()

    def on_footer_bar_hint_chosen(self, event: FooterBar.HintChosen) -> None:
        """A click on a key in the footer is that key."""
        if event.action_id:
            self.action_act(event.action_id)

    def post_message(self, message: Message) -> bool:
        """Where a screen is asked for, the app is told at once: the request itself comes behind keys that are on their
        way."""
        if isinstance(message, ScreenRequested):
            asked_for = getattr(self.app, "screen_asked_for", None)
            if asked_for is not None:
                asked_for()
        return super().post_message(message)

    # -- keys into requests ----------------------------------------------------------------------------------

    def action_act(self, action_id: str) -> None:
        """Do what a key, the palette or a click asks for."""
        if BY_ID[action_id].scope is not Scope.VIEW and is_too_small(self.size):
            self.say(TOO_SMALL, "error")
        elif BY_ID[action_id].verb is not None:
            self.request_action(action_id)
        elif action_id in OPENED and not hasattr(self, f"do_{action_id}"):
            self.post_message(ScreenRequested(action_id))
        else:
            getattr(self, f"do_{action_id}")()

    def aim(self, action: Action) -> tuple[Target, ...]:
        """The targets of an action at this moment, pinned.

        Raises:
            NoTarget: nothing to act on.
        """
        raise NoTarget(f"{action.title.lower()}: not on this screen")

    def request_action(self, action_id: str) -> None:
        """Pin, check, ask, and post :class:`~screens.requests.ActionRequested`."""
        if self.board is None:
            self.say("nothing is known yet: the first answer is awaited", "stale")
            return
        action = BY_ID[action_id]
        if self.board.seat.read_only:
            # Whatever is under the cursor: it is the seat that takes no action.
            self.say(_lines(judge(action, (), self.board).refused), "error")
            return
        try:
            pinned = self.aim(action)
        except NoTarget as reason:
            self.say(str(reason), "error")
            return
        verdict = judge(action, pinned, self.board)
        if not verdict.targets:
            self.say(_lines(verdict.refused), "error")
            return
        if verdict.refused:
            self.say(f"{len(verdict.refused)} left out: {_lines(verdict.refused)}", "stale")
        dialog = self.dialog(action, verdict.targets, self.board, verdict.doubts)
        if dialog is None:
            self._send(action, verdict.targets, Answer())
            return

        def answered(answer: Answer | None) -> None:
            if answer is None:
                self.say(f"{action.title.lower()}: left undone", "dim")
            else:
                self._send(action, verdict.targets, answer)

        self.app.push_screen(dialog, answered)

    def dialog(
        self, action: Action, targets: tuple[Target, ...], board: Board, doubts: tuple[str, ...]
    ) -> ModalScreen[Answer | None] | None:
        """What asks before the action is sent; ``None``: nothing needs asking."""
        if action.ask is not Ask.NOTHING:
            from screens.dialogs import dialog_for

            return dialog_for(action, targets, board)
        if doubts:
            from screens.dialogs.confirm import DoubtDialog, QuestionDialog

            if len(targets) == 1:
                return DoubtDialog(action, targets[0], doubts, board)
            title = f"{action.title} {len(targets)} incidents?"
            return QuestionDialog(title, doubts, f"{action.title.lower()} anyway", board)
        return None

    def _send(self, action: Action, targets: tuple[Target, ...], answer: Answer) -> None:
        assert self.board is not None
        going = []
        changed = []
        for target in targets:
            problem = self.changed_since(action, target)
            if problem is None:
                going.append(target)
            else:
                changed.append(problem)
        if changed:
            self.say(f"not sent: {_lines(changed)}", "error")
        if going:
            self._post(action, tuple(going), answer)
            self.after_action(action)

    def _post(self, action: Action, targets: tuple[Target, ...], answer: Answer) -> None:
        if answer.note:
            from screens.leading import with_note

            self.post_message(with_note(action, targets, answer))
        else:
            self.post_message(ActionRequested(action.id, targets, answer.params))

    def changed_since(self, action: Action, target: Target) -> str | None:
        """Why a target is no longer what the key was pressed against (A0), by what is shown now."""
        assert self.board is not None
        return still_holds(action, target, self.board)

    def after_action(self, action: Action) -> None:
        """An action was handed to the app."""

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


def _lines(problems: Iterable[str]) -> str:
    first, *rest = problems
    return f"{first} (and {len(rest)} more)" if rest else first


Dialogs = Callable[[Action, tuple[Target, ...], Board], ModalScreen[Answer | None] | None]
"""The type of :func:`screens.dialogs.dialog_for`."""


def newest_action(rows: Iterable[OutboxRow]) -> OutboxRow | None:
    """The latest of a row's actions: the one that its mark tells of."""
    return max(rows, key=lambda row: row.created_at, default=None)
