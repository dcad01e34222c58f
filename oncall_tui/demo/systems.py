"""The simulated company's further systems: those that the demo's dashboard does not need and ``simulate`` serves.

Each is a package or module of this room named after its kind (``splunk_oncall`` for ``splunk-oncall``), so that a
source or channel that is registered finds its simulator by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, cast

from oncall_tui import channels, sources
from oncall_tui.clock import Clock
from oncall_tui.demo.wire import Request, Response, Simulator

CORE = ("pagerduty", "alertmanager", "prometheus", "http", "rotation")
"""The kinds of the demo's own seat; the world makes them itself, for one story runs through them."""


CHANNELS = ("slack", "statuspage", "jira", "webhook")
"""The kinds whose channels the demo's own seat has: what declaring an incident goes through."""


ASKED = ("loki",)
"""The kinds of which the demo's seat has a source that is only asked when an incident is looked into."""


class Living(Simulator, Protocol):
    """A simulated system that tells what it holds."""

    def told(self) -> dict[str, Any]:
        """What it holds now, as JSON: what a test asks for. With ``writes``, each write that it has applied, in
        order: ``{"action": word of Verb, "target": native id, …}``."""
        ...


class System(Protocol):
    """What such a module offers."""

    def make(self, clock: Clock, seed: int) -> Living:
        """The simulated account as it is when the company's day begins: a few incidents, alerts, people. What was
        before has happened before ``clock.now()``."""
        ...

    def stanzas(self, base_url: str) -> Mapping[str, list[dict[str, Any]]]:
        """Alice's config for it, ``base_url`` being its own address: entries for ``sources`` and ``channels``, each
        with name, kind, and everything else that it needs."""
        ...


def names() -> tuple[str, ...]:
    """The kinds that have a simulator here besides the core, in the order of the registries."""
    return tuple(kind for kind in dict.fromkeys((*sources.KINDS, *channels.KINDS)) if _is_here(kind))


def _is_here(kind: str) -> bool:
    return kind not in CORE and find_spec(_module(kind)) is not None


def load(kind: str) -> System:
    """The module of that kind. Raises KeyError: it has no simulator."""
    if kind not in (*sources.KINDS, *channels.KINDS) or not _is_here(kind):
        raise KeyError(kind)
    return cast(System, import_module(_module(kind)))


class Sleeping:
    """A system that nobody has talked to yet: made at the first request, because the demo's start does not wait for
    what it may never need."""

    def __init__(self, kind: str, clock: Clock, seed: int) -> None:
        self.prefix = kind
        self._clock = clock
        self._seed = seed
        self._awake: Living | None = None

    @property
    def awake(self) -> Living:
        """The system itself."""
        if self._awake is None:
            self._awake = load(self.prefix).make(self._clock, self._seed)
        return self._awake

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        return self.awake.handle(request)

    def told(self) -> dict[str, Any]:
        """What it holds now."""
        return self.awake.told()


def stanzas(kinds: Iterable[str], base_url: str) -> dict[str, list[dict[str, Any]]]:
    """The config of all these; each system's own address is ``BASE_URL/KIND``."""
    found: dict[str, list[dict[str, Any]]] = {"sources": [], "channels": []}
    for kind in kinds:
        for section, entries in load(kind).stanzas(f"{base_url}/{kind}").items():
            found[section] += entries
    return found


def _module(kind: str) -> str:
    return f"oncall_tui.demo.{kind.replace('-', '_')}"
