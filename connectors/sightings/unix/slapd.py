"""What slapd says of binds at its log level `stats`.

The one law: *a bind counts when its result is told*: the line that asks for it names the DN, the line of the
connection the address, and only the result whether it was let in.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final, TypeVar

from connectors.sightings.reading import address_of
from connectors.sightings.unix.heads import Said
from connectors.sightings.unix.programs import Found
from iam.ports import Sighted

_ACCEPT: Final = re.compile(r"conn=(?P<conn>\d+) fd=\d+ ACCEPT from (?P<whence>.*)")
_IP: Final = re.compile(r"IP=\[?(?P<address>[0-9A-Fa-f.:]+?)\]?:\d+ .*")
_CLOSED: Final = re.compile(r"conn=(?P<conn>\d+) fd=\d+ closed.*")
_BIND: Final = re.compile(r'conn=(?P<conn>\d+) op=(?P<op>\d+) BIND dn="(?P<dn>.*)" (?:method|mech)=.*')
_RESULT: Final = re.compile(r"conn=(?P<conn>\d+) op=(?P<op>\d+) RESULT tag=97 err=(?P<err>\d+) .*")
_PAIR: Final = re.compile(r"\\([0-9A-Fa-f]{2}|.)")
_IN_PROGRESS: Final = "14"
_REMEMBERED: Final = 100_000

K = TypeVar("K")


@dataclass
class Slapd:
    """Reads messages one after the other; remembers where a connection is from and what it asked."""

    _from: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _asked: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)

    def found_in(self, said: Said) -> Found | None:
        """The bind that a message settles; None for any other message."""
        message = said.message
        if found := _ACCEPT.fullmatch(message):
            whence = _IP.fullmatch(found["whence"])
            _put(self._from, found["conn"], address_of(whence["address"]) if whence else "")
        elif found := _BIND.fullmatch(message):
            _put(self._asked, (found["conn"], found["op"]), found["dn"])
        elif found := _RESULT.fullmatch(message):
            return self._settled(found)
        elif found := _CLOSED.fullmatch(message):
            self._from.pop(found["conn"], None)
        return None

    def _settled(self, found: re.Match[str]) -> Found | None:
        asked = self._asked.pop((found["conn"], found["op"]), "")
        login = name_in(asked)
        if not login or found["err"] == _IN_PROGRESS:
            return None
        what = Sighted.SIGNED_IN if found["err"] == "0" else Sighted.FAILED
        return Found(what, login, self._from.get(found["conn"], ""))


def name_in(dn: str) -> str:
    """The value of a DN's first RDN, unescaped (RFC 4514 §2.4): uid=tanaka,ou=people,… is tanaka."""
    first, quoted = [], False
    for char in dn.partition("=")[2]:
        if char == "," and not quoted:
            break
        quoted = char == "\\" and not quoted
        first.append(char)
    return _unescaped("".join(first))


def _unescaped(value: str) -> str:
    raw = bytearray()
    place = 0
    for found in _PAIR.finditer(value):
        raw += value[place : found.start()].encode()
        raw += bytes.fromhex(found[1]) if len(found[1]) > 1 else found[1].encode()
        place = found.end()
    return (bytes(raw) + value[place:].encode()).decode("utf-8", "replace")


def _put(held: OrderedDict[K, str], key: K, value: str) -> None:
    held[key] = value
    while len(held) > _REMEMBERED:
        held.popitem(last=False)
