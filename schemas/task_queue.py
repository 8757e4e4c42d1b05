"""Task queues, by name."""

CYCLE = "cycle"
