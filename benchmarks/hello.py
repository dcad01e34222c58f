"""The smallest Textual app: what no Textual program starts faster than."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Hello(App[None]):
    """One line of text."""

    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012  # as Textual's own examples have it

    def compose(self) -> ComposeResult:
        """One widget."""
        yield Static("hello world")


if __name__ == "__main__":
    Hello().run()
