"""What is run: the program on a filled folder, straight or through something, and what it is compared with."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.launch import DRIVER, LATENESS
from benchmarks.probe import ROOT
from benchmarks.world import CONTROL

_TMUX_CONF = (
    "set -g status off\nset -g escape-time 0\nset -g destroy-unattached on\nset -g default-terminal tmux-256color\n"
)
_MOSH = (
    'set -- $(mosh-server new -c 256 -i 127.0.0.1 -- "$@" 2>/dev/null | sed -n "s/^MOSH CONNECT //p");'
    " MOSH_KEY=$2 MOSH_PREDICTION_DISPLAY=never exec mosh-client 127.0.0.1 $1"
)


@dataclass(frozen=True)
class Scene:
    """A command in a terminal. ``needs`` are programs that must be there for it."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The programs that are not there."""
        return tuple(name for name in self.needs if shutil.which(name) is None)

    @property
    def control(self) -> Path | None:
        """Where its pager takes orders."""
        return Path(self.env[CONTROL]) if CONTROL in self.env else None

    @property
    def lateness(self) -> Path | None:
        """Where it writes how late its loop was."""
        return Path(self.env[LATENESS]) if LATENESS in self.env else None


def product(folder: Path, *, config: str = "config.yaml") -> Scene:
    """The dashboard on a filled folder."""
    launcher = str(ROOT / "benchmarks" / "launch.py")
    argv = (sys.executable, launcher, "--config", str(folder / config), "--data-dir", str(folder))
    return Scene("oncall-tui", argv, {"HOME": str(folder)})


def textuals_driver(scene: Scene) -> Scene:
    """The same, drawn by Textual's own driver."""
    return replace(scene, name="Textual's driver", env={**scene.env, DRIVER: "textual"})


def controlled(scene: Scene, path: Path) -> Scene:
    """The same, whose pager takes orders at ``path``."""
    path.unlink(missing_ok=True)
    return replace(scene, env={**scene.env, CONTROL: str(path)})


def watched(scene: Scene, path: Path) -> Scene:
    """The same, whose loop is watched."""
    return replace(scene, env={**scene.env, LATENESS: str(path)})


def in_tmux(scene: Scene, scratch: Path) -> Scene:
    """The same inside tmux; what the terminal outside receives is measured."""
    conf = scratch / "tmux.conf"
    conf.write_text(_TMUX_CONF, encoding="utf-8")
    argv = ("tmux", "-S", str(scratch / "tmux.sock"), "-f", str(conf), "new-session", *scene.argv)
    return replace(scene, name=f"{scene.name}, tmux", argv=argv, needs=("tmux",))


def in_mosh(scene: Scene) -> Scene:
    """The same through mosh over loopback, without prediction; what mosh-client writes is measured. In 256 colours, as
    the others: told nothing, mosh offers eight, and the program then draws other frames."""
    env = {**scene.env, "MOSH_SERVER_NETWORK_TMOUT": "10"}
    argv = ("sh", "-c", _MOSH, "sh", *scene.argv)
    return replace(scene, name=f"{scene.name}, mosh", argv=argv, env=env, needs=("mosh-server", "mosh-client"))


def hello() -> Scene:
    """The smallest Textual app."""
    return Scene("hello world", (sys.executable, str(ROOT / "benchmarks" / "hello.py")))


def vim(scratch: Path) -> Scene:
    """vim, as installed, on a short text."""
    text = scratch / "runbook.md"
    text.write_text("# Runbook\n" + "\n".join(f"- step {n}: look, think, write it down" for n in range(60)) + "\n")
    return Scene("vim", ("vim", str(text)), {"HOME": str(scratch)}, needs=("vim",))
