"""The locks pin what pyproject.toml asks for, with hashes and without an index address."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock.txt"))
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^\]]+\])?==([^\s;\\]+)", re.IGNORECASE | re.MULTILINE)


def wanted() -> tuple[dict[str, str], dict[str, str]]:
    """What the dev lock has to pin, and what the mutation lock has to add to it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    mutation = extras.pop("mutation")
    asked = [*project["dependencies"], *(x for e in extras.values() for x in e)]
    return dict(PIN.findall("\n".join(asked))), dict(PIN.findall("\n".join(mutation)))


def locked(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{name}.lock.txt").read_text()))


class TestLock:
    def test_there_are_locks(self) -> None:
        names = ("build", "dev", "image", "mutation", "runtime")
        assert [p.name for p in LOCKS] == [f"{name}.lock.txt" for name in names]

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
        dev, mutation = wanted()
        assert len(dev) > 20
        assert mutation
        assert dev == {name: locked("dev").get(name) for name in dev}
        assert mutation == {name: locked("mutation").get(name) for name in mutation}

    def test_the_mutation_lock_installs_on_top(self) -> None:
        dev, on_top = locked("dev"), locked("mutation")
        both = dev.keys() & on_top.keys()
        assert both
        assert {name: dev[name] for name in both} == {name: on_top[name] for name in both}
