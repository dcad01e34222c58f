"""What the seed's example says, read out of its own words beside this file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
DAY = datetime(2024, 1, 15, tzinfo=UTC)


def words(name: str) -> str:
    """A part of the seed document as it stands there."""
    return (HERE / name).read_text("utf-8")


def at(clock: str) -> datetime:
    """``14:30`` on the day of the seed's incident."""
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def plain(markdown: str) -> str:
    """Without bold signs and escapes."""
    return re.sub(r"\\([^\w\s])", r"\1", markdown).replace("**", "")


@dataclass(frozen=True)
class Report:
    """The incident report: ``sections`` are the lines below each heading."""

    sections: dict[str, list[str]]

    @property
    def facts(self) -> dict[str, str]:
        """Label and text of the summary."""
        pairs = (plain(line).removeprefix("- ").partition(": ") for line in self.sections["Summary"])
        return {label: text for label, _, text in pairs}

    @property
    def timeline(self) -> list[tuple[datetime, str]]:
        """When, and what."""
        lines = (line.removeprefix("- ").partition(": ") for line in self.sections["Timeline"])
        return [(at(clock), text) for clock, _, text in lines]


def sections(markdown: str) -> dict[str, list[str]]:
    """The lines that are not empty below each ``##`` heading."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"(?m)^## ", markdown)[1:]:
        heading, _, rest = part.partition("\n")
        found[heading] = [line for line in rest.split("\n") if line.strip() and line.strip() != "---"]
    return found


REPORT = Report(sections(words("incident-report.md")))


@dataclass(frozen=True)
class Update:
    """One update of the status page: when, under which status, and its text without what the page has fields for."""

    at: datetime
    status: str
    text: str


def updates() -> list[Update]:
    """The three, in their order."""
    found = []
    for part in re.split(r"(?m)^## ", words("status-page.md"))[1:]:
        heading, _, rest = part.partition("\n")
        clock = re.search(r"\((\d\d:\d\d) UTC\)", heading)
        status = re.search(r"\*\*Status:\*\* (?:Fully )?(\w+)", rest)
        assert clock is not None and status is not None
        lines = [
            plain(line).rstrip()
            for line in rest.strip().removesuffix("---").strip().split("\n")
            if not line.startswith(("🟡", "**Status:**"))
        ]
        text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
        found.append(Update(at(clock[1]), status[1].lower(), text))
    return found


UPDATES = updates()
PAGE_TITLE = "Performance Degradation - Payment Service"


@dataclass(frozen=True)
class Shift:
    """The hand-over: how many of each severity, which, what is left to do, what to know."""

    counts: dict[str, int]
    titles: dict[str, list[str]]
    items: list[str]
    notes: list[str]


def shift() -> Shift:
    """As its script prints it."""
    said = re.findall(r'(?m)^echo "(?:\\n)?(.*)"$', words("shift-handover.sh"))
    counts: dict[str, int] = {}
    titles: dict[str, list[str]] = {}
    for line in said:
        if match := re.fullmatch(r"(Total|Sev\d): (\d+)(?: \((.*)\))?", line):
            counts[match[1].lower()] = int(match[2])
            titles[match[1].lower()] = match[3].split(", ") if match[3] else []
    return Shift(
        counts=counts,
        titles=titles,
        items=[line.partition(". ")[2] for line in said if re.match(r"\d+\. ", line)],
        notes=[line.removeprefix("- ") for line in said if line.startswith("- ")],
    )


SHIFT = shift()
