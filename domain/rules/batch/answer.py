"""From a line to its answer. Every line that is not blank has exactly one, good or not."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache

from domain.regulation import NotInForce, RulesInForce, load
from domain.rules.batch import rating, time
from domain.rules.batch.reply import Reply
from domain.rules.batch.request import ErrorCode, Fields, Problem, parse

HANDLERS: dict[str, Callable[[Fields, RulesInForce], Reply]] = {
    "predicate": rating.answer_predicate,
    "distribution": rating.answer_distribution,
    "deadline": time.answer_deadline,
    "identity_number": time.answer_identity_number,
    "credit": rating.answer_credit,
    "legacy_predicate": rating.answer_legacy,
    "objection_window": time.answer_objection,
    "organisation_predicate_to_rating": rating.answer_leader,
    "talent_box": rating.answer_talent,
    "period": time.answer_period,
}
"""What may be asked, by the ``rule`` of a request."""


def answer(line: bytes, today: date) -> Reply:
    """The answer to one line without its end, by the rules of ``on`` in it, or else of today.

    A good answer has ``reason`` (a sentence in Bahasa), ``rule`` (the id of the rule that decided)
    and ``source`` beside what was asked for. Any other one is ``{"error": {"code", "message"}}``,
    and its message repeats nothing of the line.
    """
    try:
        return _answer(parse(line), today)
    except Problem as problem:
        return refusal(problem.code, problem.message)
    except NotInForce as error:
        return refusal(ErrorCode.NOT_IN_FORCE, str(error))


def refusal(code: ErrorCode, message: str) -> Reply:
    """The answer to a line that cannot be answered."""
    return {"error": {"code": code.value, "message": message}}


def _answer(request: dict[str, object], today: date) -> Reply:
    fields = Fields(request)
    fields.expect(("rule",), request)
    name = fields.text("rule")
    handler = HANDLERS.get(name)
    if handler is None:
        raise Problem(ErrorCode.UNKNOWN_RULE, f"rule is one of {', '.join(HANDLERS)}")
    day = fields.day("on") if fields.has("on") else today
    return handler(
        Fields({k: v for k, v in request.items() if k not in {"rule", "on"}}), _rules(day)
    )


@lru_cache(maxsize=64)
def _rules(day: date) -> RulesInForce:
    return load().on(day)
