"""What tests of the decider say: what was decided, and bodies with only what matters."""

from schemas.error import Refusal


def refusal(decided) -> Refusal:
    assert isinstance(decided, Refusal), decided
    return decided


def fact(decided, index=0):
    assert not isinstance(decided, Refusal), decided
    return decided[index]


def results(*ids: str):
    return {"results": [{"id": i, "result": "a", "indicator": "b", "target": "c"} for i in ids]}


def realisations(*ids: str):
    return {"results": [{"id": i, "realisation": "a", "evidence": "b"} for i in ids]}


def ruling(outcome: str, work_result: str | None = None, behaviour: str | None = None):
    given = {"work_result": work_result, "behaviour": behaviour}
    return {"outcome": outcome, "reasons": "a", **{k: v for k, v in given.items() if v}}
