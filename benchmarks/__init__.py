"""What the person at the terminal gets: bytes, milliseconds, memory, through a real pseudo-terminal.

``python -m benchmarks`` measures and prints a table; ``docs/benchmarks.md`` explains it.
"""
