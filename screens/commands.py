"""A command of the team's own, from the key to its run: what it is about is pinned at the key press."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oncall_tui.actions import BY_ID
from screens.aiming import TOO_SMALL, NoTarget, is_too_small
from screens.base import OncallScreen
from screens.command_requests import RunStarted, RunsWanted
from screens.requests import Answer, QuestionFailed, ScreenRequested, Target, ask

if TYPE_CHECKING:
    from oncall_tui.config.commands import CommandOptions

_AIMS = (("incident", "note"), ("alert", "silence"))
"""What a command is about, and an action that aims at the same."""


def pinned(screen: OncallScreen[Any]) -> tuple[str, Target | None]:
    """What is under the cursor: its kind and itself; ``none`` where nothing is.

    Raises:
        NoTarget: several are selected.
    """
    for kind, aiming in _AIMS:
        action = BY_ID[aiming]
        if action.scope not in screen.live_scopes():
            continue
        try:
            targets = screen.aim(action)
        except NoTarget:
            continue
        if len(targets) > 1:
            raise NoTarget(f"a command runs about one at a time: {len(targets)} are selected")
        return kind, targets[0]
    return "none", None


def choose(screen: OncallScreen[Any]) -> None:
    """Offer what fits, and what runs or has run."""
    if _unable(screen):
        return
    try:
        kind, target = pinned(screen)
    except NoTarget as reason:
        screen.say(str(reason), "error")
        return
    screen.run_worker(_offer(screen, kind, target), exit_on_error=False)


def begin(screen: OncallScreen[Any], name: str) -> None:
    """Run the command of that name about what is under the cursor."""
    if _unable(screen):
        return
    options = next(one for one in screen.key_map.commands if one.name == name)
    try:
        kind, target = pinned(screen)
    except NoTarget as reason:
        screen.say(str(reason), "error")
        return
    if options.on == "none":
        target = None
    elif options.on != kind:
        wanted = "an incident" if options.on == "incident" else "an alert"
        screen.say(f"{options.shown}: put the cursor on {wanted} first", "error")
        return
    _confirm(screen, options, target)


def _unable(screen: OncallScreen[Any]) -> bool:
    if is_too_small(screen.size):
        screen.say(TOO_SMALL, "error")
    elif screen.board is None:
        screen.say("nothing is known yet: the first answer is awaited", "stale")
    else:
        return False
    return True


async def _offer(screen: OncallScreen[Any], kind: str, target: Target | None) -> None:
    from screens.dialogs.commands import CommandsDialog

    try:
        runs = await ask(screen, RunsWanted())
    except QuestionFailed as reason:
        screen.say(str(reason), "error")
        return
    fitting = tuple(one for one in screen.key_map.commands if one.on in (kind, "none"))
    if not fitting and not runs:
        screen.say(_nothing(screen, kind), "stale")
        return
    board = screen.board
    assert board is not None

    def chosen(answer: Answer | None) -> None:
        if answer is None:
            return
        if run := answer.params.get("run"):
            screen.post_message(ScreenRequested("run", run))
            return
        options = next(one for one in fitting if one.name == answer.params["start"])
        _confirm(screen, options, target if options.on != "none" else None)

    screen.app.push_screen(CommandsDialog(fitting, runs, target, board), chosen)


def _nothing(screen: OncallScreen[Any], kind: str) -> str:
    if not screen.key_map.commands:
        return "no command is configured: see commands in the config"
    if kind == "none":
        return "no command for this: those that are configured are about something else"
    return f"no command for an {kind} is configured"


def _confirm(screen: OncallScreen[Any], options: CommandOptions, target: Target | None) -> None:
    """What changes something is asked for once."""
    board = screen.board
    assert board is not None
    if options.changes and board.seat.read_only:
        screen.say(f"read-only seat: {options.shown} changes something", "error")
        return
    if not options.changes:
        screen.run_worker(_start(screen, options, target), exit_on_error=False)
        return
    from screens.dialogs.confirm import QuestionDialog

    about = f"about {target.title} ({target.id})" if target is not None else "about nothing on this screen"
    told = (options.shown, about, f"$ {command_line(options)}", "It changes something.")

    def answered(answer: Answer | None) -> None:
        if answer is None:
            screen.say(f"{options.shown}: left undone", "dim")
        else:
            screen.run_worker(_start(screen, options, target), exit_on_error=False)

    screen.app.push_screen(QuestionDialog("Run a command that changes something?", told, "run it", board), answered)


async def _start(screen: OncallScreen[Any], options: CommandOptions, target: Target | None) -> None:
    try:
        key = await ask(screen, RunStarted(options.name, target.id if target is not None else None))
    except QuestionFailed as reason:
        screen.say(str(reason), "error")
        return
    screen.post_message(ScreenRequested("run", key))


def command_line(options: CommandOptions) -> str:
    """What is run, as a person wrote it, on one line."""
    from oncall_tui.text import clean

    return clean(options.command if isinstance(options.command, str) else " ".join(options.command))
