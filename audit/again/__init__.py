"""Deciding the whole record again, quickly: what ``siklus recompute`` runs."""
