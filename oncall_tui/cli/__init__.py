"""The command line: one of the two faces. Each command's module is imported when it is called."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from oncall_tui import __version__
from oncall_tui.cli import exits, later, shelf
from oncall_tui.cli.firstframe import Asked, asked, give_back, show_last_board

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from argparse import Namespace

# What else is needed is imported in the functions: the picture of the last board comes before all of it.

_COMMANDS = {
    None: "dashboard:dashboard",
    "demo": "dashboard:demo",
    "init": "init:init",
    "simulate": "simulate:simulate",
    "check": "check:check",
    "run": "running:run",
    "now": "now:now",
    "outbox": "outbox:outbox",
    "handover": "handover:handover",
    "postmortem": "postmortem:postmortem",
    "metrics": "metrics:metrics",
    "backfill": "backfill:backfill",
    "schedule": "schedule:schedule",
    "cover": "cover:cover",
    "declare": "declare:declare",
    "roles": "roles:roles",
    "checklist": "checklist:checklist",
    "search": "search:search",
    "suggestions": "suggestions:suggestions",
    "config": "config:config",
    "noise": "leading:lead",
    "phase": "leading:lead",
    "triage": "leading:lead",
    "investigate": "investigate:investigate",
    "finding": "leading:lead",
    "hypothesis": "leading:lead",
    "root-cause": "leading:lead",
    "due": "resolving:due",
    "resolution": "resolving:resolution",
    "tell": "telling:telling",
    "publish": "telling:telling",
    "ticket": "telling:telling",
    "room": "telling:telling",
    "tick": "telling:telling",
}


def _command(name: str | None) -> Callable[[Namespace | Asked], int]:
    module, _, function = _COMMANDS.get(name, "acting:act").partition(":")
    found: Callable[[Namespace | Asked], int] = getattr(import_module(f"oncall_tui.cli.{module}"), function)
    return found


def say(line: str) -> None:
    """On stderr, safe for the terminal; several lines only where several things are wrong. A closed stderr takes
    nothing: the exit code then tells alone."""
    from oncall_tui.text import paint_safe

    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write("oncall-tui: " + "\n".join(paint_safe(part) for part in line.split("\n")) + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code of the contract."""
    words = sys.argv[1:] if argv is None else list(argv)
    if sys.stdout is None:
        say("standard output is closed")
        return exits.USAGE
    try:
        if words == ["--version"]:
            return _run(words)
        dashboard = asked(words)
        if dashboard is not None:
            show_last_board(dashboard, os.environ)
        gc.disable()  # a start makes no garbage; looking for some takes 20 ms of it
        shelf.take_down(os.environ)
        later.put_off()
        return _run(dashboard or words)
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    finally:
        give_back()


def _run(asked_for: Asked | Sequence[str]) -> int:
    try:
        if isinstance(asked_for, Asked):
            return _command(None)(asked_for)
        if asked_for == ["--version"]:
            sys.stdout.write(f"oncall-tui {__version__}\n")
            sys.stdout.flush()
            return exits.OK
        args = _parsed(asked_for)
        command = _command(args.command)
        gc.enable()
        code = command(args)
        sys.stdout.flush()  # what cannot be written is a failure, not words of the interpreter's after the end
        return code
    except exits.UsageError as error:
        give_back()
        say(str(error))
        return exits.USAGE
    except exits.Failure as error:
        give_back()
        say(str(error))
        return error.code
    except BrokenPipeError:
        # The reader of a pipe has enough: what is left to flush has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return exits.OK
    except Exception as error:  # noqa: BLE001  (the outermost wall; it is logged there)
        give_back()
        if isinstance(error, OSError) and not isinstance(asked_for, Asked) and _is_of_output(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter would try once more at its end
            say(f"the output cannot be written: {error.strerror}")
            return exits.FAILED
        _tell_crash(error)
        return exits.CRASH


def _is_of_output(error: OSError) -> bool:
    """Whether it says that what a command writes has no place, as on a full disk. (A file that cannot be opened has a
    name.)"""
    import errno

    return error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _parsed(words: Sequence[str]) -> Namespace:
    # Not at the top: the dashboard, plainly asked for, starts a tenth faster without the grammar.
    from oncall_tui.cli.parser import build_parser

    args = build_parser().parse_args(words)
    for name in ("config", "data_dir"):
        vars(args).setdefault(name, None)
    return args


def _tell_crash(error: Exception) -> None:
    """The outermost wall: no local variable, no secret and no raw control byte reaches the terminal."""
    import logging

    from oncall_tui.config.secret import mask
    from oncall_tui.text import clean

    if logging.getLogger().handlers:
        logging.getLogger("oncall_tui").exception("crash")
        say(f"crashed: {type(error).__name__}; details are in oncall.log")
    else:
        say(clean(f"crashed: {type(error).__name__}: {mask(str(error))}", 300))
