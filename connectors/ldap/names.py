"""Names inside names: values put into DNs, and one spelling for every DN.

The one law: a value never becomes syntax, whatever it is (R44; RFC 4514 §2.4).
Filters need no such care: `requests` never puts a value into their syntax.
"""

import re

_SPECIAL = frozenset('",+;<>\\=#')
_NEEDS_PARSING = re.compile(r'[\\"+;<>#]| [,=]|[,=] |  |^ | $')
_PART = re.compile(r'\s*([A-Za-z0-9.-]+)\s*=\s*((?:"(?:\\.|[^"\\])*"|\\.|[^\\",;+])*)(?:([,;+])|$)', re.DOTALL)
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


def escape_dn_value(value: str) -> str:
    """A value for an RDN."""
    last = len(value) - 1
    return "".join(_escaped(character, edge=place in {0, last}) for place, character in enumerate(value))


def _escaped(character: str, *, edge: bool) -> str:
    if character in _SPECIAL or (character == " " and edge):
        return f"\\{character}"
    if character < " " or character == "\x7f":
        return f"\\{ord(character):02x}"
    return character


def canonical_dn(dn: str) -> str:
    """One spelling for all spellings of a DN, so that an entry and a group's member compare as text.

    Attribute names and values in small letters (naming attributes match
    without case), no spaces around separators, escapes as `escape_dn_value`
    writes them.  What is no DN stays as it is, in small letters.
    """
    if not _NEEDS_PARSING.search(dn):
        return dn.lower()
    rdns: list[list[str]] = [[]]
    at, separator = 0, ""
    while at < len(dn):
        part = _PART.match(dn, at)
        if not part:
            return dn.strip().lower()
        name, value, separator = part.group(1), part.group(2), part.group(3) or ""
        rdns[-1].append(f"{name.lower()}={escape_dn_value(_plain(value))}")
        if separator in {",", ";"}:
            rdns.append([])
        at = part.end()
    return dn.strip().lower() if separator else ",".join("+".join(sorted(rdn)) for rdn in rdns)


def _plain(value: str) -> str:
    """An RDN's value without quotes and escapes, in small letters, runs of spaces as one."""
    trimmed = value.rstrip(" ")
    if (len(trimmed) - len(trimmed.rstrip("\\"))) % 2:
        trimmed += " "
    if trimmed.startswith('"') and trimmed.endswith('"') and len(trimmed) > 1:
        trimmed = trimmed[1:-1]
    return re.sub(" +", " ", _ESCAPE.sub(_unescaped, trimmed).lower())


def _unescaped(escape: re.Match[str]) -> str:
    octets, character = escape.groups()
    return bytes.fromhex(octets.replace("\\", "")).decode("utf-8", "replace") if octets else character
