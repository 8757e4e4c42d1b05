"""Every command teaches its use, and the manual leaves none of them out."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli.act_help import act_help, by_whom
from cli.answer import show_unavailable
from cli.example import EXAMPLES
from cli.main import app
from cli.output import Exit
from cli.person import acting
from cli.status import without_password
from gateway.answer import Unavailable
from runtime.addresses import DatabaseAccess
from schemas.code import Act, Capacity

MANUAL = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def commands(command: Any = None, path: str = "siklus") -> Iterator[tuple[str, Any]]:
    command = command or get_command(app)
    below = getattr(command, "commands", {})
    if not below:
        yield path, command
    for name, each in below.items():
        yield from commands(each, f"{path} {name}")


COMMANDS = dict(commands())


def section(path: str) -> str:
    """What the manual says of a command, up to the next heading."""
    found = re.search(rf"^### `{path}\b.*?(?=^##|\Z)", MANUAL, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/commands.md has no heading for {path}"
    return found[0]


class TestCommands:
    @pytest.mark.parametrize("path", COMMANDS)
    def test_help_shows_an_example(self, path: str) -> None:
        said = re.sub(r"\s+", " ", COMMANDS[path].help or "")
        assert path in said

    @pytest.mark.parametrize("path", COMMANDS)
    def test_the_manual_names_every_option(self, path: str) -> None:
        said = section(path)
        for parameter in COMMANDS[path].params:
            name = next((o for o in parameter.opts if o.startswith("--")), None)
            assert name is None or f"`{name}" in said, f"{path} {name}"

    @pytest.mark.parametrize("path", COMMANDS)
    def test_the_manual_shows_an_example(self, path: str) -> None:
        assert re.search(rf"^ *(\w+=\S+ )?{path}\b", section(path), re.MULTILINE)

    def test_the_manual_knows_no_other_command(self) -> None:
        assert set(re.findall(r"^### `(siklus [a-z ]*[a-z])", MANUAL, re.MULTILINE)) == set(
            COMMANDS
        )

    @pytest.mark.parametrize("code", Exit)
    def test_the_manual_explains_every_exit_code(self, code: Exit) -> None:
        assert re.search(rf"^\| {code.value} \| \w", MANUAL, re.MULTILINE)


@pytest.fixture
def say(monkeypatch):
    """Run a command line in this process, as far as it comes without a stack."""

    def leave(code: int) -> NoReturn:
        raise SystemExit(code)

    monkeypatch.setattr("cli.output.leave", leave)
    monkeypatch.setenv("SIKLUS_DATA", "/nonexistent")
    return lambda *line: CliRunner().invoke(app, [str(word) for word in line])


class TestUsage:
    """What is wrong with a command line is said before anything is asked of the stack."""

    LINE = ("--file", "0", "--as", "0")

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            (("act", "score", *LINE), "act score --example shows one"),
            (("act", "agree_plan", *LINE, "--input", "any.json"), "agree_plan takes no --input"),
            (("act", "object", *LINE, "--input", "none.json"), "none.json: No such file"),
            (("act", "sign", "--file", "0"), "--file and --as are needed"),
            (("act", "fly", *LINE), "is not one of"),
            (("act", "sign", *LINE, "--expected-version", "0"), "expected-version"),
            (("period", "open", "--period", "Maret"), "2026-03"),
            (("file", "list", "--period", "2026-13"), "2026-03"),
            (("org", "import", "none.csv"), "none.csv: No such file"),
            (("org", "generate", "--people", "0"), "people"),
        ],
    )
    def test_names_what_is_wrong(self, say, line, said) -> None:
        result = say(*line)
        assert result.exit_code == Exit.USAGE
        assert said in re.sub(r"[\s│]+", " ", result.output)

    @pytest.mark.parametrize(
        ("written", "said"),
        [
            (b'{\n"reasons": }', "not JSON at line 2"),
            (b'{"reasons": "\xff"}', "not UTF-8"),
            (b"[" * 100_000, "nested too deeply"),
        ],
    )
    def test_names_what_is_wrong_with_a_body(self, say, tmp_path, written, said) -> None:
        body = tmp_path / "body.json"
        body.write_bytes(written)
        result = say("act", "object", *self.LINE, "--input", body)
        assert (result.exit_code, said in result.output) == (Exit.USAGE, True), result.output

    @pytest.mark.parametrize("act", Act)
    def test_an_example_needs_no_stack(self, say, act: Act) -> None:
        result = say("act", act, "--example")
        assert (result.exit_code, json.loads(result.stdout)) == (0, EXAMPLES[act])


class TestActHelp:
    @pytest.mark.parametrize("act", Act)
    def test_says_whose_every_act_is(self, act: Act) -> None:
        assert by_whom(act)
        assert f"{act}[/]  {by_whom(act)}" in act_help()

    def test_reads_the_owner_from_the_process_definition(self) -> None:
        assert by_whom(Act.WITHDRAW) == "HR office: in every step"
        assert "once that is overdue" in by_whom(Act.SCORE)


class TestActing:
    def test_only_another_capacity_is_said(self) -> None:
        assert acting(Capacity.DEFINITIVE, "Camat") == ""
        assert acting(Capacity.PLT, "Camat") == ", sebagai Plt. Camat"
        assert acting(Capacity.MANDATE, "Camat") == ", dengan mandat Camat"


class TestStatus:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            (
                "postgresql://me:s3cret@db.example:6432/siklus?sslmode=require",
                "db.example:6432/siklus",
            ),
            ("postgresql://me:s3@cret@one:1,two:2/siklus", "one:1,two:2/siklus"),
            ("postgresql:///siklus?password=s3cret", "local socket/siklus"),
            ("postgresql://me:s3/cret@db.example/siklus", "an address that cannot be read"),
            ("postgresql://me:s3#cret@db.example/siklus", "an address that cannot be read"),
        ],
    )
    def test_shows_addresses_without_secrets(self, url: str, shown: str) -> None:
        assert without_password(DatabaseAccess(url=url)) == shown


class TestUnavailable:
    """Whether the act was stored is not known then, so its id must not be lost."""

    def test_names_the_command_to_send_again(self, capsys) -> None:
        command = UUID(int=7)
        assert show_unavailable(Unavailable("away"), command, as_json=False) is Exit.UNAVAILABLE
        assert f"--command-id {command}" in capsys.readouterr().err

    def test_says_the_same_as_json(self, capsys) -> None:
        show_unavailable(Unavailable("away"), UUID(int=7), as_json=True)
        assert f'"command_id": "{UUID(int=7)}"' in capsys.readouterr().out


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0, result.output
    assert result.output.strip() == version("siklus")
