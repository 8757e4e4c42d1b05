"""The siklus command."""
