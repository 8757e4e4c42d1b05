"""Migrations: forward only, linted, and never changed once released."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

MIGRATIONS = Path(__file__).parents[2] / "storage" / "migrations"
RELEASED = Path(__file__).with_name("released_migrations.json")
# Tables are new or small: the rules about concurrent indexes and rewriting big tables do not
# apply (dbmate's lock would deadlock with CONCURRENTLY); identity and text columns are our style.
NOT_OURS = (
    "require-concurrent-index-creation",
    "prefer-robust-stmts",
    "require-timeout-settings",
    "prefer-bigint-over-int",
)


class TestMigration:
    def test_a_released_file_never_changes(self) -> None:
        released = json.loads(RELEASED.read_text())
        now = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in MIGRATIONS.glob("*.sql")}
        assert released == {name: now.get(name) for name in released}

    def test_limits_locks_and_statements(self) -> None:
        for path in MIGRATIONS.glob("*.sql"):
            text = path.read_text()
            assert "SET lock_timeout" in text, path.name
            assert "SET statement_timeout" in text, path.name
            assert "CONCURRENTLY" not in text.upper(), path.name

    def test_passes_the_linter(self) -> None:
        squawk = Path(sys.executable).parent / "squawk"
        done = subprocess.run(
            [squawk, f"--exclude={','.join(NOT_OURS)}", *sorted(MIGRATIONS.glob("*.sql"))],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
