"""The compose file follows the Compose specification, and says nothing that is not there."""

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
from compose_spec import PyOptions

from runtime.settings import known_variables

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "docker-compose.yml").read_text()
OURS = ("migrate", "bootstrap", "worker", "cli")


def parsed(source=SOURCE):
    options = PyOptions()
    options.apply_merge = True
    compose = options.from_yaml(source)
    compose.validate()
    return compose.to_dict()


COMPOSE = parsed()
SERVICES = COMPOSE["services"]


def test_a_word_the_specification_does_not_know_is_refused():
    with pytest.raises(ValueError, match="read_olny"):
        parsed(SOURCE.replace("read_only:", "read_olny:", 1))


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_is_there_and_can_say_so(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        is_healthy = how["condition"] == "service_healthy"
        assert is_healthy == ("healthcheck" in SERVICES[other])
        if not is_healthy:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "on-failure"


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_and_nothing_is_open_to_the_world(name):
    image = SERVICES[name]["image"]
    assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)?$", image), image
    for port in SERVICES[name].get("ports", []):
        assert "127.0.0.1" in str(port)


@pytest.mark.parametrize("name", OURS)
def test_our_containers_write_nowhere_and_may_nothing(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    variables = set(service["environment"]) | {s["target"] for s in service["secrets"]}
    assert variables <= known_variables()


def test_only_the_migration_knows_the_owner():
    knowing = {
        name
        for name in OURS
        if any(secret["source"] == "owner_url" for secret in SERVICES[name]["secrets"])
    }
    assert knowing == {"migrate"}


def test_no_secret_stands_in_the_file_or_in_a_variable():
    for service in SERVICES.values():
        for name, value in dict(service.get("environment") or {}).items():
            assert "PASSWORD" not in name or name.endswith("_FILE") or value.startswith("--")
            assert "@" not in str(value)


def test_files_that_are_mounted_are_there():
    mounted = re.findall(r"\./(deploy/[^:\s\"]+)", SOURCE)
    assert mounted
    for path in mounted:
        if path.startswith("deploy/secrets/"):
            assert f'"secrets/${{name}}_{path.rsplit("_")[-1]}"' in SECRETS
        else:
            assert (ROOT / path).exists(), path


SECRETS = (ROOT / "deploy" / "secrets.sh").read_text()


def test_the_secrets_are_made_once_and_fit_each_other(tmp_path):
    script = tmp_path / "secrets.sh"
    script.write_text(SECRETS)
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    made = {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()}
    wanted = {Path(s["file"]).name for s in COMPOSE["secrets"].values()}
    assert wanted <= set(made)
    assert made["worker_password"] in made["worker_url"]
    assert len({made[n] for n in made if n.endswith("_password")}) == 5
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert {p.name: p.read_text() for p in (tmp_path / "secrets").iterdir()} == made


def test_the_image_is_that_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {SERVICES[name]["image"] for name in OURS} == {f"siklus:{version}"}


def test_the_image_takes_all_rooms_of_the_wheel():
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) | {"requirements", "pyproject.toml", "README.md", "LICENSE"} == allowed


def test_the_image_runs_as_nobody_in_particular():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001"]
    assert all(
        "--require-hashes" in line for line in lines if "install" in line and ".lock.txt" in line
    )


@pytest.mark.parametrize("script", sorted((ROOT / "deploy").rglob("*.sh")), ids=lambda p: p.name)
def test_scripts_can_be_run_and_read(script):
    assert stat.S_IMODE(script.stat().st_mode) & 0o111
    subprocess.run(["sh", "-n", str(script)], check=True, env={"PATH": os.defpath})


def test_every_setting_is_documented():
    manual = (ROOT / "docs" / "deployment.md").read_text()
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", manual, re.MULTILINE))
    assert documented == known_variables()
