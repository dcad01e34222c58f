"""The simulated company: the people, services and schedules of the seed document, as plain data.

From the seed (SRO-001): the weekly and daily rotations' people, the escalation policy "Critical Service
On-Call" (5, 10, 15 minutes, three rounds; primary, secondary, engineering manager and VP), the services of its
incidents and post-mortem.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Employee:
    """One person; ``key`` is used in ids and mail addresses."""

    key: str
    name: str
    title: str = "Engineer"

    @property
    def email(self) -> str:
        """Their address at the simulated company."""
        return f"{self.key}@example.com"


@dataclass(frozen=True, slots=True)
class Team:
    """One team, the people of its primary and secondary rotation in order, its services."""

    key: str
    name: str
    primary: tuple[str, ...]
    secondary: tuple[str, ...]
    services: tuple[str, ...]
    policy: str


EMPLOYEES = (
    Employee("alice", "Alice Andersson"),
    Employee("bob", "Bob Brandt"),
    Employee("charlie", "Charlie Chen"),
    Employee("david", "David Dias"),
    Employee("eve", "Eve Eriksen"),
    Employee("frank", "Frank Fischer"),
    Employee("grace", "Grace Goto"),
    Employee("henry", "Henry Huber"),
    Employee("ivan", "Ivan Ilić"),
    Employee("judy", "Judy Jónsdóttir"),
    Employee("kevin", "Kevin Kowalski"),
    Employee("laura", "Laura Lemaire"),
    Employee("mike", "Mike Murphy"),
    Employee("nancy", "Nancy Nakamura"),
    Employee("erin", "Erin Engel", "Engineering Manager"),
    Employee("victor", "Victor Vance", "VP Engineering"),
)

TEAMS = (
    Team(
        "payments",
        "Payments",
        ("alice", "charlie", "eve", "grace"),
        ("bob", "david", "frank", "henry"),
        ("payments", "gateway"),
        "Critical Service On-Call",
    ),
    Team(
        "storage",
        "Storage",
        ("charlie", "ivan", "kevin", "mike"),
        ("judy", "laura", "nancy", "david"),
        ("storage", "search"),
        "Storage On-Call",
    ),
    Team("edge", "Edge", ("eve", "grace", "ivan"), ("frank", "henry", "judy"), ("edge", "web"), "Edge On-Call"),
)

SEAT_USER = "alice@example.com"
"""Who sits in the demo."""

LEVEL_MINUTES = (5, 10, 15)
"""Minutes on each level before the next is paged (seed, escalation_policy.yaml)."""
POLICY_REPEATS = 3
MANAGERS = ("erin", "victor")
"""Level 3 of each policy."""
