"""What files in flight have lived through must still be replayed by today's workflows."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from runtime.temporal_client import DATA_CONVERTER
from schemas.cycle import CycleInput, CycleResult
from tests.replay.record import HISTORIES
from tests.workflow.scenarios import GOLDEN
from workers.cycle import WORKFLOWS, sandbox
from workflows.evaluation_cycle import EvaluationCycle

ROOT = Path(__file__).parents[2]
FINGERPRINT = Path(__file__).with_name("fingerprint.json")
# Everything that decides which commands a workflow issues.
SOURCES = ("workflows", "activities/contracts.py", "schemas/cycle.py")


def golden(name: str) -> WorkflowHistory:
    return WorkflowHistory.from_json(name, (HISTORIES / f"{name}.json").read_text())


def strings(value: JsonValue) -> Iterator[str]:
    """Every text of a history, also what its payloads hold."""
    match value:
        case dict():
            for key, item in value.items():
                if key == "data" and isinstance(item, str):
                    yield b64decode(item).decode(errors="replace")
                else:
                    yield from strings(item)
        case list():
            for item in value:
                yield from strings(item)
        case str():
            yield value


def attributes(history: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes of each event."""
    for event in history["events"]:
        yield from (v for k, v in event.items() if k.endswith("Attributes"))


@workflow.defn(name="EvaluationCycle")
class Impatient(EvaluationCycle):
    """A careless change: the cycle sleeps before it asks for the first time."""

    @workflow.init
    def __init__(self, cycle: CycleInput) -> None:
        super().__init__(cycle)

    @workflow.run
    async def run(self, cycle: CycleInput) -> CycleResult:
        await workflow.sleep(timedelta(minutes=1))
        return await super().run(cycle)


class TestReplay:
    def test_every_scenario_has_its_history(self) -> None:
        assert {p.stem for p in HISTORIES.glob("*.json")} == set(GOLDEN)

    @pytest.mark.parametrize("name", GOLDEN)
    def test_a_history_names_no_machine(self, name: str) -> None:
        kept = json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))
        found = " ".join(strings(kept))
        for trace in ("site-packages", 'File "', str(Path.home()), str(ROOT)):
            assert trace not in found
        assert {e["identity"] for e in attributes(kept) if "identity" in e} == {"siklus-test"}

    @pytest.mark.parametrize("name", GOLDEN)
    async def test_a_file_in_flight_goes_on(self, name: str) -> None:
        replayer = Replayer(
            workflows=list(WORKFLOWS), data_converter=DATA_CONVERTER, workflow_runner=sandbox()
        )
        await replayer.replay_workflow(golden(name))

    async def test_a_careless_change_is_caught(self) -> None:
        replayer = Replayer(
            workflows=[Impatient],
            data_converter=DATA_CONVERTER,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        with pytest.raises(workflow.NondeterminismError):
            await replayer.replay_workflow(golden("on_time"))


class TestFingerprint:
    def test_a_change_of_the_workflows_says_why_files_in_flight_are_safe(self) -> None:
        said = json.loads(FINGERPRINT.read_text(encoding="utf-8"))
        assert said["sha256"] == fingerprint(), (
            "the workflows have changed: replay the histories, then put this hash and a sentence "
            "why files in flight are safe into fingerprint.json"
        )
        assert len(said["why_files_in_flight_are_safe"]) > 20


def fingerprint() -> str:
    """One hash over all that decides which commands a workflow issues."""
    paths = [
        path
        for source in SOURCES
        for path in ([ROOT / source] if source.endswith(".py") else (ROOT / source).glob("*.py"))
    ]
    assert len(paths) >= 5
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(path.read_bytes())
    return found.hexdigest()
