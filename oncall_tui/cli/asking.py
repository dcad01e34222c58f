"""Questions at a plain terminal, one line each. What a system or a file said is made safe before it is shown."""

from __future__ import annotations

import getpass
import sys
import warnings
from collections.abc import Callable, Sequence

from oncall_tui.cli import exits
from oncall_tui.text import paint_safe


def say(line: str = "") -> None:
    """One line for the person."""
    sys.stdout.write(f"{paint_safe(line)}\n")
    sys.stdout.flush()


def ask(question: str, default: str = "", check: Callable[[str], object] | None = None) -> str:
    """A line, or ``default`` for an empty one; asked again for as long as ``check`` raises ValueError."""
    while True:
        shown = f" [{default}]" if default else ""
        answer = input(f"{paint_safe(question)}{paint_safe(shown)}: ").strip() or default
        try:
            if check is not None:
                check(answer)
        except ValueError as error:
            say(f"  {error}")
            continue
        return answer


def ask_secret(question: str) -> str:
    """A line that is not shown while it is typed, nor afterwards.

    Raises:
        Failure: the terminal cannot be kept from showing it; nothing was asked.
    """
    with warnings.catch_warnings():
        # Where it cannot, getpass only warns, and asks on.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{paint_safe(question)} (not shown): ").strip()
        except getpass.GetPassWarning:
            words = f"{question} would be shown on this terminal: keep it in a variable, a command or the keyring"
            raise exits.Failure(words, exits.USAGE) from None


def confirm(question: str, *, default: bool) -> bool:
    """Yes or no."""
    while True:
        answer = input(f"{paint_safe(question)} [{'Y/n' if default else 'y/N'}] ").strip().lower()
        if answer in ("", "y", "yes", "n", "no"):
            return default if not answer else answer.startswith("y")


def choose(question: str, choices: Sequence[str], *, default: int = 1) -> int:
    """The index of the one that is chosen by its number."""
    for number, choice in enumerate(choices, 1):
        say(f"  {number}  {choice}")
    found = ask(question, str(default), lambda text: _numbers(text, len(choices), most=1))
    return _numbers(found, len(choices), most=1)[0]


def choose_some(question: str, choices: Sequence[str]) -> list[int]:
    """The indexes of those that are chosen: ``1 3 4``, ``1,3``; none for an empty line."""
    for number, choice in enumerate(choices, 1):
        say(f"  {number:2}  {choice}")
    found = ask(question, "", lambda text: _numbers(text, len(choices)) if text else None)
    return _numbers(found, len(choices)) if found else []


def _numbers(text: str, highest: int, most: int | None = None) -> list[int]:
    words = text.replace(",", " ").split()
    if not all(word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= highest for word in words):
        raise ValueError(f"numbers from 1 to {highest}")
    if not words or (most is not None and len(words) > most):
        raise ValueError(f"one number from 1 to {highest}")
    return list(dict.fromkeys(int(word) - 1 for word in words))
