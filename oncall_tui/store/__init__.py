"""The only SQL in the house: facts, outbox, audit and drafts in one SQLite file."""

from oncall_tui.store.errors import StoreError
from oncall_tui.store.store import Store

__all__ = ["Store", "StoreError"]
