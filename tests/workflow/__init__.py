"""Workflows on the time-skipping server, at real durations."""
