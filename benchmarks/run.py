"""``python -m benchmarks``: measure, print, keep, compare."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import figures, fill, measures, micro, report, scenes
from benchmarks.measures import Samples
from benchmarks.probe import NoProbe, load
from benchmarks.scenes import Scene

PARTS = ("start", "bytes", "idle", "scale", "storm", "stall", "slow", "micro")


@dataclass(frozen=True)
class Pace:
    """How much is done."""

    starts: int
    walks: int
    idle_s: float
    presses: int
    stall_s: float


FULL = Pace(starts=9, walks=2, idle_s=60, presses=120, stall_s=60)
QUICK = Pace(starts=3, walks=1, idle_s=10, presses=40, stall_s=10)
"""For while one works. The idle minute's bytes are those of 10 s over the turn of the minute, when ages move."""


@dataclass
class Bench:
    """One run of the benchmarks: where it works, what it has found."""

    scratch: Path
    pace: Pace
    results: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))
    skipped: list[str] = field(default_factory=list)

    def folder(self, name: str, size: fill.Size) -> Path:
        """A filled data folder, made when first asked for."""
        path = self.scratch / name
        if not path.exists():
            self.tell(f"filling {name}: {size.incidents:,} incidents, {size.alerts:,} alerts")
            fill.fill(path, size, now=datetime.now(UTC))
        return path

    def take(self, name: str, scene: Scene, measure: Callable[[Scene], Samples]) -> None:
        """Measure a scene and keep its samples under ``name``; one that cannot be run is skipped and said."""
        if scene.missing:
            line = f"{name}: {', '.join(scene.missing)} not installed"
            if line not in self.skipped:
                self.skipped.append(line)
            return
        self.tell(f"{name}: {measure.__name__}")
        try:
            found = measure(scene)
        except (load().Gone, OSError) as error:
            self.skipped.append(f"{name}: {measure.__name__}: {str(error).partition(chr(10))[0]}")
            return
        for figure, samples in found.items():
            self.results[name].setdefault(figure, []).extend(samples)

    @staticmethod
    def tell(words: str) -> None:
        """Where we are, on stderr."""
        print(f"{datetime.now(UTC):%H:%M:%S} {words}", file=sys.stderr, flush=True)


def start(bench: Bench) -> None:
    """Starts and ends, in turn with what they are compared with."""
    seat, large = bench.folder("seat", fill.SEAT), bench.folder("large", fill.LARGE)

    def hello(scene: Scene) -> Samples:
        return measures.start_of(scene, "hello world", ["q"])

    def vim(scene: Scene) -> Samples:
        return measures.start_of(scene, "step 9", [":", "q", "!", "enter"])

    for turn in range(-1, bench.pace.starts):
        runs: list[tuple[str, Scene, Callable[[Scene], Samples]]] = [
            (figures.HELLO, scenes.hello(), hello),
            (figures.VIM, scenes.vim(bench.scratch), vim),
            (figures.OURS, scenes.product(seat), measures.start),
            (figures.LARGE, scenes.product(large), measures.start),
        ]
        for name, scene, measure in runs:
            # The first turn fills the caches of files, and leaves a board to start from; it does not count.
            bench.take(name if turn >= 0 else f"first, {name}", scene, measure)


def in_bytes(bench: Bench) -> None:
    """What each thing costs in bytes; the same with Textual's driver, seen straight, through tmux and mosh."""
    base = scenes.product(bench.folder("seat", fill.SEAT))
    # A folder of its own: Textual's driver keeps no picture of the last board, and is to start from none.
    plain = scenes.textuals_driver(scenes.product(bench.folder("plain", fill.SEAT)))
    bench.take(f"first, {figures.OURS}", base, measures.start)
    for turn in range(bench.pace.walks):
        runs = (
            (figures.OURS, base),
            (figures.PLAIN, plain),
            (figures.TMUX, scenes.in_tmux(plain, bench.scratch)),
            (figures.MOSH, scenes.in_mosh(plain)),
        )
        for number, (name, scene) in enumerate(runs):
            control = bench.scratch / f"orders-{turn}-{number}"
            bench.take(name, scenes.controlled(scene, control), measures.walk)


def idle(bench: Bench) -> None:
    """At rest."""

    def at_rest(scene: Scene) -> Samples:
        return measures.idle(scene, bench.pace.idle_s)

    bench.take(figures.NIGHT, scenes.product(bench.folder("night", fill.NIGHT)), at_rest)
    bench.take(figures.OURS, scenes.product(bench.folder("seat", fill.SEAT)), at_rest)


def scale(bench: Bench) -> None:
    """With 10,000 incidents."""
    bench.take(figures.LARGE, scenes.product(bench.folder("large", fill.LARGE)), measures.at_scale)


def storm(bench: Bench) -> None:
    """With 10,000 incidents and 2,000 changes a minute."""

    def keys(scene: Scene) -> Samples:
        return measures.storm(scene, bench.pace.presses)

    folder = bench.folder("large", fill.LARGE)
    bench.take(figures.STORM, scenes.product(folder, config="storm.yaml"), keys)


def stall(bench: Bench) -> None:
    """A terminal that is not read."""

    def not_read(scene: Scene) -> Samples:
        return measures.stall(scene, bench.pace.stall_s)

    scene = scenes.product(bench.folder("seat", fill.SEAT), config="storm.yaml")
    bench.take(figures.STALL, scenes.watched(scene, bench.scratch / "late.json"), not_read)


def slow(bench: Bench) -> None:
    """Over 300 ms and 64 kbit/s."""
    bench.take(figures.SLOW, scenes.product(bench.folder("seat", fill.SEAT)), measures.slow_link)


_PARTS: dict[str, Callable[[Bench], None]] = {
    "start": start,
    "bytes": in_bytes,
    "idle": idle,
    "scale": scale,
    "storm": storm,
    "stall": stall,
    "slow": slow,
}


def measure(parts: Sequence[str], pace: Pace, scratch: Path) -> dict[str, Any]:
    """Measure these parts: what a file of benchmarks holds."""
    before = load().machine()
    bench = Bench(scratch, pace)
    for part in parts:
        if part in _PARTS:
            _PARTS[part](bench)
    small: dict[str, float] = {}
    if "micro" in parts:
        bench.tell("micro-benchmarks")
        small = micro.measure(bench.folder("large", fill.LARGE))
    busy = load().machine(before)
    told = {
        **report.about(),
        "cores": str(os.cpu_count()),
        "busy": f"{busy:.0%}",
        "idle minute": f"{pace.idle_s:g} s over its turn",
        "not read for": f"{pace.stall_s:g} s",
    }
    return {"about": told, "results": dict(bench.results), "micro": small, "skipped": bench.skipped}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the person at the terminal gets.")
    parser.add_argument("--quick", action="store_true", help="fewer runs, shorter samples: about 5 minutes")
    parser.add_argument("--only", metavar="PART,…", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there")
    parser.add_argument("--compare", nargs=2, type=Path, metavar="FILE", help="two kept runs; measures nothing")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a figure does not reach")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run from the command line; gives the exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    parts = args.only.split(",") if args.only else list(PARTS)
    if wrong := [part for part in parts if part not in PARTS]:
        parser.error(f"no part {', '.join(wrong)}; there are {', '.join(PARTS)}")
    try:
        if args.compare:
            print(report.compare(report.read(args.compare[0]), report.read(args.compare[1])))
            return 0
        load()
    except (NoProbe, OSError, ValueError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="oncall-bench-", ignore_cleanup_errors=True) as scratch:
        told = measure(parts, QUICK if args.quick else FULL, Path(scratch))
    if args.json:
        report.write(told, args.json)
    print(report.table(told))
    return 1 if args.strict and report.missed(told) else 0


if __name__ == "__main__":
    sys.exit(main())
