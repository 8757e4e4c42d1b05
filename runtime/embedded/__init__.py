"""Start, watch and stop everything Siklus needs on one machine."""
