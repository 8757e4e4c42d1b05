"""Seeds that failed once: kept in a file, and played first ever after."""

from pathlib import Path

from pydantic import TypeAdapter

from tests.year.play import Plan

FILE = Path(__file__).with_name("failing_seeds.json")


def read(path: Path = FILE) -> list[Plan]:
    """The plans that failed, the oldest first."""
    return TypeAdapter(list[Plan]).validate_json(path.read_text())


def keep(plan: Plan, path: Path = FILE) -> None:
    """Add a plan that failed, once."""
    kept = read(path)
    if plan not in kept:
        rows = TypeAdapter(list[Plan]).dump_json([*kept, plan], indent=1)
        path.write_bytes(rows + b"\n")
