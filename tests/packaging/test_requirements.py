"""The locks pin what pyproject.toml asks for, with hashes and without an index address."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock.txt"))
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;\\]+)", re.IGNORECASE | re.MULTILINE)


def wanted() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    return dict(PIN.findall("\n".join([*project["dependencies"], *(x for e in extras for x in e)])))


class TestLock:
    def test_there_are_locks(self) -> None:
        assert {p.name for p in LOCKS} == {
            "build.lock.txt",
            "dev.lock.txt",
            "image.lock.txt",
            "runtime.lock.txt",
        }

    @pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
    def test_names_no_address(self, lock: Path) -> None:
        assert "://" not in lock.read_text()

    @pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
    def test_every_pin_has_a_hash(self, lock: Path) -> None:
        blocks = re.split(r"(?m)^(?=[a-z0-9])", lock.read_text())
        pins = [b for b in blocks if PIN.match(b)]
        assert pins
        assert not [b.splitlines()[0] for b in pins if "--hash=sha256:" not in b]

    def test_agrees_with_the_project(self) -> None:
        locked = dict(PIN.findall((ROOT / "requirements" / "dev.lock.txt").read_text()))
        asked = wanted()
        assert len(asked) > 20
        assert asked == {name: locked.get(name) for name in asked}
