"""Looking into an incident by command: the installed script against systems over HTTP."""

from __future__ import annotations

from tests.support.seat import Company, Seat

CHECKOUT = "Checkout returns 503"


def notes_of(company: Company) -> str:
    return " | ".join(str(note["content"]) for note in company.incident(CHECKOUT)["notes"])


def test_metrics_changes_and_links_of_its_time(company: Company, seat: Seat) -> None:
    target = company.id_of(CHECKOUT)
    told = seat.json("investigate", target, "--json")
    by_name = {one["name"]: one for one in told["queries"]}
    assert by_name["error rate"]["series"][0]["max"] > 10 and by_name["error rate"]["unit"] == "%"
    assert len(by_name["error rate"]["series"][0]["values"]) == 60
    assert by_name["traces"]["query"].startswith("https://traces.example.com/search?service=payments&start=")
    assert told["from"] < told["until"] and any("payments" in one["title"] for one in told["changes"])
    done = seat.expect(0, "investigate", target)
    assert "error rate (metrics)" in done.stdout and "12.4 %" in done.stdout
    assert max(len(line) for line in done.stdout.split("\n") if "://" not in line) <= 80
    wider = seat.json("investigate", target, "--json", "--width", "2")
    assert wider["from"] < told["from"]


def test_what_was_found_out_is_noted_judged_and_listed(company: Company, seat: Seat) -> None:
    target = company.id_of(CHECKOUT)
    seat.expect(0, "finding", target, "503s began\nwith v2.1", "--at", "2m")
    seat.expect(0, "hypothesis", target, "the pool is too small")
    seat.expect(0, "hypothesis", target, "dns")
    done = seat.expect(0, "hypothesis", target, "H2", "--ruled-out", "--why", "it answers")
    assert f"{target} note confirmed" in done.stdout
    seat.expect(0, "hypothesis", target, "pool", "--confirmed")
    seat.expect(0, "root-cause", target, "the pool is too small since v2.1")
    for text in (
        "finding: 503s began with v2.1", "hypothesis: dns", "ruled out: dns (it answers)",
        "confirmed: the pool is too small", "root cause: the pool is too small since v2.1",
    ):  # fmt: skip
        assert text in notes_of(company), text
    told = seat.json("investigate", target, "--json")
    assert [(one["name"], one["verdict"], one["reason"]) for one in told["hypotheses"]] == [
        ("H1", "confirmed", None), ("H2", "ruled_out", "it answers"),
    ]  # fmt: skip
    assert told["findings"][0]["text"] == "503s began with v2.1"
    assert told["root_causes"][0]["text"] == "the pool is too small since v2.1"
    document = seat.expect(0, "postmortem", target).stdout
    assert "the pool is too small since v2.1" in document and "finding: 503s began with v2.1" in document


def test_what_cannot_be_is_one_line(company: Company, seat: Seat) -> None:
    target = company.id_of(CHECKOUT)
    for words, code, told in (
        (("investigate", "nobody"), 2, "nobody"),
        (("finding", target, " "), 2, "an empty finding"),
        (("hypothesis", target, "aliens", "--confirmed"), 2, "no hypothesis is called 'aliens'"),
        (("--read-only", "finding", target, "x"), 5, "read-only"),
        (("--read-only", "hypothesis", target, "x"), 5, "read-only"),
        (("--read-only", "root-cause", target, "x"), 5, "read-only"),
    ):
        done = seat.run(*words)
        assert done.returncode == code, done
        assert told in done.stderr, done
    assert "finding" not in notes_of(company)
