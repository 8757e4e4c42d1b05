"""Tests that kill processes of a real stack."""
