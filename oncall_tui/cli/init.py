"""``init``: asks which systems there are, tries each token as it is typed, writes a commented config."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from oncall_tui import channels, sources
from oncall_tui.cli import exits
from oncall_tui.cli.asking import ask, ask_secret, choose, choose_some, confirm, say
from oncall_tui.clock import SystemClock, zone_named
from oncall_tui.config.declared import Declared, members
from oncall_tui.config.draft import Draft, Entry, asked, can_be_asked, options_of, rendered, write_private
from oncall_tui.config.load import local_zone_name
from oncall_tui.config.options import source_name
from oncall_tui.config.places import default_config, find_config
from oncall_tui.config.secret import KEYRING_SERVICE, Secret
from oncall_tui.sources.base import Known, Probe, Receiver, Seat, Source, SourceContext, SourceError
from oncall_tui.text import clean, clip

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_PROBE_S = 30.0


def init(args: Namespace) -> int:
    """The command."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise exits.UsageError("init asks questions: it needs a terminal (or copy config.example.yaml)")
    path = Path(args.config or find_config(None, os.environ) or default_config(os.environ))
    if os.path.lexists(path):
        raise exits.UsageError(f"{path} is there already: name another file with --config, or move it away")
    try:
        return Wizard(path).run()
    except (KeyboardInterrupt, EOFError):
        say()
        say("Stopped. No config was written, and no token is kept.")
        return exits.INTERRUPTED


class Wizard:
    """One run through the questions. Nothing is written before the last one, except tokens that the person chose to
    keep in files: those of a system that is asked anew or left out, and of a run that ends early, are deleted again."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._tokens: list[Path] = []
        self._kinds: dict[str, type] = {}
        self._teams: dict[str, None] = {}
        self._seat = Seat()

    def run(self) -> int:
        """Ask, try, write."""
        try:
            return self._run()
        except BaseException:
            self._forget(self._tokens)
            raise

    def _run(self) -> int:
        say(f"This writes {self._path}")
        say("Enter takes what is in [brackets]; Ctrl-C ends it and writes nothing.")
        say()
        user = ask("Your mail address or name in these systems")
        zone = ask("Your time zone", local_zone_name(os.environ), zone_named)
        self._seat = Seat(user=user or None, time_zone=zone)
        say()
        found_sources = self._systems("Which systems do you have?", "sources", sources)
        if not found_sources:
            raise exits.UsageError("no system was chosen: nothing to watch, nothing written")
        found_channels = self._systems("Where are people told? (enter: nowhere yet)", "channels", channels)
        draft = Draft(
            user=user or None,
            teams=self._chosen_teams(),
            time_zone=zone,
            sources=found_sources,
            channels=found_channels,
        )
        self._write(draft)
        return exits.OK

    def _write(self, draft: Draft) -> None:
        try:
            write_private(self._path, rendered(draft, self._kinds))
        except OSError as error:
            raise exits.Failure(f"cannot write {self._path}: {error.strerror}", exits.USAGE) from None
        self._tokens.clear()  # from here on the config needs them
        say()
        say(f"Written: {self._path} (mode 0600).")
        explicit = "" if str(self._path) == default_config(os.environ) else f"--config {self._path} "
        say(f"Next: oncall-tui {explicit}check, then oncall-tui {explicit}".rstrip())

    # -- systems -----------------------------------------------------------------------------------------------

    def _systems(self, question: str, section: str, registry: Any) -> list[Entry]:
        kinds = [kind for kind in registry.kind_names() if can_be_asked(registry.load_kind(kind).Options)]
        chosen = choose_some(f"{question} Their numbers", [f"{kind:15} {_about(registry, kind)}" for kind in kinds])
        by_hand = sorted(set(registry.kind_names()) - set(kinds))
        if by_hand:
            say(f"  (by hand, afterwards: {', '.join(by_hand)}; see config.example.yaml)")
        entries: list[Entry] = []
        for at in chosen:
            entry = self._system(kinds[at], section, registry, {one.name for one in entries})
            if entry is not None:
                entries.append(entry)
        say()
        return entries

    def _system(self, kind: str, section: str, registry: Any, taken: set[str]) -> Entry | None:
        module = registry.load_kind(kind)
        self._kinds[kind] = module.Options
        say()
        say(f"-- {kind}")

        def free(name: str) -> None:
            source_name(name)
            if name in taken:
                raise ValueError(f"{name} is taken")

        name = ask("Name it (the prefix of its ids)", kind if kind not in taken else f"{kind}-2", free)
        while True:
            kept = len(self._tokens)
            entry = Entry(kind=kind, name=name, answers=self._answers(module.Options, name))
            try:
                options = options_of(module.Options, entry)
                seat = replace(self._seat, user=self._seat.user)
                made = module.make(options, SourceContext(name=name, seat=seat, clock=SystemClock()))
            except ValueError as error:
                say(f"  That cannot be: {error}")
            else:
                probe = asyncio.run(self._tried(made, section))
                _tell(probe)
                if probe.ok:
                    return entry
            what = choose("What now", ["ask again", "keep it as it is", "leave this system out"])
            if what == 1:
                return entry
            self._forget(self._tokens[kept:])
            if what == 2:
                return None

    def _answers(self, cls: type, name: str) -> dict[str, str | Secret]:
        found: dict[str, str | Secret] = {}
        for option in asked(cls):
            if _is_idle(option, found):
                continue
            if Secret in members(option.type):
                secret = self._secret(option, name)
                if secret is not None:
                    found[option.key] = secret
                continue
            default = _default(cls, option)
            answer = ask(f"{option.key} ({option.help})", default)
            if answer and answer != default:
                found[option.key] = answer
        return found

    def _secret(self, option: Declared, name: str) -> Secret | None:
        say(f"{option.key} ({option.help})")
        ways = ["type it; kept in a file of yours (mode 0600)", "an environment variable", "a command that prints it"]
        ways.append(f"the keyring (service {KEYRING_SERVICE})")
        if not option.required:
            ways.append("none")
        match choose("Where from", ways):
            case 0:
                return self._typed(option, name)
            case 1:
                return Secret("env", ask("Name of the variable", _variable(name, option.key), _check_variable))
            case 2:
                return Secret("command", ask("Command", "", _not_empty))
            case 3:
                return Secret("keyring", ask("Its name in the keyring", name, _not_empty))
        return None

    def _typed(self, option: Declared, name: str) -> Secret:
        while not (typed := ask_secret(option.key)):
            say("  empty")
        path = self._path.parent / "tokens" / f"{name}-{option.key}"
        if os.path.lexists(path) and not confirm(f"{path} is there already. Replace it?", default=True):
            say("  It stays, and is what is used; what you typed is not kept.")
            return Secret("file", str(path))
        try:
            path.unlink(missing_ok=True)
            write_private(path, f"{typed}\n")
        except OSError as error:
            raise exits.Failure(f"cannot write {path}: {error.strerror}", exits.USAGE) from None
        self._tokens.append(path)
        return Secret("file", str(path))

    def _forget(self, tokens: Sequence[Path]) -> None:
        """Delete these of the token files that this run has written."""
        for path in list(tokens):
            path.unlink(missing_ok=True)
            self._tokens.remove(path)

    async def _tried(self, made: Receiver, section: str) -> Probe:
        say("  asking it …")
        try:
            async with asyncio.timeout(_PROBE_S):
                probe = await made.probe()
                if probe.ok and section == "sources":
                    await self._discover(made)  # type: ignore[arg-type]  # a source, by its registry
                return probe
        except TimeoutError:
            return Probe(ok=False, error=f"no answer within {_PROBE_S:.0f} s")
        finally:
            await made.aclose()

    async def _discover(self, source: Source) -> None:
        """The teams that it knows."""
        try:
            taken = await source.poll(Known())
        except SourceError:
            return  # its probe has told what can be told; the teams can be typed
        policies = taken.directory.policies if taken.directory is not None else ()
        found = [team for policy in policies for team in policy.teams]
        found += [entry.team for entry in taken.on_call or ()]
        found += [team for incident in taken.incidents or () for team in incident.teams]
        self._teams |= dict.fromkeys(found)

    def _chosen_teams(self) -> Sequence[str]:
        teams = sorted(self._teams)[:60]
        if not teams:
            return [clean(team) for team in ask("Your teams, with commas (enter: all)").split(",") if team.strip()]
        chosen = choose_some("Which of these teams are yours? (enter: all)", teams)
        return [teams[at] for at in chosen]


def _is_idle(option: Declared, found: Mapping[str, object]) -> bool:
    """Of two ways to log in only one is asked for."""
    if option.required:
        return False
    return (option.key == "username" and "token" in found) or (option.key == "password" and "username" not in found)


def _about(registry: Any, kind: str) -> str:
    """The first words of what the module of that kind says it is, in what is left of 80 columns."""
    words = clean((registry.load_kind(kind).__doc__ or "").strip().split("\n\n")[0])
    return clip(words.partition(":")[2].strip() or words, 57)


def _default(cls: type, option: Declared) -> str:
    field = vars(cls)["__dataclass_fields__"][option.name]
    return str(field.default) if isinstance(field.default, str | int | float) else ""


def _variable(name: str, key: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", f"{name}_{key}".upper())


def _check_variable(text: str) -> None:
    if not _ENV_NAME.fullmatch(text):
        raise ValueError("not the name of an environment variable")


def _not_empty(text: str) -> None:
    if not text:
        raise ValueError("must not be empty")


def _tell(probe: Probe) -> None:
    if not probe.ok:
        say(f"  FAIL {probe.error or 'it does not answer as it should'}")
    else:
        version = f", version {probe.version}" if probe.version else ""
        latency = f" in {probe.latency_ms:.0f} ms" if probe.latency_ms is not None else ""
        say(f"  ok, it answers{latency}{version}")
    if probe.user is not None:
        say(f"  you are {probe.user.name}")
    if probe.can:
        say(f"  it can: {', '.join(probe.can)}")
    for note in probe.notes:
        say(f"  note: {note}")
