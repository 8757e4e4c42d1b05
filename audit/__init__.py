"""The check of the whole record against its invariants."""
