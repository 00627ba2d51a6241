"""Logs: to standard error, as lines for people or as JSON objects. They never hold a secret, a payload or an amount."""

import json
import logging
import sys
from datetime import UTC, datetime

from framework.printable import printable

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class _PlainFormatter(logging.Formatter):
    """`time level logger: message key=value …`."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _extra(record).items())
        said = f"{record.name}: {_message(record)}{fields}{_where(record)}"
        return f"{_time(record)} {record.levelname} {printable(said)}"


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what the record carries besides."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record) + _where(record),
        }
        return json.dumps(entry | _extra(record), default=str)


def make_formatter(*, as_json: bool) -> logging.Formatter:
    """Make what turns a record into one line."""
    return _JsonFormatter() if as_json else _PlainFormatter()


def configure_logging(*, as_json: bool, level: int) -> None:
    """Send the logs of this process to standard error, in the order of all else that it says there.

    A program that serves writes them in the background: `app.system.log_thread`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(as_json=as_json))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def self_contained(record: logging.LogRecord) -> logging.LogRecord:
    """Copy a record without its arguments and its traceback, which may change until it is written, or hold keys."""
    members = dict(record.__dict__)
    members |= {"msg": _message(record) + _where(record), "args": (), "exc_info": None, "stack_info": None}
    return logging.makeLogRecord(members)


def _message(record: logging.LogRecord) -> str:
    """The message; of asyncio's its first line, for those that follow quote objects and the texts of exceptions."""
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit are a fault of the caller's, and stop nothing
        message = str(record.msg)
    return message.split("\n", 1)[0] if record.name == "asyncio" else message


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _STANDARD}


def _where(record: logging.LogRecord) -> str:
    """Name an exception by its type and place, never by its text, which may quote anything."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    error, traceback = record.exc_info[1], record.exc_info[2]
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    place = f" at {traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else ""
    return f" [{type(error).__name__}{place}]"
