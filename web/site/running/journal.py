"""The log: one JSON line a request, to the standard error stream.

The one law: *no secret and no content*: a line names the page, never the query,
a body, a cookie or a token; who signed in and what was done stands in the audit.
"""

import logging
import sys
from time import perf_counter
from traceback import extract_tb
from typing import Final
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from structlog.typing import FilteringBoundLogger

from iam.signin.door import actor_of
from web.site.border.callers import caller
from web.site.site import signed_in

_QUIET: Final = frozenset({"static", "health.healthz", "health.readyz"})
REQUEST_ID: Final = "X-Request-ID"


def log() -> FilteringBoundLogger:
    """Where to write: an event's name and its values, none of them secret."""
    found: FilteringBoundLogger = structlog.get_logger("kagimori")
    return found


def start(stream: object = None) -> None:
    """Write JSON lines to `stream`, the standard error stream unless given; libraries' warnings too."""
    file = stream if hasattr(stream, "write") else sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.add_log_level,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    structlog.configure(
        processors=shared,
        logger_factory=structlog.WriteLoggerFactory(file=file),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[Passed()], force=True)


def stop() -> None:
    """Write nowhere in particular again."""
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], force=True)


class Passed(logging.Handler):
    """Whatever a library logs, as a line of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log().log(record.levelno, "library", source=record.name, message=record.getMessage())


def register(app: Flask) -> None:
    """Log each request of `app` once, after it was answered."""

    @app.before_request
    def begin() -> None:
        g.began = perf_counter()
        request_id()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[REQUEST_ID] = request_id()
        if request.endpoint not in _QUIET:
            _write(response)
        return response


def trace(error: BaseException) -> list[str]:
    """Where an error came from: kinds and places, never its words, which may hold what somebody typed."""
    frames = [f"{each.filename}:{each.lineno} {each.name}" for each in extract_tb(error.__traceback__)]
    cause = error.__cause__ or error.__context__
    return [type(error).__name__, *frames, *(trace(cause) if cause is not None else [])]


def request_id() -> str:
    """The number of this request, which the person at the screen can tell the operator."""
    if "request_id" not in g:
        g.request_id = uuid4().hex[:12]
    found: str = g.request_id
    return found


def _write(response: Response) -> None:
    who = signed_in()
    came = caller()
    log().info(
        "request",
        id=request_id(),
        method=request.method,
        endpoint=request.endpoint or "",
        status=response.status_code,
        milliseconds=round((perf_counter() - g.began) * 1000, 1) if "began" in g else 0,
        actor=actor_of(who.staff_number) if who else "",
        address=came.address,
        **({"forged": came.forged} if came.forged else {}),
    )
