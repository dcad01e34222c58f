"""The dedup keys of the open incidents, by which an alert's own id may name one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oncall_tui.board.names import is_telling


class Keys:
    """Which there are, and which have come or gone since somebody asked."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._before: dict[str, bool] = {}
        """What was touched since then -> whether it was there."""

    def add(self, keys: Iterable[str]) -> None:
        """An incident has these."""
        for key in keys:
            if is_telling(key):
                times = self._times.get(key, 0)
                self._before.setdefault(key, times > 0)
                self._times[key] = times + 1

    def drop(self, keys: Iterable[str]) -> None:
        """An incident that had these has them no more."""
        for key in keys:
            times = self._times.get(key, 0)
            if times:
                self._before.setdefault(key, True)
                self._times[key] = times - 1
                if times == 1:
                    del self._times[key]

    def clear(self) -> None:
        """No incident has any."""
        for key in self._times:
            self._before.setdefault(key, True)
        self._times.clear()

    def __iter__(self) -> Iterator[str]:
        return iter(self._times)

    def __contains__(self, key: str) -> bool:
        return key in self._times

    def news(self) -> list[str]:
        """Those that have come or gone since the last call."""
        found = [key for key, was_there in self._before.items() if was_there != (key in self._times)]
        self._before = {}
        return found
