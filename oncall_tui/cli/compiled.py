"""What texts were compiled to in a start before, so that this one need not (``docs/adr/0010-start.md``).

A start compiles eighty patterns, and the methods of two hundred data classes and named tuples, out of texts that are
the same every time: 25 ms. Kept with the modules (:mod:`oncall_tui.cli.shelf`), for the same Python only.

Kept is what is compiled while a module is imported, and what data classes compile of their fields' names: texts that
stand in programs. A pattern that somebody typed or configured is none of them.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False  # as typing says, which is not worth its import before the picture
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType, ModuleType
    from typing import Any, Final

    Made = tuple[int, list[int], int, dict[str, int], tuple[str | None, ...]]
    """What the standard library's compiler of patterns gives its engine: flags, code, groups, their names both ways."""
    Kept = tuple[dict[tuple[str, str], CodeType], dict[tuple[str | bytes, int], Made]]

MOST: Final = 2000
"""Texts. More are not kept: somebody makes new ones at each start."""
_IMPORTLIB: Final = "<frozen importlib._bootstrap>"


class Compiled:
    """Answers for the compilers, from what is kept; the real ones do what is not."""

    def __init__(self, kept: Kept = ({}, {})) -> None:
        self._codes, self._patterns = kept
        self.grown = False
        """Whether there is something that was not kept before."""
        self._texts: list[tuple[str, str]] = []
        self._expressions: list[tuple[str | bytes, int]] = []
        self._real: Callable[..., Any] | None = None
        self._undo: list[Callable[[], None]] = []

    # -- in and out ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Stand before the compilers. One that is not found where this looks for it compiles itself."""
        # None of them is imported before the picture; patterns first, the others have some.
        import re

        compiler: Any = getattr(re, "_compiler", None)
        engine = getattr(compiler, "_sre", None)
        if engine is not None and callable(getattr(compiler, "compile", None)):
            real = self._real = compiler.compile
            compiler.compile = self._compiler(real, engine.compile)
            self._undo.append(lambda: setattr(compiler, "compile", real))
        import collections

        self._shadow(collections, "eval")
        import dataclasses

        self._shadow(dataclasses, "exec")
        from oncall_tui import records

        self._shadow(records, "exec", always=True)

    def end(self) -> None:
        """Give the compilers back."""
        while self._undo:
            self._undo.pop()()

    def kept(self) -> Kept:
        """All that is worth keeping, what was compiled since included."""
        for mode, text in self._texts:
            self._codes[mode, text] = compile(text, "<string>", mode, dont_inherit=True)
        for pattern, flags in self._expressions:
            made = _listen(self._real, pattern, flags) if self._real is not None else None
            if made is not None:
                self._patterns[pattern, flags] = made
        self._texts.clear()
        self._expressions.clear()
        return self._codes, self._patterns

    # -- patterns --------------------------------------------------------------------------------------------

    def _compiler(self, real: Callable[..., Any], engine: Callable[..., Any]) -> Callable[..., Any]:
        def compile(pattern: Any, flags: int = 0) -> Any:
            # (A list is a pattern that was read already; what only resembles a text cannot be kept.)
            if type(pattern) not in (str, bytes):
                return real(pattern, flags)
            made = self._patterns.get((pattern, flags))
            if made is not None:
                try:
                    return engine(pattern, *made)
                except (RuntimeError, TypeError, ValueError, OverflowError):
                    pass  # not what the engine takes: it checks what it is given
            elif self._has_room() and _is_importing(sys._getframe(1)):
                # (Python 3.13 marks flags that nobody gave by a number of a class of its own.)
                self._expressions.append((pattern, int(flags)))
                self.grown = True
            return real(pattern, flags)

        return compile

    # -- code ------------------------------------------------------------------------------------------------

    def _shadow(self, module: ModuleType, mode: str, *, always: bool = False) -> None:
        """Have a module's ``exec`` or ``eval`` of a text be one of the code that is kept."""
        run: Callable[..., Any] = getattr(builtins, mode)

        def shadow(text: Any, names: dict[str, Any] | None = None, local: dict[str, Any] | None = None) -> Any:
            code = self._codes.get((mode, text))
            if code is None:
                if self._has_room() and (always or _is_importing(sys._getframe(1))):
                    self._texts.append((mode, text))
                    self.grown = True
                code = compile(text, "<string>", mode, dont_inherit=True)
            return run(code, vars(module) if names is None else names, local)

        setattr(module, mode, shadow)
        self._undo.append(lambda: delattr(module, mode))

    def _has_room(self) -> bool:
        held = len(self._codes) + len(self._patterns) + len(self._texts) + len(self._expressions)
        return held < MOST


def _is_importing(frame: FrameType | None) -> bool:
    """Whether a module is being made further up."""
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTLIB:
            return True
        frame = frame.f_back
    return False


def _listen(real: Callable[..., Any], pattern: str | bytes, flags: int) -> Made | None:
    """What the standard library's compiler gives its engine: its own code, run beside an engine that only listens."""
    from types import FunctionType, SimpleNamespace

    heard: list[Any] = []
    names = {**vars(sys.modules[real.__module__]), "_sre": SimpleNamespace(compile=lambda _, *made: heard.append(made))}
    try:
        FunctionType(real.__code__, names)(pattern, flags)
        ((flags, code, groups, by_name, by_number),) = heard
        # (Its opcodes are numbers with names.)
        return int(flags), [int(one) for one in code], int(groups), dict(by_name), tuple(by_number)
    except Exception:  # noqa: BLE001  # another Python's compiler: what cannot be kept is compiled every time
        return None
