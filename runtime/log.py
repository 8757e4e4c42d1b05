"""One stream of log lines: structlog's and the standard library's, redacted and rate-limited."""

import logging
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, TextIO

import asyncpg
import structlog
from temporalio import activity, workflow
from temporalio.service import RPCError

from runtime.settings import Settings

# The shapes of an identity number (NIP): 18 digits, plain or in its usual groups.
_IDENTITY_NUMBER = re.compile(r"(?<!\d)\d{8}[ .-]?\d{6}[ .-]?\d[ .-]?\d{3}(?!\d)")
REDACTED = "[identity number]"

REPEAT_SECONDS = 10.0
_REMEMBERED_EVENTS = 1000
# Fields that make two lines with the same words two different things.
_DISTINGUISHING = ("process", "activity", "workflow")

_CONNECTION_ERRORS = (
    ConnectionError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # the server is starting, stopping or crashed
    asyncpg.InsufficientResourcesError,
    RPCError,
)

EventDict = MutableMapping[str, Any]
Processor = Callable[[Any, str, EventDict], EventDict]


class SiklusHandler(logging.StreamHandler[TextIO]):
    """Our handler on the root logger; a type of its own so that it can be found again."""


def configure_logging(
    settings: Settings, component: str, stream: TextIO | None = None
) -> SiklusHandler:
    """Send every log line of this process to standard error, as JSON or for a terminal.

    Lines never hold an identity number, not even inside a traceback. Repeated warnings and
    errors are counted instead of printed, so an outage cannot fill a disk. Standard output is
    left to the results of commands. Calling it again replaces the former configuration.

    Args:
        settings: ``log_format`` (``auto``: for a terminal if there is one) and ``log_level``.
        component: which process this is; a field of every line.
        stream: instead of standard error.
    """
    handler = SiklusHandler(stream or sys.stderr)
    handler.addFilter(RepeatFilter())
    handler.setFormatter(_formatter(settings, component, handler.stream))
    root = logging.getLogger()
    for old in [item for item in root.handlers if isinstance(item, SiklusHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    _configure_structlog()
    # What they add to the text comes as fields instead, see lift_temporal.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    return handler


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _formatter(
    settings: Settings, component: str, stream: TextIO
) -> structlog.stdlib.ProcessorFormatter:
    json = settings.log_format == "json" or (settings.log_format == "auto" and not stream.isatty())
    console = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        processors=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
            _name_component(component),
            lift_temporal,
            lift_suppressed,
            shorten_connection_errors,
            structlog.processors.format_exc_info,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False) if json else console,
        ],
    )


def _name_component(component: str) -> Processor:
    def add(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["component"] = component
        return event

    return add


def lift_temporal(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Bring what Temporal attaches to its log records up as flat fields."""
    record = event.get("_record")
    event.update(_temporal_fields(record))
    core = getattr(record, "temporal_log", None)
    if core is not None and core.fields:
        event["core"] = {key: str(value) for key, value in core.fields.items()}
    return event


def _temporal_fields(record: object) -> dict[str, object]:
    names = {
        "workflow_id": "workflow_id",
        "run_id": "run_id",
        "workflow_run_id": "run_id",
        "workflow_type": "workflow",
        "activity_type": "activity",
        "attempt": "attempt",
    }
    found: dict[str, object] = {}
    for source in ("temporal_workflow", "temporal_activity"):
        details = getattr(record, source, None)
        if isinstance(details, Mapping):
            found |= {names[key]: value for key, value in details.items() if key in names}
    return found


def lift_suppressed(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Say how many equal lines were held back before this one."""
    count = getattr(event.get("_record"), "suppressed", 0)
    if count:
        event["suppressed"] = count
    return event


def shorten_connection_errors(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Reduce the traceback of a server that is away to one line; a defect keeps its own."""
    error = _error_of(event.get("exc_info"))
    away = next((link for link in _causes(error) if _is_connection_error(link)), None)
    if away is not None:
        event["exc_info"] = None
        event["error"] = f"{type(away).__name__}: {away}".splitlines()[0]
    return event


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace every identity number in any value, however deep it lies."""
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: object) -> object:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {_redacted(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(item) for item in value]
    text = value if isinstance(value, str) else str(value)
    clean = _IDENTITY_NUMBER.sub(REDACTED, text)
    # What holds none stays the type it is, for the renderer.
    return value if clean == text and isinstance(value, str | int | float) else clean


class RepeatFilter(logging.Filter):
    """Lets an equal warning or error through once in ten seconds, with the number held back.

    A filter and not a processor, because only a filter can drop a line of the standard library.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._seen: OrderedDict[tuple[str, ...], tuple[float, int]] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """Decide about one record, and mark it with what was held back before it."""
        if record.levelno < logging.WARNING:
            return True
        key, now = _key(record), self._clock()
        last, held_back = self._seen.get(key, (now - REPEAT_SECONDS, 0))
        if now - last < REPEAT_SECONDS:
            self._seen[key] = (last, held_back + 1)
            return False
        record.suppressed = held_back
        self._remember(key, now)
        return True

    def _remember(self, key: tuple[str, ...], now: float) -> None:
        self._seen[key] = (now, 0)
        self._seen.move_to_end(key)
        while len(self._seen) > _REMEMBERED_EVENTS:
            self._seen.popitem(last=False)


def _key(record: logging.LogRecord) -> tuple[str, ...]:
    error = _error_of(record.exc_info)
    kind = type(error).__name__ if error else ""
    if isinstance(record.msg, dict):
        words = str(record.msg.get("event"))
        fields = [str(record.msg.get(name, "")) for name in _DISTINGUISHING]
        kind = kind or type(_error_of(record.msg.get("exc_info"))).__name__
    else:
        # The template, not the filled-in text, which may differ each time.
        words = str(record.msg)
        found = _temporal_fields(record)
        fields = [str(found.get(name, "")) for name in _DISTINGUISHING]
    return (record.name, words, kind, *fields)


def _error_of(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple) and len(exc_info) == 3:
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info is True else None


def _is_connection_error(error: BaseException) -> bool:
    # The driver's own class also stands for misuse, whose traceback is wanted.
    closed = isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)
    return closed or isinstance(error, _CONNECTION_ERRORS)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__
