"""The Jira source and the Jira channel, Cloud and Data Center, through the kit."""

from __future__ import annotations

from typing import Any, cast

from oncall_tui.demo.jira import TOKEN, JiraSim, make, stanzas
from oncall_tui.demo.wire import Simulator
from oncall_tui.testkit import ChannelConformance, SourceConformance, Subject, subject_of_stanza
from oncall_tui.testkit.subject import BASE_URL, Clock

CLOUD = stanzas(f"{BASE_URL}/jira")


def server(section: str) -> dict[str, Any]:
    return {name: value for name, value in CLOUD[section][0].items() if name != "email"}


def data_center(clock: Clock) -> JiraSim:
    return JiraSim(clock, 7, deployment="Data Center")


def writes(simulator: Simulator) -> int:
    return len(cast(JiraSim, simulator).writes)


class TestJira(SourceConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(CLOUD["sources"][0], lambda clock: make(clock, 7), writes, secret=TOKEN)


class TestJiraDataCenter(SourceConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(server("sources"), data_center, writes, secret=TOKEN)


class TestJiraChannel(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(
            CLOUD["channels"][0], lambda clock: make(clock, 7), writes, section="channels", secret=TOKEN
        )


class TestJiraDataCenterChannel(ChannelConformance):
    def subject(self) -> Subject:
        return subject_of_stanza(server("channels"), data_center, writes, section="channels", secret=TOKEN)
