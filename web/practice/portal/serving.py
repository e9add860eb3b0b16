"""The practice portal's service: `iam serve` and `iam worker` as an operator starts them.

The one law: *the real commands*: what opens in the browser is what a body
installs, and it ends with whoever started it.
"""

import http.client
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from web.practice.servers import process

READY: str = "/readyz"
_PATIENCE = 60


@dataclass(frozen=True)
class Service:
    """The processes of a portal that is open.  `log`: what the server wrote, one JSON line a request."""

    origin: str
    server: subprocess.Popen[bytes]
    log: Path


@contextmanager
def opened(
    program: str, configuration: Path, origin: str, *, environment: Mapping[str, str], worker: bool = True
) -> Iterator[Service]:
    """The portal of `configuration`, until the block ends.  `program`: the command iam.

    Raises:
        ServerDidNotStart: when it ends before it is ready; the message holds what it said.
    """
    with ExitStack() as running:
        said = configuration.parent / "portal.log"
        # At once: it would wait for browsers that keep a connection open.
        server = running.enter_context(
            _started([program, "serve"], configuration, said, environment, stop=signal.SIGQUIT)
        )
        process.wait_until_ready(server, lambda: ready(origin), log=said, seconds=_PATIENCE)
        if worker:
            log = configuration.parent / "worker.log"
            running.enter_context(_started([program, "worker"], configuration, log, environment))
        yield Service(origin, server, said)


def ready(origin: str) -> bool:
    """Whether the portal at `origin` answers that it can serve."""
    parts = urlsplit(origin)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", READY)
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def _started(
    command: Sequence[str],
    configuration: Path,
    log: Path,
    environment: Mapping[str, str],
    *,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    told = {**environment, "IAM_CONFIG": str(configuration.resolve())}
    with log.open("wb") as stream:
        started = process.start("", command, log=stream, environment=told)
    try:
        yield started
    finally:
        process.end(started, stop)
