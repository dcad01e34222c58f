"""The grammar of the command line (contract, "Command line"). Imports nothing heavy: ``--help`` is instant."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from oncall_tui import __version__
from oncall_tui.cli.exits import UsageError
from oncall_tui.clock import parse_duration

FAULTS = ("latency", "rate-limit", "server-error", "drop-after-apply", "bad-json", "hostile", "source-down")
GROUPS = ("severity", "service", "person", "shift", "day", "week", "month")
# As the model has them, which is too much to import for a help.
PUBLICATION_STATES = ("investigating", "identified", "monitoring", "resolved")
PUBLICATION_IMPACTS = ("none", "maintenance", "minor", "major", "critical")
COMPONENT_STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
JUDGEMENTS = ("real", "noise", "duplicate", "fix")
PHASES = ("detection", "triage", "response", "investigation", "resolution", "post-incident", "mitigated")
IMPACTS = ("total-outage", "significant-degradation", "minor-degradation", "none")
_STATES = " ".join(PUBLICATION_STATES)
PANES = ("incidents", "alerts", "health", "on_call")


class Parser(argparse.ArgumentParser):
    """A parser whose errors are exceptions and whose help fits 80 columns."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", _formatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Raises UsageError instead of leaving the process."""
        raise UsageError(f"{message} (see '{self.prog} --help')")


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, max_help_position=26, width=78)


def _converted(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def wrapped(text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return wrapped


def _length(text: str) -> timedelta:
    length = parse_duration(text)
    if length < timedelta(seconds=1):
        raise ValueError(f"a second at least, not {text[:20]!r} (30m, 2h, 1d)")
    return length


def _level(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= 99):
        raise ValueError(f"not a level: {text[:20]!r} (1, 2, 3 …)")
    return int(text)


def _severity(text: str) -> int:
    digit = text.strip().lower().removeprefix("sev").removeprefix("-").strip()
    if digit not in ("1", "2", "3", "4"):
        raise ValueError(f"not a severity: {text[:20]!r} (1 to 4)")
    return int(digit)


def _days(text: str) -> int:
    digits = text.removesuffix("d")
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:5]) <= 366):
        raise ValueError(f"not a number of days: {text[:20]!r} (1 to 366)")
    return int(digits)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1000):
        raise ValueError(f"not a number: {text[:20]!r} (1 to 1000)")
    return int(text)


def _backfill_days(text: str) -> int:
    digits = text.removesuffix("d")
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:5]) <= 730):
        raise ValueError(f"not a number of days: {text[:20]!r} (1 to 730)")
    return int(digits)


def _component(text: str) -> tuple[str, str]:
    name, found, state = text.rpartition("=")
    if not found or not name.strip() or state not in COMPONENT_STATES:
        raise ValueError(f"not NAME=STATE: {text[:40]!r} ({', '.join(COMPONENT_STATES)})")
    return name.strip(), state


def _date(text: str) -> str:
    # Not at the top: for one option of one command.
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"not a date: {text[:20]!r} (2026-12-24)") from None


def _seconds(text: str) -> float:
    return parse_duration(text if not text.isdigit() else f"{text}s").total_seconds()


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65535):
        raise ValueError(f"not a port: {text[:20]!r}")
    return int(text)


def build_parser() -> Parser:
    """The whole grammar."""
    common = Parser(add_help=False)
    group = common.add_argument_group("common options")
    group.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the config file")
    group.add_argument(
        "--data-dir", metavar="DIR", default=argparse.SUPPRESS, help="where the cache and the outbox are"
    )
    parser = Parser(
        prog="oncall-tui",
        parents=[common],
        description="A terminal dashboard for the on-call seat. Without a command: the dashboard.",
        epilog="ID is what 'now' prints (pager:Q1ABC), or any unambiguous suffix of it. T is ISO 8601, or 12h, 7d "
        "back from now. Exit codes: 0 done, 2 bad input, 3 stale, 4 queued, 5 refused, 6 outcome unknown.",
    )
    parser.add_argument("--version", action="version", version=f"oncall-tui {__version__}")
    parser.add_argument("--read-only", action="store_true", help="a shadow's seat: no action leaves")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", parser_class=Parser)
    _watching(commands, common)
    _acting(commands, common)
    _leading(commands, common)
    _declaring(commands, common)
    _looking_into(commands, common)
    _resolving(commands, common)
    _telling(commands, common)
    _looking(commands, common)
    _rest(commands, common)
    return parser


def _watching(commands: Any, common: Parser) -> None:
    demo = commands.add_parser("demo", help="the dashboard on a simulated company: no config, no network")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="another company day (default 1)")
    demo.add_argument("--data-dir", type=Path, metavar="DIR", help="keep its data here (default: gone at the end)")
    demo.add_argument(
        "--fault", action="append", choices=FAULTS, default=[], metavar="NAME", help=f"misbehave: {' '.join(FAULTS)}"
    )
    demo.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS, help="no action leaves")
    simulate = commands.add_parser("simulate", help="serve the simulated company's APIs on 127.0.0.1")
    simulate.add_argument("--port", type=_converted(_port), default=8900, metavar="N", help="default 8900; 0: any")
    simulate.add_argument("--seed", type=int, default=1, metavar="N", help="another company day (default 1)")
    simulate.add_argument(
        "--fault", action="append", choices=FAULTS, default=[], metavar="NAME", help=f"misbehave: {' '.join(FAULTS)}"
    )
    simulate.add_argument(
        "--systems", metavar="NAME,…", help="which besides the demo's own (default: all; '' for none)"
    )
    commands.add_parser("init", parents=[common], help="ask, try, and write a commented config")
    check = commands.add_parser("check", parents=[common], help="validate the config, probe each source and channel")
    check.add_argument("--json", action="store_true", help="one JSON document")
    check.add_argument("--bell", action="store_true", help="also ring this terminal, as a page would")
    now = commands.add_parser("now", parents=[common], help="the four panes once, as text")
    now.add_argument("--json", action="store_true", help="one JSON document")
    now.add_argument("--cached", action="store_true", help="what the cache holds; ask nobody")
    now.add_argument("--pane", choices=PANES, action="append", metavar="NAME", help="incidents alerts health on_call")


def _action(commands: Any, common: Parser, name: str, help_text: str) -> Parser:
    parser: Parser = commands.add_parser(name, parents=[common], help=help_text)
    parser.add_argument(
        "--timeout", type=_converted(_seconds), default=20.0, metavar="20s", help="how long to wait for the answer"
    )
    return parser


def _acting(commands: Any, common: Parser) -> None:
    ack = _action(commands, common, "ack", "acknowledge incidents")
    ack.add_argument("ids", nargs="+", metavar="ID")
    resolve = _action(commands, common, "resolve", "resolve incidents")
    resolve.add_argument("ids", nargs="+", metavar="ID")
    escalate = _action(commands, common, "escalate", "escalate to the next level, a level, a person or a policy")
    escalate.add_argument("id", metavar="ID")
    to = escalate.add_mutually_exclusive_group()
    to.add_argument("--level", type=_converted(_level), metavar="N", help="this level")
    to.add_argument("--to", metavar="PERSON", help="name, mail or id of a person")
    to.add_argument("--policy", metavar="NAME", help="another escalation policy")
    note = _action(commands, common, "note", "write on an incident's timeline")
    note.add_argument("id", metavar="ID")
    note.add_argument("text", metavar="TEXT", help="'-' reads it from standard input")
    note.add_argument("--at", metavar="T", help="when it happened: 14:32, ISO 8601, or 10m back")
    note.add_argument("--kind", choices=("observed", "did", "decided", "told"), help="'told' restarts the update clock")
    snooze = _action(commands, common, "snooze", "snooze an incident")
    snooze.add_argument("id", metavar="ID")
    snooze.add_argument("duration", type=_converted(_length), metavar="DURATION", help="30m, 2h, 1d")
    assign = _action(commands, common, "assign", "assign an incident to somebody")
    assign.add_argument("id", metavar="ID")
    assign.add_argument("user", metavar="USER", help="name, mail or id; 'me' takes it over")
    severity = _action(commands, common, "severity", "set the severity")
    severity.add_argument("id", metavar="ID")
    severity.add_argument("severity", type=_converted(_severity), metavar="N", help="1 to 4")
    merge = _action(commands, common, "merge", "merge an incident into another")
    merge.add_argument("id", metavar="ID")
    merge.add_argument("into", metavar="INTO")
    responders = _action(commands, common, "responders", "ask people to join an incident")
    responders.add_argument("id", metavar="ID")
    responders.add_argument("users", nargs="+", metavar="USER", help="name, mail or id")
    responders.add_argument("--message", default="", help="what they are told")
    title = _action(commands, common, "title", "change an incident's title")
    title.add_argument("id", metavar="ID")
    title.add_argument("text", metavar="TEXT")
    run = _action(commands, common, "run", "run a command of the team's own (commands in the config)")
    run.add_argument("name", metavar="NAME", help="as the config calls it")
    run.add_argument("id", nargs="?", metavar="ID", help="of the incident or alert that it is about")
    run.add_argument("--json", action="store_true", help="one JSON document, once it has ended")
    silence = _action(commands, common, "silence", "mute an alert in its monitor")
    silence.add_argument("id", metavar="ALERT_ID")
    silence.add_argument("duration", type=_converted(_length), metavar="DURATION", help="30m, 2h, 1d")
    silence.add_argument("--reason", required=True, help="why; the next seat reads it")
    unack = _action(commands, common, "unack", "take an acknowledgement back")
    unack.add_argument("id", metavar="ID")
    reopen = _action(commands, common, "reopen", "open a resolved incident again")
    reopen.add_argument("id", metavar="ID")
    unsilence = _action(commands, common, "unsilence", "end a silence")
    unsilence.add_argument("id", metavar="ID", help="of the silence, or of an alert that it mutes")


def _leading(commands: Any, common: Parser) -> None:
    noise = _action(commands, common, "noise", "say what a page was worth: an incident's, or an alert's")
    noise.add_argument("id", metavar="ID")
    noise.add_argument("judgement", choices=JUDGEMENTS, metavar="WORTH", help=" ".join(JUDGEMENTS))
    noise.add_argument("--why", default="", metavar="TEXT", help="a word on it")
    phase = _action(commands, common, "phase", "say which phase an incident is in, or that it is mitigated")
    phase.add_argument("id", metavar="ID")
    phase.add_argument("phase", choices=PHASES, metavar="PHASE", help=" ".join(PHASES))
    phase.add_argument("--at", metavar="T", help="when it began: 14:32, ISO 8601, or 10m back")
    phase.add_argument("--why", default="", metavar="TEXT", help="a word on it")
    triage = _action(commands, common, "triage", "give an incident its severity by the short form")
    triage.add_argument("id", metavar="ID")
    triage.add_argument("--impact", required=True, choices=IMPACTS, metavar="I", help=" ".join(IMPACTS))
    triage.add_argument("--security", action="store_true", help="a security breach")
    triage.add_argument("--revenue", action="store_true", help="revenue is affected")
    triage.add_argument("--overrule", type=_converted(_severity), metavar="N", help="it is this one, whatever the form")
    triage.add_argument("--why", default="", metavar="TEXT", help="why it is overruled")


def _declaring(commands: Any, common: Parser) -> None:
    declare = _action(commands, common, "declare", "run the response to an incident in all systems")
    declare.add_argument("title", metavar="TITLE", nargs="?", help="left out with --from: as that is called")
    declare.add_argument(
        "--severity", type=_converted(_severity), metavar="N", help="1 to 4; left out: 2, or as --from"
    )
    declare.add_argument("--service", metavar="NAME", help="the pager's service, by name")
    declare.add_argument("--text", metavar="TEXT", help="what is known ('-': from stdin)")
    declare.add_argument("--impact", metavar="TEXT", help="what customers notice: published for Sev1 and Sev2")
    declare.add_argument("--commander", metavar="WHO", help="who commands, by name or mail")
    declare.add_argument("--pager", metavar="NAME", help="the source that takes it")
    declare.add_argument(
        "--from", dest="origin", metavar="ID", help="an alert, a suggestion, or an incident that is there"
    )
    declare.add_argument("--without", action="append", default=[], metavar="STEP", help="leave a step out; repeatable")
    declare.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
    declare.add_argument("--list", action="store_true", help="the latest declarations, step by step")
    declare.add_argument("--retry", nargs=2, metavar=("ID", "STEP"), help="do one step of a declaration again")
    declare.add_argument("--json", action="store_true", help="one JSON document")


def _resolving(commands: Any, common: Parser) -> None:
    due = commands.add_parser("due", parents=[common], help="what is due on open incidents, and which rule says so")
    due.add_argument("ids", nargs="*", metavar="ID", help="of these only")
    due.add_argument("--json", action="store_true", help="one JSON document")
    due.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    resolution = _action(commands, common, "resolution", "an incident's resolution checklist, and its watch")
    resolution.add_argument("id", metavar="ID")
    resolution.add_argument("--tick", action="append", default=[], metavar="ITEM", help="done: its id or number")
    resolution.add_argument("--untick", action="append", default=[], metavar="ITEM", help="not done")
    resolution.add_argument("--watch", action="store_true", help="begin the watch of its service now")
    resolution.add_argument("--note", action="store_true", help="put the checklist on the timeline")
    resolution.add_argument("--json", action="store_true", help="one JSON document")
    resolution.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")


def _looking_into(commands: Any, common: Parser) -> None:
    investigate = commands.add_parser(
        "investigate", parents=[common], help="metrics, log lines and changes in an incident's time, and what follows"
    )
    investigate.add_argument("id", metavar="ID")
    investigate.add_argument(
        "--width", type=int, choices=range(-4, 7), default=0, metavar="N", help="look further around: 1 to 6, less: -4"
    )
    investigate.add_argument("--json", action="store_true", help="one JSON document")
    finding = _action(commands, common, "finding", "note what was seen when an incident was looked into")
    finding.add_argument("id", metavar="ID")
    finding.add_argument("text", metavar="TEXT", help="'-' reads it from standard input")
    finding.add_argument("--at", metavar="T", help="when it happened: 14:32, ISO 8601, or 10m back")
    hypothesis = _action(commands, common, "hypothesis", "note what may be the cause, or what became of that")
    hypothesis.add_argument("id", metavar="ID")
    hypothesis.add_argument("text", metavar="TEXT", help="a new one; for a verdict its number (H1) or words")
    verdict = hypothesis.add_mutually_exclusive_group()
    verdict.add_argument("--confirmed", action="store_true", help="it is so")
    verdict.add_argument("--ruled-out", action="store_true", help="it is not")
    hypothesis.add_argument("--why", default="", metavar="TEXT", help="a word on it")
    root_cause = _action(commands, common, "root-cause", "note what caused an incident")
    root_cause.add_argument("id", metavar="ID")
    root_cause.add_argument("text", metavar="TEXT", help="'-' reads it from standard input")


def _telling(commands: Any, common: Parser) -> None:
    tell = _telling_one(commands, common, "tell", "send a message about an incident through a channel")
    tell.add_argument("text", metavar="TEXT", help="'-' reads it from standard input")
    tell.add_argument("--subject", default="", metavar="S", help="for mail (default: the incident's title)")
    tell.add_argument("--room", metavar="ROOM", help="default: the incident's own room, else the channel's")
    tell.add_argument("--to", action="append", default=[], metavar="MAIL", help="default: whom the config names")
    publish = _telling_one(commands, common, "publish", "publish an incident on a status page, or update it there")
    publish.add_argument("text", metavar="TEXT", help="'-' reads it from standard input")
    publish.add_argument("--status", required=True, choices=PUBLICATION_STATES, metavar="S", help=_STATES)
    publish.add_argument("--title", metavar="T", help="of a new one (default: the incident's)")
    publish.add_argument("--impact", choices=PUBLICATION_IMPACTS, metavar="I", help=" ".join(PUBLICATION_IMPACTS))
    publish.add_argument(
        "--component",
        action="append",
        default=[],
        type=_converted(_component),
        metavar="NAME=STATE",
        help=" ".join(COMPONENT_STATES),
    )
    ticket = _telling_one(commands, common, "ticket", "make a ticket of an incident")
    ticket.add_argument("title", metavar="TITLE")
    ticket.add_argument("--text", default="", metavar="T", help="'-' reads it from standard input")
    ticket.add_argument("--owner", metavar="MAIL", help="who does it")
    ticket.add_argument("--due", type=_converted(_date), metavar="DATE", help="2026-12-24")
    ticket.add_argument("--label", action="append", default=[], metavar="WORD", help="one of its labels")
    room = _telling_one(commands, common, "room", "make the incident's chat room, or find it again")
    room.add_argument("name", nargs="?", metavar="NAME", help="default: inc- and the incident's number")
    room.add_argument("--topic", metavar="T", help="default: the incident's title and link")
    tick = _telling_one(commands, common, "tick", "say that something was done by hand: a call, a bridge")
    tick.add_argument("text", metavar="TEXT", help="a contact's name, or what was done; '-': standard input")


def _telling_one(commands: Any, common: Parser, name: str, help_text: str) -> Parser:
    parser = _action(commands, common, name, help_text)
    parser.add_argument("id", metavar="ID")
    parser.add_argument("channel", metavar="CHANNEL", help="its name in the config (channels)")
    return parser


def _looking(commands: Any, common: Parser) -> None:
    search = commands.add_parser("search", parents=[common], help="search everything that the seat has seen")
    search.add_argument("words", nargs="*", metavar="WORDS", help="each may be the beginning of a word")
    search.add_argument("--like", metavar="ID", help="instead: the earlier incidents of this one's kind")
    search.add_argument("--limit", type=_converted(_count), default=50, metavar="N", help="default 50")
    search.add_argument("--json", action="store_true", help="one JSON document")
    found = commands.add_parser("suggestions", parents=[common], help="incidents that alerts without one suggest")
    found.add_argument("--json", action="store_true", help="one JSON document, with those dismissed")
    found.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    found.add_argument("do", nargs="?", choices=("dismiss", "restore"), metavar="dismiss|restore")
    found.add_argument("id", nargs="?", metavar="ID", help="of the suggestion, as the list shows it")


def _rest(commands: Any, common: Parser) -> None:
    outbox = commands.add_parser("outbox", parents=[common], help="the queue of actions")
    outbox.add_argument("--json", action="store_true", help="one JSON document")
    outbox.add_argument(
        "--timeout", type=_converted(_seconds), default=20.0, metavar="20s", help="how long to wait for the answer"
    )
    outbox.add_argument(
        "do", nargs="?", choices=("retry", "cancel", "note", "flush"), metavar="retry|cancel|note|flush"
    )
    outbox.add_argument("key", nargs="?", metavar="KEY", help="of the action, as the queue shows it")
    handover = commands.add_parser("handover", parents=[common], help="the handover of the shift")
    handover.add_argument("--since", metavar="T", help="default: the current shift's start")
    handover.add_argument("--until", metavar="T", help="default: now")
    handover.add_argument("--format", choices=("md", "html", "json"), help="default md")
    handover.add_argument("--output", type=Path, metavar="FILE", help="write it there (default: standard output)")
    handover.add_argument("--overwrite", action="store_true", help="FILE may be replaced")
    handover.add_argument("--note", action="append", metavar="TEXT", help="first add a line for the next seat")
    handover.add_argument("--item", action="append", metavar="TEXT", help="first add an action item")
    handover.add_argument("--text", metavar="TEXT", help="first keep this as its text; '-': standard input")
    handover.add_argument("--discard", action="store_const", const=True, help="first discard what was added by hand")
    handover.add_argument(
        "--accept",
        nargs="?",
        const="",
        metavar="FILE",
        help="take over: read the handover in FILE ('-': standard input; left out: what is kept here), tell the others",
    )
    handover.add_argument(
        "--receipt", metavar="WHERE", help="of --accept: a channel, notes (on what is open), none (default: the first)"
    )
    handover.add_argument("--previous", action="store_true", help="show the handover before this shift, as it is kept")
    handover.add_argument("--send", metavar="CHANNEL", help="send it there instead of printing it; exits as an action")
    handover.add_argument(
        "--timeout", type=_converted(_seconds), default=20.0, metavar="20s", help="how long --send waits for the answer"
    )
    handover.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    _postmortem(commands, common)
    _backfill(commands, common)
    metrics = commands.add_parser("metrics", parents=[common], help="the figures, beside those of the period before")
    metrics.add_argument("--since", metavar="T", help="default: 7d back; 14d by day, 8 weeks by week, 180d by month")
    metrics.add_argument("--until", metavar="T", help="default: now")
    metrics.add_argument("--by", choices=GROUPS, metavar="WHAT", help=" ".join(GROUPS))
    form = metrics.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="a table for a spreadsheet")
    metrics.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    schedule = commands.add_parser("schedule", parents=[common], help="who is on call in the days ahead")
    schedule.add_argument("--days", type=_converted(_days), default=14, metavar="N", help="default 14")
    schedule.add_argument("--json", action="store_true", help="one JSON document")
    schedule.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    cover = _action(commands, common, "cover", "have somebody stand in for you on the schedule")
    cover.add_argument("who", metavar="WHO", help="name, mail or id; 'me'")
    cover.add_argument("--from", dest="since", metavar="T", help="18:00, 4h on, ISO 8601 (default: your next turn's)")
    cover.add_argument("--until", metavar="T", help="18:00, 4h after it begins, ISO 8601 (default: your turn's)")
    cover.add_argument("--team", metavar="NAME", help="of this team (default: where your next turn is)")
    cover.add_argument("--level", type=_converted(_level), metavar="N", help="of this level")
    cover.add_argument("--schedule", metavar="NAME", help="this schedule")
    cover.add_argument("--preview", action="store_true", help="say what would change, and change nothing")
    checklist = commands.add_parser("checklist", parents=[common], help="run what can be checked, list the rest")
    checklist.add_argument("name", nargs="?", metavar="NAME", help="before-shift, after-shift, one of your own")
    checklist.add_argument("--tick", action="append", default=[], metavar="ITEM", help="say that it is done")
    checklist.add_argument("--untick", action="append", default=[], metavar="ITEM", help="say that it is not")
    checklist.add_argument("--json", action="store_true", help="one JSON document")
    roles = commands.add_parser("roles", parents=[common], help="who owes what, who is paged after whom")
    roles.add_argument("--team", metavar="NAME", help="of this team only")
    roles.add_argument("--json", action="store_true", help="one JSON document")
    roles.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
    config = commands.add_parser("config", parents=[common], help="the effective config, secrets masked")
    what = config.add_mutually_exclusive_group()
    what.add_argument("--schema", action="store_true", help="the JSON schema of the config file")
    what.add_argument("--show", action="store_true", help="the effective config (default)")


def _backfill(commands: Any, common: Parser) -> None:
    backfill = commands.add_parser(
        "backfill", parents=[common], help="read the pagers' history: for metrics and 'seen before'"
    )
    back = backfill.add_mutually_exclusive_group()
    back.add_argument(
        "--days", type=_converted(_backfill_days), metavar="N", help="so far back (default 90; 730 at most)"
    )
    back.add_argument("--since", metavar="T", help="back to then")
    backfill.add_argument("--source", action="append", metavar="NAME", help="of this source (default: all that can)")
    backfill.add_argument("--json", action="store_true", help="one JSON document at the end")


def _postmortem(commands: Any, common: Parser) -> None:
    postmortem = _action(commands, common, "postmortem", "an incident's post-mortem, and its action items")
    postmortem.usage = "%(prog)s [options] [ID]"
    postmortem.add_argument("id", nargs="?", metavar="ID")
    postmortem.add_argument("--format", choices=("md", "html", "json"), help="default md")
    postmortem.add_argument("--output", type=Path, metavar="FILE", help="write it there (default: standard output)")
    postmortem.add_argument("--overwrite", action="store_true", help="FILE may be replaced")
    does = postmortem.add_mutually_exclusive_group()
    does.add_argument("--owed", action="store_true", help="instead: which are owed, until when")
    does.add_argument("--text", metavar="TEXT", help="keep this as its text; '-' reads it from standard input")
    does.add_argument("--discard", action="store_true", help="back to the draft that writes itself")
    does.add_argument("--send", metavar="CHANNEL", help="send it there; exits as an action")
    does.add_argument("--done", nargs="?", const="", metavar="WHERE", help="it is written, there")
    does.add_argument("--item", metavar="TEXT", help="one more action item: 'fix it (owner: Bob, due: 2026-12-24)'")
    does.add_argument("--item-done", metavar="ITEM", help="it is done: its number, its ticket, how it begins")
    does.add_argument("--tickets", metavar="CHANNEL", help="a ticket for each action item that has none")
    postmortem.add_argument("--cached", action="store_true", help="from what the cache holds; ask nobody")
