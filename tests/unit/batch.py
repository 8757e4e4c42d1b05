"""How tests ask the batch, and requests that are good until something in them is changed."""

import io
import json
from datetime import date
from typing import Any

from cli.rules_batch import run_batch
from domain.rules.batch.answer import answer
from schemas.code import Predicate

TODAY = date(2026, 11, 24)


def ask(**request: Any) -> Any:
    return answer(json.dumps(request).encode(), TODAY)


def run(source: bytes) -> list[Any]:
    target = io.BytesIO()
    run_batch(io.BytesIO(source), target, TODAY)
    return [json.loads(line) for line in target.getvalue().splitlines()]


def counts(text: str) -> dict[str, int]:
    return dict(zip(Predicate, map(int, text.split("/")), strict=True))


PREDICATE = {"rule": "predicate", "work_result": 1, "behaviour": 1}
DEADLINE = {"rule": "deadline", "from": "2026-03-10", "amount": 3, "unit": "working_days"}
SPREAD = {"rule": "distribution", "organisation": "Baik", "counts": counts("2/7/1/0/0")}
CREDIT = {"rule": "credit", "level": "Mahir", "predicate": "Baik", "months": 12}
LEGACY = {"rule": "legacy_predicate", "score": 100, "new_idea": False}
OBJECTION = {"rule": "objection_window", "delivered_on": "2026-03-10", "period_kind": "tahunan"}
TALENT = {"rule": "talent_box", "performance": 80, "potential": 80}
PERIOD = {"rule": "period", "date": "2026-03-10", "kind": "bulanan"}
NUMBER = {"rule": "identity_number", "value": "199301222020121003"}
LEADER = {"rule": "organisation_predicate_to_rating", "predicate": "Baik"}


def with_(request: dict[str, Any], **changed: Any) -> bytes:
    return json.dumps({**request, **changed}).encode()
