"""What Opsgenie and its successor, Jira Service Management Operations, have in common.

Both know alerts (each of which is a page), notes, a log, schedules and escalations, and both take a write first and
do it later. Their paths, fields and ids differ: :class:`~oncall_tui.sources.genie.api.Api` is what each of the two
tells in its own way; everything here works on what it gives.
"""
