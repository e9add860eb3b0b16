"""Logins: made from a template, never used twice.

The one law: a login that anybody ever held, or that the target holds for
somebody else, is taken for ever (OITA-S8.2.1.2a; `sub` never reassigned, R42).
"""

import re
import unicodedata
from collections.abc import Container

import jaconv

from iam.people.ledger import Person

MAX_TRIES = 10_000
_FORBIDDEN = re.compile(r"[^a-z0-9._-]")


def comparable_login(login: str) -> str:
    """Logins that targets would confuse compare equal: case and width do not count."""
    return unicodedata.normalize("NFKC", login).casefold()


def login_for(template: str, person: Person, taken: Container[str]) -> str:
    """A free login for `person`.  `taken` holds comparable logins.

    Raises:
        ValueError: when the template gives nothing usable for this person.
    """
    stem = _FORBIDDEN.sub("", template.format_map(_parts(person)).lower()).strip("._-")
    if not stem:
        raise ValueError(template)
    for number in range(1, MAX_TRIES):
        login = stem if number == 1 else f"{stem}{number}"
        if comparable_login(login) not in taken:
            return login
    raise ValueError(template)


def _parts(person: Person) -> dict[str, str]:
    family, _, given = unicodedata.normalize("NFKC", person.name_kana).strip().partition(" ")
    given_romaji = romaji(given)
    return {
        "staff_number": person.staff_number,
        "family_romaji": romaji(family),
        "given_romaji": given_romaji,
        "given_initial": given_romaji[:1],
        "email_local": person.email.partition("@")[0],
    }


def romaji(kana: str) -> str:
    """Hepburn letters for a reading in kana, long vowels as typed: こういち is kouichi, いのうえ inoue.

    Shortening them needs to know where a word is joined, which kana do not say.
    """
    plain = jaconv.kata2hira(unicodedata.normalize("NFKC", kana))
    # Looking for kana where there are none would take hundreds of looks.
    return str(jaconv.kana2alphabet(plain) if any("〜" <= sign <= "ヿ" for sign in plain) else plain)
