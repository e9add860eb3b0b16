"""The server of the portal: several processes, each with a few threads, behind the reverse proxy that ends TLS.

The one law: *whatever is wrong is told before the first process starts*; then a
process that dies is replaced, and one that is told to stop first answers whom
it is serving.

Gunicorn, not Granian: both were measured on the same page (docs/architecture.md).
The page itself is what costs, so the faster server did not answer faster, and
Gunicorn's limits on requests and its way to stop are the better known.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from iam.settings import Portal
from web.body.door import WAITING
from web.site.running import journal
from web.site.running.loop import Worker

SPARE: Final = 8
"""Requests that one process answers at once beside those at the door that hash or wait for it."""

_GRACE_SECONDS: Final = 20
_KEEP_ALIVE_SECONDS: Final = 75
"""Longer than the reverse proxy keeps a connection, so that it is the proxy who closes it."""

_LONGEST_HEADER: Final = 20_000
"""A client certificate as URL-encoded PEM, and some room."""

_LIFE: Final = 50_000
"""Requests after which a process is replaced."""


def serve(portal: Portal, make: Callable[[], Callable[..., Any]], ready: Callable[[], None]) -> None:
    """Serve until told to stop.  `make` builds the application, once a process; `ready` is told when it listens."""
    _Server(options_of(portal, ready), make).run()


def options_of(portal: Portal, ready: Callable[[], None]) -> dict[str, Any]:
    """How the server is set up."""
    return {
        "bind": portal.listen,
        "workers": portal.workers,
        "worker_class": Worker,
        # However many sign in at once, a page of somebody who is signed in finds a thread.
        "threads": portal.hashes + WAITING + SPARE,
        "keepalive": _KEEP_ALIVE_SECONDS,
        "graceful_timeout": _GRACE_SECONDS,
        "max_requests": _LIFE,
        "max_requests_jitter": _LIFE // 10,
        "limit_request_line": 4094,
        "limit_request_fields": 60,
        "limit_request_field_size": _LONGEST_HEADER,
        # Whom to believe is decided by us (border/callers.py); to the server every peer is a stranger.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "control_socket_disable": True,
        "proc_name": "kagimori",
        "umask": 0o077,
        "logger_class": _Spoken,
        "when_ready": lambda _server: ready(),
        "post_fork": lambda _server, _worker: journal.start(),
    }


class _Server(BaseApplication):
    def __init__(self, options: dict[str, Any], make: Callable[[], Callable[..., Any]]) -> None:
        self._options = options
        self._make = make
        super().__init__()

    def load_config(self) -> None:
        config: Config = self.cfg
        for name, value in self._options.items():
            config.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 - the pages and Gunicorn call the same thing by two types
        return self._make()


class _Spoken(Logger):
    """The server's own messages, as lines of our log."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        self.error_log.handlers = [journal.Passed()]
        self.error_log.setLevel(logging.INFO)
        self.error_log.propagate = False
