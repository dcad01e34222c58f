"""The test kit that every source and channel is run through, ours and third parties'.

A package that brings a source writes in its tests::

    from oncall_tui.testkit import SourceConformance, Subject

    class TestMine(SourceConformance):
        def subject(self) -> Subject:
            ...

and pytest collects what is promised in ``docs/third-parties.md``: sound facts, every failure one
:class:`~oncall_tui.sources.base.SourceError`, nothing that disappears, no action that is doubled or said to be done
when it is not.
"""

from oncall_tui.testkit.conformance import ChannelConformance, SourceConformance
from oncall_tui.testkit.subject import Bench, HandClock, Subject, subject_of_stanza
from oncall_tui.testkit.troubles import TROUBLES, Effect, Named

__all__ = [
    "TROUBLES",
    "Bench",
    "ChannelConformance",
    "Effect",
    "HandClock",
    "Named",
    "SourceConformance",
    "Subject",
    "subject_of_stanza",
]
