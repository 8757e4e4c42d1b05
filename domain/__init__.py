"""The rules of Siklus: pure functions over frozen data; no clock, no input or output."""
