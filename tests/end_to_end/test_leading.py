"""Leading an incident by command: noise, phase, triage; the installed script against systems over HTTP."""

from __future__ import annotations

import json

from tests.support.seat import Company, Seat

CHECKOUT = "Checkout returns 503"


def notes_of(company: Company) -> list[str]:
    return [str(note) for note in company.incident(CHECKOUT)["notes"]]


def test_phase_noise_and_triage_are_written_on_the_timeline(company: Company, seat: Seat) -> None:
    target = company.id_of(CHECKOUT)
    done = seat.expect(0, "phase", target, "investigation", "--why", "the pool\nis empty")
    assert f"{target} note confirmed" in done.stdout
    seat.expect(0, "phase", target, "mitigated", "--at", "2m")
    seat.expect(0, "noise", target, "real")
    done = seat.expect(0, "triage", target, "--impact", "minor-degradation", "--revenue")
    assert f"{target} Sev2: revenue is affected" in done.stdout
    assert f"{target} severity confirmed" in done.stdout
    told = " | ".join(notes_of(company))
    for text in ("phase: investigation, the pool is empty", "mitigated", "real", "triage: Sev2, revenue is affected"):
        assert text in told
    done = seat.expect(0, "triage", target, "--impact", "minor-degradation", "--overrule", "1", "--why", "all of EU")
    assert "Sev1: overruled: all of EU (the form gives Sev3: minor degradation)" in done.stdout
    assert company.incident(CHECKOUT)["priority"] == "P1"
    # As the key does: what it has already is not set once more.
    done = seat.expect(0, "triage", target, "--impact", "total-outage")
    assert "severity confirmed" not in done.stdout and "note confirmed" in done.stdout


def test_noise_reaches_the_false_positive_rate(company: Company, seat: Seat) -> None:
    def rate() -> float:
        document = json.loads(seat.expect(0, "metrics", "--json").stdout)
        return float(document["metrics"]["false_positive_rate"]["value"])

    before = rate()
    seat.expect(0, "noise", company.id_of(CHECKOUT), "noise", "--why", "the probe's own network")
    assert rate() > before
    seat.expect(0, "noise", company.id_of(CHECKOUT), "real")
    assert rate() == before


def test_alerts_are_judged_on_their_incident_or_for_themselves(company: Company, seat: Seat) -> None:
    alerts = seat.json("now", "--json")["alerts"]
    joined = next(one for one in alerts if one["incident"])
    done = seat.expect(0, "noise", joined["ids"][0], "fix")
    assert f"{joined['incident']} note confirmed" in done.stdout
    alone = next(one for one in alerts if not one["incident"])
    done = seat.expect(0, "noise", alone["ids"][0], "noise")
    assert f"{alone['ids'][0]} noise: kept here, it belongs to no incident" in done.stdout


def test_what_cannot_be_is_one_line(company: Company, seat: Seat) -> None:
    target, before = company.id_of(CHECKOUT), notes_of(company)
    for words, code, told in (
        (("noise", target, "loud"), 2, "loud"),
        (("phase", target, "lunch"), 2, "lunch"),
        (("phase", target, "mitigated", "--at", "2999-01-01T00:00:00Z"), 2, "lies ahead"),
        (("triage", target, "--impact", "none", "--overrule", "1"), 2, "say why it is Sev1"),
        (("triage", target), 2, "--impact"),
        (("--read-only", "triage", target, "--impact", "total-outage"), 5, "read-only"),
        (("--read-only", "noise", target, "noise"), 5, "read-only"),
        (("--read-only", "phase", target, "response"), 5, "read-only"),
    ):
        done = seat.run(*words)
        assert done.returncode == code, done
        assert told in done.stderr, done
    assert notes_of(company) == before
