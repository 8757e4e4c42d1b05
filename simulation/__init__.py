"""Seeded people and time, for demo, load and chaos; they go through the gateway like everybody."""
