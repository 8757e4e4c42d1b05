"""The built wheel holds every module and every data file, and runs without the checkout."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOT_SHIPPED = {"tests", "benchmarks", "docs", "requirements", "build", "dist"}
DATA = {".sql", ".toml", ".csv", ".jinja"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(target.glob("*.whl"))


def shipped_sources() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    folders = {p.parent.name for p in ROOT.glob("*/__init__.py")} - NOT_SHIPPED
    assert set(packages) == folders, "a package is missing in pyproject.toml, or has gone"
    return {
        str(path.relative_to(ROOT))
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", *DATA}
    }


class TestWheel:
    def test_holds_every_module_and_data_file(self, wheel: Path) -> None:
        names = set(zipfile.ZipFile(wheel).namelist())
        sources = shipped_sources()
        assert any(name.endswith(".sql") for name in sources)
        assert any(name.endswith(".toml") for name in sources)
        assert sources <= names, sorted(sources - names)

    def test_holds_no_tests(self, wheel: Path) -> None:
        names = zipfile.ZipFile(wheel).namelist()
        assert not [n for n in names if n.split("/")[0] in NOT_SHIPPED]

    def test_runs_from_anywhere(self, wheel: Path, tmp_path: Path) -> None:
        zipfile.ZipFile(wheel).extractall(tmp_path)
        code = (
            "import domain.definition, domain.process, domain.working_calendar, storage.query as q, cli.main;"
            "domain.definition.shape(domain.process.MONTHLY); domain.working_calendar.load();"
            "[q.queries(n) for n in q.NAMES];"
            "print(domain.process.__file__)"
        )
        environment = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip().startswith(str(tmp_path))
