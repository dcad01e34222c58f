"""A simulated company behind the same HTTP APIs as the real systems: :class:`~oncall_tui.demo.world.World`."""
