"""The form of what a channel is to do about an incident: filled in from what is known, kept as it is typed, with whom
it reaches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, TextArea

from oncall_tui.board import Board, IncidentRow
from oncall_tui.board.led import Led
from oncall_tui.model import Verb
from oncall_tui.text import clean_block, wrap
from screens.dialogs.frame import Block, Dialog, Key, Part
from screens.dialogs.note import NoteEditor
from screens.dialogs.note_text import MAX_NOTE
from screens.dialogs.targets import target_lines
from screens.dialogs.tell_fields import ChoiceLine, Component, ComponentList, LabelledLine
from screens.requests import (
    ComponentsWanted,
    DraftDropped,
    DraftSaved,
    DraftWanted,
    EditorWanted,
    QuestionFailed,
    Target,
    ask,
)
from screens.telling import Filled, Form, Proposed, Way, form_of, named, params_of, reached
from widgets.lines import Span, Words
from widgets.theme import look_of

_DOES = {
    Verb.ROOM: "make it",
    Verb.TOPIC: "set it",
    Verb.UPDATE_MESSAGE: "change it",
    Verb.PUBLISH: "publish",
    Verb.PUBLISH_UPDATE: "publish",
    Verb.TICKET: "make it",
    Verb.TICK: "tick",
}
_TYPED_FIRST = frozenset({Verb.ROOM, Verb.TOPIC, Verb.TICKET})
"""Of these the first line is what matters; of the others the text."""


class TellDialog(Dialog):
    """``enter`` gives the params of the way's verb. ``esc`` leaves; the draft is kept."""

    DEFAULT_CSS = """
    TellDialog TextArea { border: none; padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "field(1)", show=False, priority=True),
        Binding("shift+tab", "field(-1)", show=False, priority=True),
        Binding("ctrl+o", "editor", show=False, priority=True),
        Binding("enter", "send", show=False),
    ]

    def __init__(self, way: Way, target: Target, board: Board, led: Led | None = None) -> None:
        super().__init__(f"{named(way.channel)}: {way.does}", board)
        assert isinstance(target.row, IncidentRow), "only incidents are told about"
        self.way = way
        self.target = target
        self.form: Form = form_of(way, target.row.incident, board, led)
        self._begun: Filled | None = None
        """The form as it was filled in by us."""
        self._kept: Filled | None = None
        """As it was last kept; ``None`` while the kept one is not here yet, so that nothing overwrites it."""
        self._states: dict[str, str] = {}
        """Of components that are not listed yet."""

    @property
    def draft_key(self) -> str:
        """Under which the draft is kept."""
        return f"tell:{self.target.id}:{self.way.draft_part}"

    # -- parts -----------------------------------------------------------------------------------------------

    def compose_parts(self) -> ComposeResult:
        """The incident, the lines, the choices, the components, the text, whom it reaches."""
        yield Block(id="targets")
        for line in self.form.lines:
            yield LabelledLine(line)
        for choice in self.form.choices:
            yield ChoiceLine(choice)
        if self.form.components:
            yield ComponentList()
        if self.form.text is not None:
            yield NoteEditor(compact=True, highlight_cursor_line=False, placeholder=self.form.placeholder)
        yield Block(id="reach")

    def on_mount(self) -> None:
        """Filled in; then the kept draft comes back, and the components are asked for."""
        self.query_one("#frame").border_subtitle = Content("the draft is kept as you type")
        if self.editor is not None:
            self.editor.cursor_blink = False
            self._put_text(self.form.text or "")
        first = self.fields[0] if self.way.verb in _TYPED_FIRST or self.editor is None else self.editor
        if not self.way.where and self.way.verb is Verb.MESSAGE:
            first = self.fields[0]
        first.focus()
        self._begun = self.filled
        self.run_worker(self._bring_draft(), exit_on_error=False)
        if self.form.components:
            self.run_worker(self._list_components(), exit_on_error=False)

    @property
    def editor(self) -> NoteEditor | None:
        """Where the text is typed, if there is one."""
        found = self.query(NoteEditor)
        return found.first() if found else None

    @property
    def fields(self) -> list[Widget]:
        """What takes the keys, in the order of ``tab``."""
        kinds = (Input, ChoiceLine, ComponentList, NoteEditor)
        return [one for kind in kinds for one in self.query(kind) if not isinstance(one, ComponentList) or one.rows]

    def parts(self, cells: int) -> Sequence[Part]:
        """The incident's facts give way first, then text and components."""
        told = len(self._targets(cells))
        reach = len(self._reach(cells))
        found = [Part(self.query_one("#targets"), told, 1)]
        components = self.query(ComponentList)
        if components:
            rows = len(components.first().rows)
            found.append(Part(components.first(), min(5, rows), min(1, rows)))
        if self.editor is not None:
            begun = (self.form.text or "").count("\n") + 1
            want = 3 if self.way.verb is Verb.TICK else max(6, min(12, begun + 3))
            found.append(Part(self.editor, want, 1 if self.form.choices else 2))
        found.append(Part(self.query_one("#reach"), reach, 1))
        found += [Part(one, 1) for one in (*self.query(LabelledLine), *self.query(ChoiceLine))]
        return found

    def keys(self) -> Sequence[Key]:
        """What can be done with it."""
        found: list[Key] = [("enter", _DOES.get(self.way.verb, "send"))]
        if self.form.text is not None:
            found += [("ctrl+j", "new line"), ("ctrl+o", "$EDITOR")]
        if len(self.form.lines) + len(self.form.choices) + (self.form.text is not None) > 1:
            found.append(("tab", "next"))
        if self.form.choices:
            found.append(("space", "choose"))
        return (*found, ("esc", "leave"))

    def draw(self) -> None:
        """The incident, and whom it reaches."""
        self.query_one("#targets", Block).show(self._targets(self.inner))
        self._draw_reach()

    def _targets(self, cells: int) -> list[Words]:
        return target_lines((self.target,), self.first_board, cells, look_of(self).signs)

    def _draw_reach(self) -> None:
        self.query_one("#reach", Block).show(self._reach(self.inner))

    def _reach(self, cells: int) -> list[Words]:
        whom = reached(self.way, self.filled.lines)
        told = wrap(whom if self.way.verb is Verb.TICK else f"reaches {whom}", cells)
        lines: list[Words] = [(Span(line, "strong"),) for line in told[:2]]
        if self.way.due is not None:
            lines += [(Span(line, "dim"),) for line in wrap(self.way.due.rule, cells)[:2]]
        elif self.way.note:
            lines.append((Span(self.way.note, "dim"),))
        return lines

    # -- what is filled in -----------------------------------------------------------------------------------

    @property
    def filled(self) -> Filled:
        """The form as it is now."""
        editor, components = self.editor, self.query(ComponentList)
        listed = components.first() if components else None
        return Filled(
            lines={one.line.name: one.field.value for one in self.query(LabelledLine)},
            choices={one.choice.name: one.value for one in self.query(ChoiceLine)},
            components=listed.told if listed is not None and listed.rows else dict(self._states),
            text=editor.text if editor is not None else "",
        )

    def _fill(self, filled: Filled) -> None:
        for line in self.query(LabelledLine):
            line.field.value = filled.lines.get(line.line.name, line.field.value)
            line.field.cursor_position = len(line.field.value)
        for choice in self.query(ChoiceLine):
            choice.put(filled.choices.get(choice.choice.name, choice.value))
        self._states = dict(filled.components)
        for components in self.query(ComponentList):
            components.put(self._states)
        self._put_text(filled.text)

    def _put_text(self, text: str) -> None:
        editor = self.editor
        if editor is not None:
            editor.text = clean_block(text, MAX_NOTE)
            editor.move_cursor(editor.document.end)

    async def _list_components(self) -> None:
        try:
            names = await ask(self, ComponentsWanted(self.way.channel.name))
        except QuestionFailed as reason:
            self.say(str(reason))
            return
        self._propose(names or ())
        rows = tuple(Component(name, self._states.get(name)) for name in names or ())
        self.query_one(ComponentList).show(rows)
        self.fit()

    @property
    def _proposed(self) -> Proposed | None:
        """What the chosen status proposes; ``None``: it is no publication, or nothing is known of its phase."""
        status = next((one.value for one in self.query(ChoiceLine) if one.choice.name == "status"), None)
        return self.form.proposals.get(status or "")

    def _proposed_states(self, names: Sequence[str]) -> dict[str, str]:
        """What the chosen status proposes to tell of these components: of those that are named as the service."""
        proposed = self._proposed
        return self._states_of(proposed, names) if proposed is not None else {}

    def _follow_status(self) -> None:
        """With another status, what was proposed and not touched is what that one proposes."""
        proposed, editor = self._proposed, self.editor
        if proposed is None or editor is None:
            return
        if editor.text in {one.text for one in self.form.proposals.values()}:
            self._put_text(proposed.text)
        for listed in self.query(ComponentList):
            names = [row.name for row in listed.rows]
            if listed.told in [self._states_of(one, names) for one in self.form.proposals.values()]:
                listed.put(self._states_of(proposed, names))

    @staticmethod
    def _states_of(proposed: Proposed, names: Sequence[str]) -> dict[str, str]:
        return {name: state for name in names for part, state in proposed.states.items() if part in name.casefold()}

    def _propose(self, names: Sequence[str]) -> None:
        """What the form proposes to tell of components, as long as nobody has touched it."""
        if self._begun is None or self._kept not in (None, self._begun) or self.filled != self._begun:
            return
        self._states |= self._proposed_states(names)
        self._begun = replace(self._begun, components=dict(self._states))
        if self._kept is not None:
            self._kept = self._begun

    # -- draft -----------------------------------------------------------------------------------------------

    async def _bring_draft(self) -> None:
        try:
            draft = await ask(self, DraftWanted(self.draft_key))
        except QuestionFailed as reason:
            self.say(f"no draft: {reason}")
            draft = None
        kept = read_draft(draft.text) if draft is not None else None
        untouched = self.filled == self._begun
        self._kept = kept or self._begun
        if kept is not None and untouched:
            self._fill(kept)
            self.draw()
        else:
            self._keep()

    def _keep(self) -> None:
        filled = self.filled
        if self._kept is None or filled == self._kept:
            return
        self._kept = filled
        kept = filled != self._begun
        self.post_message(DraftSaved(self.draft_key, write_draft(filled)) if kept else DraftDropped(self.draft_key))

    # -- typing ----------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._read()
        self._keep()
        self._draw_reach()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """The text has changed."""
        event.stop()
        self._changed()

    def typed(self, field: Input) -> None:
        """A line has changed."""
        self._changed()

    def on_choice_line_changed(self, event: ChoiceLine.Changed) -> None:
        """Another word was chosen."""
        event.stop()
        self._follow_status()
        self._changed()

    def on_component_list_changed(self, event: ComponentList.Changed) -> None:
        """Something else is told of a component."""
        event.stop()
        self._changed()

    def action_field(self, step: int) -> None:
        """To the next field."""
        fields = self.fields
        here = next((number for number, one in enumerate(fields) if one.has_focus), 0)
        fields[(here + step) % len(fields)].focus()

    def action_editor(self) -> None:
        """Go on with the text in ``$EDITOR``."""
        if self.editor is not None:
            self.run_worker(self._edit(self.editor), exclusive=True, group="editor", exit_on_error=False)

    async def _edit(self, editor: NoteEditor) -> None:
        try:
            edited = await ask(self, EditorWanted(editor.text, ".txt"))
        except QuestionFailed as reason:
            self.say(str(reason))
            return
        self.hold()
        if edited is not None:
            self._put_text(edited)

    def on_note_editor_pasted(self, event: NoteEditor.Pasted) -> None:
        """What follows a paste at once belongs to it."""
        event.stop()
        self.hold()

    def on_note_editor_ended(self, event: NoteEditor.Ended) -> None:
        """Send it."""
        event.stop()
        self.submit()

    def on_choices_chosen(self, event: ComponentList.Chosen) -> None:
        """``enter`` on a component is the form's."""
        event.stop()
        self.submit()

    def action_send(self) -> None:
        """``enter`` on a choice is the form's."""
        self.submit()

    def submit(self) -> None:
        """Send it, once it is whole."""
        params = params_of(self.way, self.filled)
        if isinstance(params, str):
            self.say(params)
        else:
            self.finish(params)


def write_draft(filled: Filled) -> str:
    """A form as it is kept."""
    kept = {"lines": filled.lines, "choices": filled.choices, "components": filled.components, "text": filled.text}
    return json.dumps(kept, ensure_ascii=False)


def read_draft(text: str) -> Filled | None:
    """The form that was kept, or ``None`` where it cannot be read."""
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(kept, dict):
        return None
    return Filled(
        lines=_texts(kept.get("lines")),
        choices={**_texts(kept.get("choices")), **_unset(kept.get("choices"))},
        components=_texts(kept.get("components")),
        text=kept["text"] if isinstance(kept.get("text"), str) else "",
    )


def _texts(kept: Any) -> dict[str, str]:
    given: Mapping[Any, Any] = kept if isinstance(kept, dict) else {}
    return {name: value for name, value in given.items() if isinstance(name, str) and isinstance(value, str)}


def _unset(kept: Any) -> dict[str, None]:
    given: Mapping[Any, Any] = kept if isinstance(kept, dict) else {}
    return {name: None for name, value in given.items() if isinstance(name, str) and value is None}
