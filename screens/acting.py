"""Keys into requests.

A key press pins its targets at once (A0). Whatever the board becomes while a dialog is open, the action goes to
what was pinned, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar

from textual.binding import BindingsMap
from textual.screen import ModalScreen

from oncall_tui.actions import BY_ID, Action, Ask, Scope
from oncall_tui.board import Board
from screens.aiming import TOO_SMALL, NoTarget, Pointless, is_too_small
from screens.framed import FramedScreen
from screens.guard import absent, incapable, judge, still_holds
from screens.keys import DEFAULT_KEYS, KeyMap
from screens.requests import ActionRequested, Answer, ScreenRequested, Target
from widgets.footer import FooterBar, Hint

Result = TypeVar("Result")

OPENED = frozenset(
    {
        *("outbox", "sources", "handover", "schedule", "checklists", "forgotten", "silences", "roles", "metrics"),
        *("declarations", "suggestions"),
    }
)
"""Actions that open the screen of their name."""


class ActingScreen(FramedScreen[Result]):
    """Override :meth:`aim`, and list the actions that the screen offers in :attr:`ACTIONS`."""

    ACTIONS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, keys: KeyMap = DEFAULT_KEYS) -> None:
        super().__init__()
        self.key_map = keys
        self._bindings = BindingsMap([*keys.bindings(self.ACTIONS), *keys.command_bindings(self.ACTIONS)])

    # -- what can be done ------------------------------------------------------------------------------------

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

    def on_footer_bar_hint_chosen(self, event: FooterBar.HintChosen) -> None:
        """A click on a key in the footer is that key."""
        if event.action_id:
            self.action_act(event.action_id)

    # -- from the key to the request -------------------------------------------------------------------------

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


def _lines(problems: Iterable[str]) -> str:
    first, *rest = problems
    return f"{first} (and {len(rest)} more)" if rest else first
