"""Postgres: named queries, migrations, repositories, read models."""
