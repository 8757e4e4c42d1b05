"""Process definitions as a file follows them: read from data, their numbers filled in by the rules.

A definition names a rule's parameter wherever the law or the organisation sets the number:
``{ rule = "bulanan.jendela", parameter = "scoring" }`` stands for what that is on the first day of
the file's period, by what was known when the period was opened. A number that is written plainly
stays as it is. What comes out is checked whole, frozen and kept.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pydantic import JsonValue, ValidationError

from domain.process import InvalidProcess, Process, problems_of, reachable
from domain.regulation import load
from domain.rulebook import NotInForce, Rulebook, UnknownRule, UnknownVersion
from domain.rules.window import Cadences
from schemas.file import FileState, ProcessId
from schemas.period import Period

DIRECTORY = files("domain") / "processes"
KEPT = 1024  # definitions: a city has a few for each period
_FILE_NAME = re.compile(r"(?P<id>[a-z_]+)-(?P<version>[1-9]\d*)\.toml")


def process_of(state: FileState, rules: Rulebook) -> Process:
    """The definition that a file follows.

    Args:
        state: the file.
        rules: those of its organisation, with at least the overrides it began with.

    Raises:
        InvalidProcess: as :func:`definition`.
    """
    return definition(state.process, state.file.period, rules)


def definition(key: ProcessId, period: str, rules: Rulebook) -> Process:
    """The definition of that name and version for a period, by the rules that ``key`` names.

    Raises:
        InvalidProcess: when it does not ship with this version of Siklus, is broken, or names
            more overrides than the organisation has.
    """
    try:
        known = rules.known(key.rules)
    except UnknownVersion as error:
        raise InvalidProcess(f"{key}: {error}") from error
    return _resolved(key.id, key.version, period, known)


@lru_cache(maxsize=KEPT)
def _resolved(id: str, version: int, period: str, rules: Rulebook) -> Process:
    try:
        day = Period.parse(period).starts_on
    except ValueError as error:
        raise InvalidProcess(f"{id}-{version}: {error}") from error
    return parse(f"{id}-{version}.toml", _read(f"{id}-{version}"), rules, day)


@cache
def shape(key: ProcessId) -> Process:
    """A shipped definition by the packs as they stand in the end: for its turns, not its numbers.

    Every reference is followed for every day on which the rules it names begin.

    Raises:
        InvalidProcess: naming the file and everything that is wrong with it.
    """
    name, packs = f"{key.id}-{key.version}", load()
    text = _read(name)
    return [parse(f"{name}.toml", text, packs, day) for day in _days(rules_named(key), packs)][-1]


@cache
def kinds() -> dict[str, ProcessId]:
    """The kinds of file there are, each with its newest definition; new files begin with it.

    Raises:
        InvalidProcess: if any definition is broken, or names another kind or version than its file.
    """
    newest: dict[str, ProcessId] = {}
    for entry in DIRECTORY.iterdir():
        if (named := _FILE_NAME.fullmatch(entry.name)) is None:
            continue
        key = ProcessId(id=named["id"], version=int(named["version"]))
        if shape(key).key != key:
            raise InvalidProcess(f"{entry.name} says it is {shape(key).key}")
        if key.id not in newest or newest[key.id].version < key.version:
            newest[key.id] = key
    return newest


def broken_kind(rules: Rulebook, day: date) -> str | None:
    """A kind of file that could not be opened in a period beginning on a day under these rules."""
    for kind, key in sorted(kinds().items()):
        name = f"{key.id}-{key.version}"
        try:
            parse(f"{name}.toml", _read(name), rules, day)
        except InvalidProcess:
            return kind
    return None


def parse(name: str, text: str, rules: Rulebook, day: date) -> Process:
    """Read, fill in and check one definition.

    ``like = "name-1"`` takes over everything that it does not say itself from another file.

    Args:
        name: of the file, to name it in errors.
        text: of the file.
        rules: what references are filled in from.
        day: the one whose rules count.

    Raises:
        InvalidProcess: naming the file and everything that is wrong with it; a reference that
            leads nowhere with its turn and field.
    """
    try:
        ladders = tomllib.loads(_read("ladders"))["ladder"]
        data = {"ladders": {each["id"]: each for each in ladders}, **_data(text)}
    except tomllib.TOMLDecodeError as err:
        raise InvalidProcess(f"{name}: {err}") from err
    filling = _Filling(rules, day)
    filled = filling.fill(data, ())
    if filling.problems:
        raise InvalidProcess("; ".join(f"{name}, {problem}" for problem in filling.problems))
    try:
        process = Process.model_validate({**filled, "rules": rules.version})
    except ValidationError as err:
        raise InvalidProcess(f"{name}: {err}") from err
    if problems := problems_of(process):
        raise InvalidProcess(f"{name}: " + "; ".join(problems))
    return _without_closed(_without_gates(_with_its_people(process, rules, day)))


def _data(text: str) -> dict[str, Any]:
    data = tomllib.loads(text)
    other = data.pop("like", None)
    return {**tomllib.loads(_read(other)), **data} if isinstance(other, str) else data


def _read(name: str) -> str:
    source = DIRECTORY / f"{name}.toml"
    if not source.is_file():
        raise InvalidProcess(f"there is no process definition {name}.toml")
    return source.read_text(encoding="utf-8")


class _Filling:
    """Puts values for references, and notes those that lead nowhere."""

    def __init__(self, rules: Rulebook, day: date) -> None:
        self._rules, self._day = rules, day
        self.problems: list[str] = []

    def fill(self, value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401  (whatever TOML holds)
        """The value with every reference in it followed."""
        if isinstance(value, list):
            return [self.fill(each, (*path[:-1], _named(path, each))) for each in value]
        if not isinstance(value, dict):
            return value
        if "parameter" in value:
            return self._follow(value, path)
        return {key: self.fill(each, (*path, key)) for key, each in value.items()}

    def _follow(self, reference: dict[str, Any], path: tuple[str, ...]) -> JsonValue:
        problem = "a reference is { rule, parameter } and nothing else"
        rule, parameter = reference.get("rule"), reference["parameter"]
        if reference.keys() == {"rule", "parameter"} and isinstance(rule, str):
            try:
                values = self._rules.rule_on(rule, self._day).values()
            except (UnknownRule, NotInForce) as error:
                problem = f"rule {rule}: {error}"
            else:
                if parameter in values:
                    return values[parameter]
                problem = f"rule {rule} has no parameter {parameter}; it has {', '.join(values)}"
        self.problems.append(f"{_place(path)}: {problem}")
        return None


def _named(path: tuple[str, ...], value: Any) -> str:  # noqa: ANN401
    """What to call one of a list, as in ``turn 'scoring'``."""
    what = path[-1] if path else ""
    name = value.get("name") if isinstance(value, dict) else None
    return f"{what} {name!r}" if name else what


def _place(path: tuple[str, ...]) -> str:
    """Where something stands, as in ``turn 'scoring', field due.working_days``."""
    if path[0].startswith("turn "):
        return f"{path[0]}, field {'.'.join(path[1:])}"
    return f"field {'.'.join(path)}"


def _days(named: frozenset[str], packs: Rulebook) -> list[date]:
    """The days on which one of these rules begins, the first one first."""
    begun = {rule.effective_from for id in named for rule in packs.spans.get(id, ())}
    return sorted(begun) or [date.min]


@cache
def rules_named(key: ProcessId) -> frozenset[str]:
    """The rules that a shipped definition takes numbers from, by id."""
    return frozenset(rule for rule, _ in _named_in(key))


@cache
def parameters_named() -> frozenset[tuple[str, str]]:
    """Every parameter that some definition in use takes, with its rule."""
    return frozenset(named for key in kinds().values() for named in _named_in(key))


def _named_in(key: ProcessId) -> Iterator[tuple[str, str]]:
    text = _read(f"{key.id}-{key.version}")
    yield from _references({"own": _data(text), "ladders": tomllib.loads(_read("ladders"))})


def _references(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if isinstance(value, dict):
        if "parameter" in value:
            yield str(value.get("rule")), str(value["parameter"])
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _references(each)


def _with_its_people(process: Process, rules: Rulebook, day: date) -> Process:
    """Only with those whom the rules give its cadence; with all where they give it to nobody.

    So a kind of file that is not the usual one of anybody can still be opened by hand.
    """
    cadence, cadences = process.cadence, rules.parameters_on(Cadences, day)
    people = [kind for kind in cadence.people if cadences.months_of(kind) == cadence.months]
    if not people:
        return process
    kept = cadence.model_copy(update={"people": tuple(people)})
    return process.model_copy(update={"cadence": kept})


def _without_gates(process: Process) -> Process:
    """Without the gates that a rule turns off: files go straight to where those open to."""
    gates = [turn for turn in process.turn if turn.opens is not None and not turn.opens.is_on]
    for gate in gates:
        assert gate.opens is not None, "a gate opens"  # noqa: S101
        process = _bypassed(process, gate.name, gate.opens.to)
    return process


def _bypassed(process: Process, gate: str, to: str) -> Process:
    def past(value: Any) -> Any:  # noqa: ANN401  (whatever a definition holds)
        if isinstance(value, list | tuple):
            return [past(each) for each in value]
        if isinstance(value, dict):
            return {key: past(each) for key, each in value.items()}
        return to if value == gate else value

    data = process.model_dump()
    turns = [turn for turn in data["turn"] if turn["name"] != gate]
    first, always = past(data["first"]), past(data["always"])
    return Process.model_validate({**data, "first": first, "always": always, "turn": past(turns)})


def _without_closed(process: Process) -> Process:
    """Without the acts that a rule closes, and the turns that nothing leads to without them."""
    if all(is_open for turn in process.turn for is_open in turn.is_open.values()):
        return process
    open_acts = [
        turn.model_copy(
            update={"acts": {a: to for a, to in turn.acts.items() if turn.is_open.get(a, True)}}
        )
        for turn in process.turn
    ]
    rest = process.model_copy(update={"turn": tuple(open_acts)})
    kept = reachable(rest)
    return rest.model_copy(update={"turn": tuple(t for t in rest.turn if t.name in kept)})
