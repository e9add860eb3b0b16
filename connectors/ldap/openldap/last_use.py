"""When a directory itself last let somebody in: one operational attribute of every account.

The one law: *a time that cannot be read is told, never taken for "never"*; and where no account has one at all, the
directory keeps no such record, or does not show it: then nothing is known of anybody.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from connectors.ldap.ber import decode_entry, salt_of
from connectors.ldap.names import canonical_dn
from connectors.ldap.openldap.entries import OpenLdapOptions
from connectors.ldap.requests import condition
from connectors.ldap.server import Directory, Search

_GENERALIZED: Final = re.compile(
    r"(\d{4})(\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)?)?(?:[.,](\d+))?(?:Z|([+-])(\d\d)(\d\d)?)", re.ASCII
)
_FILETIME: Final = re.compile(r"0|\d{17,19}", re.ASCII)
"""Of the years since 1917: a shorter number is a time without its zone."""
_FROM_1601: Final = datetime(1601, 1, 1, tzinfo=UTC)
_MOST_TOLD: Final = 5


def last_used(directory: Directory, options: OpenLdapOptions, attribute: str) -> Mapping[str, datetime] | None:
    """Canonical DN -> when its user last came in, of all accounts; None: no account has the attribute.

    Raises:
        TargetError: when it was not read to a proved end, or some value is no time; the accounts are named.
    """
    search = Search(options.accounts_base, condition(options.accounts_filter), "sub", (attribute,))
    found: dict[str, datetime] = {}
    seen, wrong = False, list[str]()
    for page in directory.pages(search, (), salt_of("last use", attribute)):
        with directory.translated("今回の読み取りは使いません。"):
            values = [value for _, entry in page.fresh for value in _values(entry, attribute)]
        for dn, value in values:
            seen = True
            try:
                at = time_of(value)
            except ValueError:
                wrong.append(f"{dn}「{value}」")
                continue
            if at is not None:
                name = canonical_dn(dn)
                found[name] = max(at, found.get(name, at))
    if wrong:
        more = f"など{len(wrong):,}件" if len(wrong) > _MOST_TOLD else ""
        raise directory.error(
            f"{directory.where}の属性 {attribute} に、日時として読めない値があります（{'、'.join(wrong[:_MOST_TOLD])}"
            f"{more}）。最後に使われた日がわからないため、使いません。設定の last_used_attribute を確かめてください。"
        )
    return found if seen else None


def _values(entry: bytes, attribute: str) -> Iterator[tuple[str, str]]:
    """The DN and each value of the attribute, under whichever spelling the server gives it."""
    dn, attributes = decode_entry(entry)
    for name, values in attributes.items():
        if name.lower() == attribute.lower():
            for value in values:
                yield dn.decode("utf-8", "backslashreplace"), value.decode("utf-8", "backslashreplace")


def time_of(value: str) -> datetime | None:
    """The instant that a value says; None: never.

    GeneralizedTime (RFC 4517 §3.3.13), or the hundreds of nanoseconds since 1601 of Active Directory
    (lastLogonTimestamp), where 0 is never.

    Raises:
        ValueError: it is neither.
    """
    if _FILETIME.fullmatch(value):
        ticks = int(value)
        try:
            return _FROM_1601 + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError as error:
            raise ValueError(value) from error
    match = _GENERALIZED.fullmatch(value)
    if match is None:
        raise ValueError(value)
    return _generalized(match)


def _generalized(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    # A leap second is the end of its minute: no clock of ours has one.
    seconds = min(int(second or 0), 59)
    zone = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    whole = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), seconds, tzinfo=timezone(zone))
    # A fraction is of the last unit that was given.
    unit = timedelta(seconds=1) if second else timedelta(minutes=1) if minute else timedelta(hours=1)
    try:
        return (whole + unit * float(f"0.{fraction or 0}")).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(match[0]) from error
