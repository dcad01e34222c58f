"""The page of the walk shows the pictures that are there, all of them, in order."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_shows_every_picture_of_the_walk_in_order() -> None:
    page = (DOCS / "walk-through.md").read_text()
    shown = re.findall(r"\]\(pictures/walk/([^)]+)\)", page)
    assert shown == sorted(file.name for file in (DOCS / "pictures/walk").glob("*.svg"))
    assert [int(name[:2]) for name in shown] == list(range(1, len(shown) + 1)) and len(shown) >= 12
