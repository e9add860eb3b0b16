"""Finding a person for an officer: by number, name, reading or unit.

The one law: *it is found as people say it* and not as a file spells it: width,
blanks, hiragana or katakana, small kana written large, 高 for 髙 make no
difference; and nobody is found before their appointment is announced.
"""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice, product
from typing import Any, Final

import jaconv
from sqlalchemy import Column, ColumnElement, Connection, Select, func, or_, select

from iam.office.serving import posts_on
from iam.people.japanese import comparable
from iam.people.ledger import appointment_table, number_table, person_table
from iam.record.columns import among

LONGEST: Final = 60
"""Characters of what is looked for; more is cut."""

_MOST_WORDS: Final = 4
_MOST_SPELLINGS: Final = 24
_MOST_READINGS: Final = 8
_LARGE: Final = str.maketrans("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ")
_OTHER: Final = dict(zip("ッャュョツヤユヨ", "ツヤユヨッャュョ", strict=True))
"""Files of old systems have ｷﾖｳｺ for キョウコ, and people type either."""

_BLANKS: Final = (" ", "\u3000")
_SAME: Final = (
    "高髙", "崎﨑嵜", "吉𠮷", "浜濱濵", "斎斉齋齊", "辺邊邉", "沢澤", "島嶋嶌", "広廣", "国國", "桜櫻", "徳德",
    "恵惠", "真眞", "槙槇", "桧檜", "滝瀧", "竜龍", "関關",
)  # fmt: skip
"""Characters that one person writes one way and a personnel file another."""

_VARIANTS: Final = {sign: signs for signs in _SAME for sign in signs}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for.  `units`: codes of units, one of which somebody must belong to; None: anywhere."""

    words: str = ""
    units: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One page of persons, by number, and how many there are in all."""

    ids: tuple[int, ...]
    total: int


def find(connection: Connection, asked: Asked, on: date, *, skip: int, limit: int) -> Found:
    """Everybody who fits, by staff number; `skip` of them are passed over, at most `limit` are answered."""
    person = person_table.c
    query = select(person.id, func.count().over().label("total")).where(*_fitting(asked, on))
    rows = connection.execute(query.order_by(person.staff_number).offset(skip).limit(limit)).all()
    if rows or not skip:
        return Found(tuple(row.id for row in rows), rows[0].total if rows else 0)
    return Found((), find(connection, asked, on, skip=0, limit=1).total)


def _fitting(asked: Asked, on: date) -> list[ColumnElement[bool]]:
    words = comparable_words(asked.words)
    fits = [_announced(on), *(_says(word) for word in words)]
    if asked.units is not None:
        fits.append(person_table.c.id.in_(_within(asked.units, on)))
    return fits


def comparable_words(text: str) -> list[str]:
    """The words of a question, each in one width, without what an officer may put between family and given name."""
    plain = unicodedata.normalize("NFC", text[:LONGEST]).replace("\u3000", " ").replace("\0", "")
    return [comparable(word) for word in plain.split()][:_MOST_WORDS]


def _announced(on: date) -> ColumnElement[bool]:
    """Of whom something may be said (内示解禁)."""
    told = appointment_table.c
    said = or_(told.announce_from.is_(None), told.announce_from <= on)
    return person_table.c.id.in_(select(told.person_id).where(told.known_until.is_(None), said))


def _within(units: Collection[str], on: date) -> Select[Any]:
    posts = posts_on(on).subquery()
    return select(posts.c.person_id).where(among(posts.c.org_code, units))


def _says(word: str) -> ColumnElement[bool]:
    """The word stands in the name or its reading, or begins a number that the person has or had."""
    person, number = person_table.c, number_table.c
    ways = [_folded(person.name).contains(each, autoescape=True) for each in spellings(word)]
    ways += [_folded(person.name_kana).contains(each, autoescape=True) for each in readings(word)]
    numbered = select(number.person_id).where(number.number.istartswith(word, autoescape=True))
    return or_(*ways, person.id.in_(numbered))


def _folded(column: Column[str]) -> ColumnElement[str]:
    """Without blanks, in one case where the database knows the letters."""
    text: ColumnElement[str] = func.lower(column)
    for blank in _BLANKS:
        text = func.replace(text, blank, "")
    return text


def spellings(word: str) -> list[str]:
    """How a name may be written: as typed first, with the variants of its characters, in either width."""
    choices = [sign + _VARIANTS.get(sign, "").replace(sign, "") for sign in word]
    many = ("".join(each) for each in islice(product(*choices), _MOST_SPELLINGS))
    return list(dict.fromkeys(width for each in many for width in _widths(each)))


def readings(word: str) -> list[str]:
    """How a reading may be written: katakana of either width or hiragana, small kana small or large."""
    kana = jaconv.hira2kata(word)
    many = ("".join(each) for each in islice(product(*(sign + _OTHER.get(sign, "") for sign in kana)), _MOST_READINGS))
    return list(
        dict.fromkeys(
            width
            for each in (*many, kana.translate(_LARGE))
            for form in (each, jaconv.kata2hira(each), jaconv.z2h(each, kana=True))
            for width in _widths(form)
        )
    )


def _widths(text: str) -> Iterator[str]:
    yield text.lower()
    yield jaconv.h2z(text.lower(), kana=False, ascii=True, digit=True)
