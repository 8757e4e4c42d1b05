"""The commands by name; the module of one is imported when it is asked for.

What a command does not need it need not wait for: its server's client, the audit, the simulation.
"""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group
from typing_extensions import override

Command = TyperCommand | TyperGroup
# In the order of the help: a function is a command, a Typer the group of that name.
TABLE = {
    "up": "cli.up:up",
    "status": "cli.status:status",
    "demo": "cli.demo:demo",
    "org": "cli.org:app",
    "period": "cli.period:app",
    "schedules": "cli.schedules:app",
    "unit": "cli.unit:app",
    "plan": "cli.plan:app",
    "file": "cli.file:app",
    "contacts": "cli.contacts:app",
    "mail": "cli.mail:app",
    "outbox": "cli.outbox:app",
    "why": "cli.why:why",
    "inbox": "cli.inbox:inbox",
    "act": "cli.act:act",
    "check": "cli.check:check",
    "recompute": "cli.recompute:recompute",
    "reconcile": "cli.reconcile:reconcile",
    "rules": "cli.rules:rules_app",
    "calendar": "cli.calendar:calendar_app",
    "webhook": "cli.webhook:app",
    "migrate": "cli.deployment:migrate",
    "bootstrap": "cli.deployment:bootstrap",
    "worker": "cli.deployment:worker",
}


class Commands(TyperGroup):
    """A group whose commands are those of the table."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  (Typer's own)
        super().__init__(**attributes | {"commands": None})
        self.commands = _Loaded()


class _Loaded(MutableMapping[str, Any]):
    """The table, each entry loaded when it is first asked for."""

    def __init__(self) -> None:
        self._found: dict[str, Command] = {}

    @override
    def __getitem__(self, name: str) -> Command:
        if name not in self._found:
            self._found[name] = _load(name, TABLE[name])
        return self._found[name]

    @override
    def __setitem__(self, name: str, command: Command) -> None:
        self._found[name] = command

    @override
    def __delitem__(self, name: str) -> None:
        del self._found[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(TABLE)

    @override
    def __len__(self) -> int:
        return len(TABLE)


def _load(name: str, place: str) -> Command:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = name
        return group
    alone = typer.Typer(rich_markup_mode="rich", add_completion=False)
    alone.command(name)(found)
    command = get_command(alone)
    assert isinstance(command, TyperCommand), "one function is one command"  # noqa: S101
    return command
