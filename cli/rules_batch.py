"""``siklus rules --batch``: JSON lines in, JSON lines out, and never an early end."""

import json
import sys
import traceback
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from domain.rules.batch.answer import answer, refusal
from domain.rules.batch.request import LONGEST_LINE, ErrorCode, is_blank, without_mark


def run_batch(source: BinaryIO, target: BinaryIO, today: date) -> None:
    """Answer every line that is not blank, in order, each before the next one is read.

    A line ends with a line feed, before which a carriage return is ignored; the last one may end
    with the stream. Memory stays bounded however long a line is.
    """
    for line in _lines(source):
        target.write(_answered(line, today))
        target.flush()


def _answered(line: bytes, today: date) -> bytes:
    try:
        found = answer(line, today)
    except Exception:  # noqa: BLE001  a defect of one line must not cost the other answers
        traceback.print_exc(file=sys.stderr)
        found = refusal(ErrorCode.DEFECT, "this line met a defect; standard error says more")
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends, blank ones left out; of one that is too long, its beginning."""
    is_first = True
    while head := source.readline(LONGEST_LINE + len(b"\r\n")):
        blank, tail = is_blank(head), head
        while not tail.endswith(b"\n") and (tail := source.readline(LONGEST_LINE)):
            blank = blank and is_blank(tail)
        if is_first:
            head, is_first = without_mark(head), False
        if not blank:
            yield head.removesuffix(b"\n").removesuffix(b"\r")
