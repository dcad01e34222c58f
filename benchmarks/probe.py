"""The probe: a program in a pseudo-terminal, watched by a terminal emulator that notes when bytes arrive.

It is one file, ``tty_probe.py`` (needs pyte): ``$ONCALL_TUI_PROBE``, else ``../shared/bench/`` beside the repository.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VARIABLE = "ONCALL_TUI_PROBE"
COLS, ROWS = 120, 40


class NoProbe(Exception):
    """The probe's file is not there, or what it needs is not installed."""


def find() -> Path:
    """Where the probe is.

    Raises:
        NoProbe: nowhere.
    """
    path = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared" / "bench" / "tty_probe.py")
    if not path.is_file():
        raise NoProbe(f"no probe at {path}: set ${VARIABLE} to tty_probe.py")
    return path


def load() -> ModuleType:
    """The probe's module.

    Raises:
        NoProbe: it cannot be had.
    """
    if "tty_probe" in sys.modules:
        return sys.modules["tty_probe"]
    spec = importlib.util.spec_from_file_location("tty_probe", find())
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise NoProbe(f"the probe needs {error.name}: pip install '.[test]'") from None
    sys.modules["tty_probe"] = module
    return module


class Session:
    """One run of a program. Times are seconds of the monotonic clock, of when bytes arrived."""

    def __init__(
        self,
        argv: list[str],
        env: Mapping[str, str],
        *,
        link: tuple[float, float] | None = None,
        timeout: float = 30,
    ) -> None:
        self._probe_module = load()
        self.probe = self._probe_module.Probe(argv, COLS, ROWS, dict(env), str(ROOT), link, timeout=timeout)
        self.timeout = timeout

    def __enter__(self) -> Session:
        self.probe.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.probe.__exit__(*exc)

    @property
    def began(self) -> float:
        """When the process was started."""
        return float(self.probe.t0)

    def now(self) -> float:
        """The probe's clock."""
        return float(self._probe_module.now())

    def cpu_ms(self) -> float:
        """CPU time that the process tree has taken: what a busy machine does not stretch."""
        return float(self._probe_module.tree_cpu(self.probe.pid)) * 1000

    def rows(self) -> list[str]:
        """The screen's lines, as parsed so far."""
        return list(self.probe.term.text().split("\n"))

    def until(self, holds: Callable[[list[str]], bool], what: str) -> float:
        """When the bytes arrived after which ``holds`` of the screen's lines.

        Raises:
            Gone: the program ended, or the timeout passed.
        """
        probe = self.probe
        found: list[float] = []
        probe.term.parse(probe.pump)
        if holds(self.rows()):
            return self.now()

        def watch(at: float) -> None:
            if not found and holds(self.rows()):
                found.append(at)

        probe.term.watch = watch
        limit = self.now() + self.timeout
        while not found:
            probe.pump(0.02)
            probe.term.parse(probe.pump)
            if not found and (probe.status is not None or self.now() > limit):
                state = f"ended with {probe.status}" if probe.status is not None else f"not within {self.timeout:.0f} s"
                raise self.gone(f"{what}: {state}\n{probe.term.text().rstrip()}")
        probe.term.watch = None
        return float(found[0])

    def gone(self, words: str) -> Exception:
        """The probe's error."""
        return self._probe_module.Gone(words)  # type: ignore[no-any-return]

    def until_seen(self, pattern: str) -> float:
        """When a regular expression was first on the screen."""
        return self.until(lambda rows: re.search(pattern, "\n".join(rows)) is not None, f"{pattern!r}")

    def settle(self, quiet: float = 0.25, limit: float = 5.0) -> bool:
        """Wait for ``quiet`` seconds without output; false when there was none within ``limit``."""
        settled = self.probe.until_quiet(self.now(), quiet, self.now() + limit)
        self.probe.term.parse(self.probe.pump)
        return bool(settled)

    def press(self, key: str) -> float:
        """Press a key; when."""
        at = self.now()
        self.probe._type(self._probe_module.key_bytes(key, 1 in self.probe.term.modes))
        return at

    def bytes_since(self, chunk: int) -> int:
        """Bytes received since the chunk of that number."""
        return int(self.probe._since(chunk)["bytes"])

    @property
    def chunk(self) -> int:
        """How many chunks have arrived."""
        return len(self.probe.chunks)

    def call(self, name: str, *args: Any, **given: Any) -> dict[str, Any]:
        """One of the probe's own measurements: ``press``, ``idle``, ``quit``."""
        result: dict[str, Any] = getattr(self.probe, name)(*args, **given)
        return result
