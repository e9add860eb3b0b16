"""From where a request comes: the address, the terminal, and the certificate that a proxy vouches for.

The one law: *only a listed proxy is believed* (ASVS 4.1.3, 15.3.4): what a
stranger writes into X-Forwarded-For or into the certificate header is dropped
and remembered.
"""

import ssl
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from flask import Request, g, request

from iam.settings import Portal
from iam.signin.deciding.pulse import Whence
from iam.signin.door import Where
from iam.signin.factors.certificates import certificate_from
from web.site.site import the_site

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED: Final = "X-Forwarded-For"
_MOST_HOPS: Final = 20
_MOST_KEPT: Final = 10_000
_LONGEST_KEPT: Final = 200
"""Characters; what is longer, a stranger wrote."""

_LONGEST_TERMINAL: Final = 200


@dataclass(frozen=True)
class Caller:
    """Who connects.  `certificate`: PEM, "" without one; `forged`: headers that were dropped, by name.

    `unseen`: a proxy speaks and does not say for whom, so `address` is the proxy's own.  `checked`: certificates are
    asked for here.
    """

    address: str
    terminal: str
    certificate: str = ""
    forged: tuple[str, ...] = ()
    unseen: bool = False
    checked: bool = False

    @property
    def forged_certificate(self) -> bool:
        """Whether somebody who is no proxy of ours claimed to have seen a certificate."""
        return any(name != FORWARDED for name in self.forged)

    @property
    def where(self) -> Where:
        """The same, as the door wants it."""
        return Where(self.address, self.terminal)

    @property
    def whence(self) -> Whence:
        """The same, as a decision wants it: where a proxy stands says nothing of where people are."""
        address = "" if self.unseen else self.address
        return Whence(address, _fingerprint(self.certificate), checked=self.checked)


def caller() -> Caller:
    """The caller of this request."""
    if "caller" not in g:
        g.caller = read_caller(request, the_site().portal)
    found: Caller = g.caller
    return found


def where() -> Where:
    """From where this request comes."""
    return caller().where


def whence() -> Whence:
    """From where this request comes, for a decision."""
    return caller().whence


def read_caller(asked: Request, portal: Portal) -> Caller:
    """The caller that stands behind `asked`."""
    peer = asked.remote_addr or ""
    proxies = _networks(tuple(map(str, portal.proxies)))
    header = portal.certificate.header if portal.certificate else ""
    terminal = _plain(asked.headers.get("User-Agent", ""))[:_LONGEST_TERMINAL]
    if not _listed(peer, proxies):
        forged = tuple(name for name in (FORWARDED, header) if name and asked.headers.get(name))
        return Caller(_shown(peer), terminal, forged=forged, checked=bool(header))
    hops = ",".join(asked.headers.getlist(FORWARDED)).split(",")[-_MOST_HOPS:]
    certificate = certificate_from(asked.headers.get(header, "")) if header else ""
    address, seen = _behind(peer, hops, proxies)
    return Caller(address, terminal, certificate, unseen=not seen, checked=bool(header))


class Proxies:
    """Networks of proxies, for what only a proxy may ask; what was found of a caller is kept."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self._networks = tuple(networks)
        self._found: dict[tuple[str, str], str | None] = {}

    def address_behind(self, peer: str, forwarded: str) -> str | None:
        """The address that the proxy saw, "" when it names none; None when `peer` is no proxy."""
        key = (peer, forwarded)
        if len(forwarded) > _LONGEST_KEPT:
            return self._read(peer, forwarded)
        if key not in self._found:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            self._found[key] = self._read(peer, forwarded)
        return self._found[key]

    def _read(self, peer: str, forwarded: str) -> str | None:
        if not _listed(peer, self._networks):
            return None
        address, seen = _behind(peer, forwarded.split(",")[-_MOST_HOPS:], self._networks)
        return address if seen else ""


@lru_cache(maxsize=4096)
def fingerprint_in(header: str) -> str:
    """SHA-256 of the certificate in a header, in 64 hex digits; "" for what is none."""
    return _fingerprint(certificate_from(header)) if header else ""


def _behind(peer: str, hops: Sequence[str], proxies: Sequence[Network]) -> tuple[str, bool]:
    """The right-most address that is no proxy of ours: whatever stands left of it, its owner may have written.

    With it, whether it is the asker's: not where a proxy named nobody, or another proxy, or what cannot be read.
    """
    last = peer
    for hop in reversed(hops):
        shown = _shown(hop.strip())
        if not shown:
            return last, False
        last = shown
        if not _listed(shown, proxies):
            return last, True
    return last, last == _shown(peer)


@lru_cache(maxsize=8)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(each, strict=False) for each in proxies)


def _listed(text: str, proxies: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in proxies)


def _shown(text: str) -> str:
    address = _address(text)
    return "" if address is None else str(address)


def _address(text: str) -> Address | None:
    """The address in `text`; an IPv4 address that came in over IPv6 is the IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _fingerprint(pem: str) -> str:
    """SHA-256 of a certificate in 64 hex digits; "" for what is none: the terminal is then not known."""
    try:
        return sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest() if pem else ""
    except ValueError:
        return ""


def _plain(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign)[0] != "C")
