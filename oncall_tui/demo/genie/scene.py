"""What has happened in the account before the company's day begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from oncall_tui.demo.genie.life import Alert, Life


def open_scene(life: Life, now: datetime, by: str) -> dict[str, Alert]:
    """Pages in each state, and a shift's history. ``by`` is how the system names people: ``email`` or ``name``."""

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    def who(key: str) -> str:
        return str(getattr(life.estate.users[key], by))

    found = {
        "closed": life.trigger("search", "Index is two hours behind", ago(400), priority="P4"),
        "snoozed": life.trigger("web", "Certificate expires in 9 days", ago(190), priority="P5"),
        "owned": life.trigger("storage", "Volume data-03 is 91 % full", ago(48), priority="P3", count=12),
        "acknowledged": life.trigger("gateway", "P99 latency above 5 s in the EU", ago(31), priority="P2", count=7),
        "triggered": life.trigger(
            "payments",
            "Checkout returns 503",
            ago(3),
            priority="P1",
            count=37,
            details={"runbook_url": "https://wiki.example.com/runbooks/checkout", "region": "eu-1"},
        ),
    }
    acts: tuple[tuple[int, Callable[[datetime], str]], ...] = (
        (395, lambda at: life.acknowledge(found["closed"].id, who("ivan"), at)),
        (370, lambda at: life.note(found["closed"].id, who("ivan"), "Replayed the queue from 04:00.", at)),
        (355, lambda at: life.close(found["closed"].id, who("ivan"), at)),
        (185, lambda at: life.acknowledge(found["snoozed"].id, who("eve"), at)),
        (184, lambda at: life.snooze(found["snoozed"].id, who("eve"), now + timedelta(hours=5), at)),
        (46, lambda at: life.assign(found["owned"].id, who("judy"), life.estate.users["charlie"], at)),
        (44, lambda at: life.acknowledge(found["owned"].id, who("charlie"), at)),
        (28, lambda at: life.acknowledge(found["acknowledged"].id, who("alice"), at)),
        (25, lambda at: life.note(found["acknowledged"].id, who("alice"), "[observed] only the EU nodes are slow", at)),
    )
    for at, act in acts:
        life.advance(ago(at))
        act(ago(at))
    life.advance(now)
    return found
