"""Peers: the hosts that this service may connect to, and the zone of each.

The one law: *into a zone that is shut off nothing is opened but what is listed* (OITA-S5.1.1, requirement R52):
whoever mistypes the address of a directory there learns it before anything is sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated, Final

from pydantic import AfterValidator, Strict

from iam.handwritten import Frozen, Words

_NAME: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?")


def _host(value: str) -> str:
    host = value.casefold()
    try:
        return str(ip_network(host))
    except ValueError:
        if not _NAME.fullmatch(host) or not re.search("[a-z]", host):
            cure = "ホスト名（ldap.example.lg.jp）か、アドレスの範囲（10.1.5.0/28）を書いてください"
            raise ValueError(f'{cure}（今の値: "{value}"）。') from None
        return host


class Peer(Frozen):
    """[[peers]]: a host, or a range of addresses, that may be connected to.  `zone`: where it stands."""

    host: Annotated[str, Strict(), AfterValidator(_host)]
    zone: Annotated[str, Strict()] = ""
    purpose: Words

    def holds(self, host: str) -> bool:
        """Whether `host`, a name or an address, is this one."""
        try:
            return ip_address(host) in ip_network(self.host)
        except ValueError:
            return self.host == host.casefold()


@dataclass(frozen=True, slots=True)
class Contact:
    """A connection that the configuration asks for.  `key`: what names it there; `zone` None: in none of its own."""

    key: str
    host: str
    zone: str | None = None


def unlisted(peers: Sequence[Peer], contacts: Iterable[Contact], shut: Mapping[str, str]) -> Iterator[str]:
    """Contacts to hosts that are not listed, each in one sentence that begins with its key.

    `shut`: the zones that are cut off from the others, with the clause that says so; what stands there must be
    listed in any case, the rest where anything is.  The host itself is no peer.
    """
    for contact in contacts:
        if not contact.host or _here(contact.host):
            continue
        found = [peer for peer in peers if peer.holds(contact.host)]
        said = f"{contact.key}: 「{contact.host}」は、"
        if contact.zone in shut and not any(peer.zone == contact.zone for peer in found):
            where = f"領域「{contact.zone}」のつないでよい相手（network.toml の [[peers]]）にありません"
            yield f"{said}{where}（{shut[contact.zone or '']}）。書き足すか、接続先を直してください。"
        elif peers and not found:
            where = "つないでよい相手（network.toml の [[peers]]）にありません"
            yield f"{said}{where}。書き足すか、接続先を直してください。"


def _here(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
