"""The applications behind reverse proxies: which one a request means, which of it is guarded, who may ask for it.

The one law: *one origin, one application*: a request for any other, or for one that two share, is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic
from typing import Final

from iam.record.store import Store
from iam.settings import Portal
from iam.signin.deciding.pulse import Whence
from iam.signin.tokens.clients import Client, ClientKind, ForwardDetail, clients
from web.doors.forward.reading import Environ, Unclear, Wanted, wanted, whence
from web.site.border.callers import Proxies

_FRESH: Final = 5.0
"""Seconds that the list is believed; whether a client is still served, every visit asks anew."""

_PLAIN: Final = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
"""Paths that every server and every application read alike."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One application.  `proxies`: who may ask for it, and whose word on addresses counts."""

    client: Client
    origin: str
    paths: tuple[str, ...]
    proxies: Proxies

    def guards(self, to: str) -> bool:
        """Whether the page is guarded; so is what could be read in two ways."""
        path = to.partition("?")[0]
        if not self.paths or not _PLAIN.fullmatch(path):
            return True
        return any(path.lower().startswith(each.lower().rstrip("/")) for each in self.paths)


@dataclass(frozen=True, slots=True)
class Meant:
    """Which application, which page of it, and from where."""

    gate: Gate
    wanted: Wanted
    whence: Whence


@dataclass
class Gates:
    """All of them, read anew every few seconds; threads share it."""

    store: Store
    portal: Portal
    clock: Callable[[], float] = monotonic
    _until: float = 0.0
    _known: dict[str, Gate] = field(default_factory=dict)
    _trusted: Proxies = field(default_factory=lambda: Proxies(()))
    _certificate: str = ""

    def __post_init__(self) -> None:
        stated = self.portal.certificate
        self._certificate = "HTTP_" + stated.header.upper().replace("-", "_") if stated else ""

    @property
    def fresh(self) -> bool:
        """Whether the list was read within the last seconds."""
        return self.clock() < self._until

    def meant(self, environ: Environ) -> Meant | Unclear:
        """What a proxy asks about.  Nothing that it says is read before it is known to be one.

        Raises:
            StoreError, Busy: nobody is answered from an old list.
        """
        if not self.fresh:
            self._refresh()
        if whence(environ, self._trusted, "") is None:
            return Unclear("not from a listed proxy")
        asked = wanted(environ)
        if isinstance(asked, Unclear):
            return asked
        gate = self._known.get(asked.origin)
        if gate is None:
            return Unclear(f"no application at {asked.origin[:200]}")
        where = whence(environ, gate.proxies, self._certificate)
        if where is None:
            return Unclear(f"this proxy may not ask for {gate.client.code}")
        return Meant(gate, asked, where)

    def _refresh(self) -> None:
        with self.store.glance() as connection:
            found = [self._gate(each) for each in clients(connection, ClientKind.FORWARD) if each.active]
        origins = [each.origin for each in found]
        # The portal's own origin is none: whoever wrote a page there could act as anybody who is signed in.
        self._known = {
            each.origin: each for each in found if origins.count(each.origin) == 1 and each.origin != self.portal.origin
        }
        own = (each.client.agreed(ForwardDetail).proxies for each in found)
        self._trusted = Proxies([*self.portal.proxies, *chain.from_iterable(own)])
        self._until = self.clock() + _FRESH

    def _gate(self, client: Client) -> Gate:
        detail = client.agreed(ForwardDetail)
        return Gate(client, detail.origin, detail.paths, Proxies(detail.proxies or self.portal.proxies))
