"""By what incidents are named: dedup keys, links, ids. Which of them are the same trouble, told by two pagers; which
ones an alert names. Pure, but for its memory of the incidents of the last board."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from operator import attrgetter

from oncall_tui.board.model import Also
from oncall_tui.model import AlertGroup, Incident, IncidentState

TELLING = 8
"""A key of fewer characters may be two systems' by chance."""
CROWD = 8
"""A name that more incidents have says nothing of any of them."""
ABOUT_THEN = timedelta(minutes=15)
"""Incidents of one title that begin this close together are hinted at as the same."""


def is_telling(key: str) -> bool:
    """Whether two systems that both have this key speak of the same trouble."""
    return len(key) >= TELLING


def _is_open(incident: Incident) -> bool:
    return incident.state is not IncidentState.RESOLVED


class _Index:
    """Incidents by one kind of name."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[str, ...]] = {}

    def add(self, name: str, incident_id: str) -> None:
        held = self._by_name.get(name)
        self._by_name[name] = (incident_id,) if held is None else (*held, incident_id)

    def drop(self, name: str, incident_id: str) -> None:
        left = tuple([one for one in self._by_name.pop(name, ()) if one != incident_id])
        if left:
            self._by_name[name] = left

    def get(self, name: str, most: int = CROWD) -> tuple[str, ...]:
        """Who has that name, sorted; nobody, where it is a crowd's."""
        found = self._by_name.get(name, ())
        if len(found) < 2:
            return found
        return tuple(sorted(found)) if len(found) <= most else ()


class _Indexes:
    """All names of the incidents that were added."""

    def __init__(self) -> None:
        self.keys, self.links, self.urls, self.ids, self.titles = _Index(), _Index(), _Index(), _Index(), _Index()

    def add(self, incident: Incident) -> None:
        for index, name in self._places(incident):
            index.add(name, incident.id)

    def drop(self, incident: Incident) -> None:
        for index, name in self._places(incident):
            index.drop(name, incident.id)

    def _places(self, incident: Incident) -> list[tuple[_Index, str]]:
        places = [(self.titles, incident.title.casefold()), (self.ids, incident.native_id)]
        places += [(self.keys, key) for key in dict.fromkeys(incident.keys)]
        places += [(self.links, link) for link in dict.fromkeys(incident.links)]
        if incident.url:
            places.append((self.urls, incident.url))
        if incident.number and incident.number != incident.native_id:
            places.append((self.ids, incident.number))
        return places

    def near(self, incident: Incident) -> set[str]:
        """Those that share a name with it, or would, were they not one too many."""
        most = CROWD + 1
        found = {incident.id, *self.titles.get(incident.title.casefold(), most)}
        found.update(self.keys.get(incident.native_id, most))
        for key in incident.keys:
            found.update(self.keys.get(key, most), self.ids.get(key, most))
        for link in incident.links:
            found.update(self.links.get(link, most), self.urls.get(link, most))
        if incident.url:
            found.update(self.links.get(incident.url, most))
        return found


class Names:
    """The open incidents of one board after the other, by their names, as soon as anybody would look there."""

    def __init__(self) -> None:
        self.also: Mapping[str, tuple[Also, ...]] = {}
        """Incident -> incidents of other systems that are, or may be, the same trouble: sure ones first."""
        self._open: dict[str, Incident] = {}
        self._sources: Counter[str] = Counter()
        self._linked = 0
        self._indexes: _Indexes | None = None

    def take(
        self,
        incidents: Iterable[Incident],
        *,
        gone: Iterable[Incident],
        new: Iterable[Incident],
        are_named: bool,
    ) -> None:
        """The ``incidents`` as they are now; these are not there any more, those are new. ``are_named``: some alerts
        have references to incidents."""
        left, fresh = list(filter(_is_open, gone)), list(filter(_is_open, new))
        self._sources.update(map(attrgetter("source"), fresh))
        self._sources.subtract(map(attrgetter("source"), left))
        self._linked += len([1 for one in fresh if one.links]) - len([1 for one in left if one.links])
        several = len([1 for count in self._sources.values() if count]) > 1
        if not (are_named or self._linked or several):
            self._indexes, self._open, self.also = None, {}, {}
            return
        changed: set[str] = set()
        if self._indexes is None:
            self._indexes = _Indexes()
            fresh = list(filter(_is_open, incidents))
        else:
            for one in left:
                changed |= self._indexes.near(one)
                self._indexes.drop(one)
                del self._open[one.id]
        for one in fresh:
            self._open[one.id] = one
            self._indexes.add(one)
        if not several:
            self.also = {}
            return
        changed.update(*[self._indexes.near(one) for one in fresh])
        if changed:
            kept = {one: also for one, also in self.also.items() if one not in changed}
            self.also = kept | {one: also for one in changed if (also := self._same_as(one, self._indexes))}

    # -- the same trouble, told by two pagers --------------------------------------------------------------------

    def _same_as(self, incident_id: str, indexes: _Indexes) -> tuple[Also, ...]:
        mine = self._open.get(incident_id)
        if mine is None:
            return ()
        found: dict[str, Also] = {}
        for others, reason, is_sure in self._reasons(mine, indexes):
            for other in others:
                if self._open[other].source != mine.source:
                    found.setdefault(other, Also(id=other, reason=reason, is_sure=is_sure))
        return tuple(sorted(found.values(), key=lambda one: (not one.is_sure, one.id)))

    def _reasons(self, mine: Incident, indexes: _Indexes) -> Iterable[tuple[Iterable[str], str, bool]]:
        for key in filter(is_telling, mine.keys):
            yield indexes.keys.get(key), f"same dedup key {key}", True
            yield indexes.ids.get(key), "its dedup key is the other's id", True
        if is_telling(mine.native_id):
            yield indexes.keys.get(mine.native_id), "the other's dedup key is its id", True
        for link in mine.links:
            # A link that a third one has too (to a dashboard, to a runbook) is none to this trouble.
            yield indexes.links.get(link, 2), f"same link {link}", True
            yield indexes.urls.get(link, 1), f"it links to {link}", True
        if mine.url and indexes.urls.get(mine.url, 1):
            yield indexes.links.get(mine.url), f"the other links to {mine.url}", True
        titled = [
            other
            for other in indexes.titles.get(mine.title.casefold())
            if abs(self._open[other].created_at - mine.created_at) <= ABOUT_THEN
        ]
        yield titled, "same title, began about then", False

    # -- what an alert names ---------------------------------------------------------------------------------------

    def of(self, group: AlertGroup) -> Iterable[tuple[str, str]]:
        """(incident's id, why) for all incidents that these alerts name."""
        indexes = self._indexes
        if indexes is None:
            return
        for label, value in group.refs:
            if not label:
                yield from ((one, "its fingerprint is the dedup key") for one in indexes.keys.get(value))
                continue
            if value in self._open:
                yield value, f"label {label} names it"
            yield from ((one, f"label {label} is its dedup key") for one in indexes.keys.get(value))
            yield from ((one, f"label {label} is its link") for one in indexes.urls.get(value, 1))
            # Numbers of two pagers may be the same.
            yield from ((one, f"label {label} is its id") for one in indexes.ids.get(value, 1))
        if group.head.url:
            linked = indexes.links.get(group.head.url)
            if len({self._open[one].source for one in linked}) == len(linked):
                yield from ((one, "same link") for one in linked)
