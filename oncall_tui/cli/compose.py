"""Where everything is put together: config, sources, store and desk, for both faces."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oncall_tui import actions, channels, sources
from oncall_tui.board import BoardSettings
from oncall_tui.cli.exits import USAGE, Failure, UsageError
from oncall_tui.cli.logs import log_to
from oncall_tui.clock import Clock, SystemClock, zone_named
from oncall_tui.config.commands import secret_variables
from oncall_tui.config.places import data_dir, find_config
from oncall_tui.config.problems import ConfigError
from oncall_tui.config.rules import calendar, identity, severity_policy
from oncall_tui.config.schema import Config
from oncall_tui.desk import Desk, DeskSettings
from oncall_tui.model import Verb
from oncall_tui.records import dataclass
from oncall_tui.sources.base import Receiver, Seat, Source, SourceContext, lacks_of
from oncall_tui.store import Store, StoreError
from oncall_tui.text import paint_safe

if TYPE_CHECKING:
    from argparse import Namespace

    from oncall_tui.cli.firstframe import Asked

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class House:
    """The put-together program, before a face is on it."""

    config: Config
    folder: Path
    store: Store
    sources: tuple[Source, ...]
    channels: tuple[Receiver, ...]
    desk: Desk
    clock: Clock


def read_config(args: Namespace | Asked, environ: Mapping[str, str] = MappingProxyType(os.environ)) -> Config:
    """The config that ``args`` and the environment name.

    Raises:
        UsageError: there is none, or it is wrong: every problem on its own line.
    """
    path = find_config(args.config, environ)
    if path is None:
        raise UsageError(
            "no config: 'oncall-tui demo' needs none, 'oncall-tui init' asks and writes one; or copy "
            "config.example.yaml to ~/.config/oncall-tui/config.yaml"
        )
    # Not at the top: YAML is a twentieth of a start, and the dashboard's config is kept.
    from oncall_tui.config.load import load_config

    try:
        return load_config(Path(path), kinds=sources, channels=channels, environ=environ, known_actions=actions.BY_ID)
    except ConfigError as error:
        raise UsageError(f"the config cannot be used\n{error}") from None


def seat_of(config: Config) -> Seat:
    """Who sits here, whatever a system calls it."""
    same = identity(config)
    called = tuple(same.called(team) for team in config.seat.teams)
    teams = tuple(dict.fromkeys(name for names in called for name in names))
    return Seat(user=config.seat.user, teams=teams, called=called, time_zone=config.seat.time_zone)


def make_sources(config: Config, clock: Clock, transport: Any = None) -> tuple[Source, ...]:
    """The configured sources; nothing is connected yet.

    Raises:
        UsageError: a source's options do not fit together.
    """
    seat, same = seat_of(config), identity(config)
    made = []
    for options in config.sources:
        context = SourceContext(
            name=options.name,
            seat=replace(seat, user=options.user or same.user_in(options.name, seat.user)),
            clock=clock,
            transport=transport,
        )
        try:
            made.append(sources.load_kind(options.kind).make(options, context))
        except ValueError as error:
            raise UsageError(f"source {options.name}: {error}") from None
    return tuple(made)


def make_channels(config: Config, clock: Clock, transport: Any = None) -> tuple[Receiver, ...]:
    """The configured channels; nothing is connected yet.

    Raises:
        UsageError: a channel's options do not fit together.
    """
    seat, same = seat_of(config), identity(config)
    made = []
    for options in config.channels:
        here = replace(seat, user=same.user_in(options.name, seat.user))
        context = SourceContext(name=options.name, seat=here, clock=clock, transport=transport)
        try:
            made.append(channels.load_kind(options.kind).make(options, context))
        except ValueError as error:
            raise UsageError(f"channel {options.name}: {error}") from None
    return tuple(made)


def board_settings(config: Config, made: tuple[Source, ...], *, read_only: bool) -> BoardSettings:
    """What the board takes from the config and the sources."""
    same = identity(config)
    return BoardSettings(
        user=config.seat.user,
        user_in={
            options.name: user
            for options in config.sources
            if (user := options.user or same.user_in(options.name, config.seat.user)) is not None
            and user != config.seat.user
        },
        teams=tuple(dict.fromkeys(map(same.team, config.seat.teams))),
        identity=same,
        join_labels=config.join.labels,
        detect=config.detect.rules,
        zone=zone_named(config.seat.time_zone),
        policy=severity_policy(config.policy),
        calendar=calendar(config),
        shift_duration=config.policy.shift_duration,
        read_only=read_only,
        sources=tuple((source.name, source.kind) for source in made),
        capabilities={source.name: frozenset(word.value for word in source.capabilities) for source in made},
        lacks={source.name: told for source in made if (told := lacks_of(source))},
    )


@contextlib.asynccontextmanager
async def open_house(
    config: Config,
    folder: Path,
    *,
    sends: bool,
    read_only: bool = False,
    clock: Clock | None = None,
    transport: Any = None,
) -> AsyncIterator[House]:
    """Everything but a face; closed whole at the end.

    Raises:
        Failure: the data folder cannot be used (exit code 2).
    """
    clock = clock or SystemClock()
    read_only = read_only or config.seat.read_only
    made = make_sources(config, clock, transport)
    made_channels = make_channels(config, clock, transport)
    log_to(None)
    try:
        store = await Store.open(folder, clock=clock, identity=identity(config))
    except StoreError as error:
        raise Failure(str(error), USAGE) from None
    if not store.in_memory:
        log_to(folder)
    for notice in store.notices:
        log.warning("%s", notice)
    undo = config.actions.undo
    settings = DeskSettings(
        board=board_settings(config, made, read_only=read_only),
        undo={verb.value: undo.window(verb) for verb in Verb},
        sends=sends,
        read_only=read_only,
        rules=config.policy,
        attention=config.attention.rules(zone_named(config.seat.time_zone)),
        commands=config.commands,
        investigate=config.investigate,
        hidden=secret_variables(config),
    )
    desk = Desk(store, made, clock, settings, channels=made_channels)
    try:
        yield House(
            config=config, folder=folder, store=store, sources=made, channels=made_channels, desk=desk, clock=clock
        )
    finally:
        await desk.stop()
        for receiver in (*made, *made_channels):
            await receiver.aclose()
        await store.close()


def tell_notices(house: House) -> None:
    """What a person should know of the data folder, on stderr: the dashboard has a banner for it."""
    for notice in house.store.notices:
        sys.stderr.write(f"oncall-tui: {paint_safe(notice)}\n")


def data_folder(args: Namespace | Asked) -> Path:
    """The data folder that ``args`` and the environment name."""
    return Path(data_dir(args.data_dir, os.environ))
