"""The processes: composition root, life cycle, schedules."""
