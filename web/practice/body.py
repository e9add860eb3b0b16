"""Writes さくら市 as files: its personnel feed as an HR package exports it, and all that Kagimori is told of it.

The one law: what is written is what a body really has, CP932 and CRLF, codes
and dates in the forms of several systems, and columns that must not be read.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from web.practice.careers import (
    DAY,
    FIXED_TERM,
    FULL_TIME,
    HOME_BODY,
    LEAVE,
    MOVE,
    PART_TIME,
    REGULAR,
    RETIRE,
    SECONDED,
    TITLES,
    Appointment,
    Careers,
    Staff,
    next_april,
)
from web.practice.configuration import ORIGIN, write_configuration
from web.practice.names import in_cp932
from web.practice.units import City

SEED: Final = 20260401
HEADER: Final = (
    "職員番号", "氏名", "氏名カナ", "性別", "生年月日", "任用区分", "所属コード", "所属名", "職名コード", "職名",
    "給料表", "号給", "本務兼務区分", "発令区分", "発令年月日", "終了年月日", "在職区分", "内示解禁日",
    "メールアドレス", "旧職員番号", "派遣元団体",
)  # fmt: skip
OPEN: Final = "99999999"
SIDECAR: Final = ".sum"
LEAVING: Final = 24
"""How many retire at once when work is outsourced: more than the guard lets pass unseen."""

_OUTSOURCED: Final = ("調理員", "図書館奉仕員", "保育補助員")
_WIDE: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_REIWA: Final = 2018


@dataclass(frozen=True, slots=True)
class PracticeBody:
    """Where the files of the practice body lie.  `april` is the next 1 April."""

    folder: Path
    configuration: Path
    feed: Path
    organisation: Path
    april: date


def people(staff: int, seed: int, today: date) -> Iterator[Staff]:
    """Everybody in the file of さくら市: `staff` who serve on `today`, then those who join on the next 1 April."""
    return Careers(staff, seed, today).everybody()


def write_practice_body(
    folder: Path,
    *,
    staff: int = 1200,
    today: date,
    seed: int = SEED,
    directory: str = "ldap://127.0.0.1:1389",
    origin: str = ORIGIN,
    mail_port: int | None = None,
) -> PracticeBody:
    """The whole body under `folder`: feed with its sidecar, organisation, profile, access model, configuration.

    `directory` is the address of the practice OpenLDAP; nothing is written there.  `origin` and `mail_port`: where the
    portal is opened, and where a mail server listens, if any.
    """
    april = next_april(today)
    feed = folder / "人事" / "名簿.csv"
    feed.parent.mkdir(parents=True, exist_ok=True)
    write_feed(feed, people(staff, seed, today))
    city = City.reorganising(april)
    organisation = folder / "組織.csv"
    organisation.write_text(organisation_csv(city), encoding="utf-8")
    configuration = write_configuration(
        folder, city.departments(april), directory, april=april, origin=origin, mail_port=mail_port
    )
    return PracticeBody(folder, configuration, feed, organisation, april)


def a_day_later(staff: Iterable[Staff], today: date) -> list[Staff]:
    """The same people after a day's work of HR: a transfer, a retirement, a leave, a new name and somebody hired."""
    later = list(staff)
    there = next(row.unit for one in later for row in one.appointments if row.unit and row.unit.code[:4] == "0403")

    def transfer(one: Staff) -> Staff:
        moved = replace(one.appointments[-1], kind=MOVE, valid_from=today, unit=there)
        return replace(one, appointments=(*one.appointments, moved))

    def retirement(one: Staff) -> Staff:
        last = replace(one.appointments[-1], kind=RETIRE, valid_from=today - DAY, valid_until=None)
        return replace(one, appointments=(*one.appointments, last))

    def leave(one: Staff) -> Staff:
        away = replace(one.appointments[-1], kind=LEAVE, valid_from=today, unit=None, title="", status="2")
        return replace(one, appointments=(*one.appointments, away))

    def marriage(one: Staff) -> Staff:
        return replace(one, name=replace(one.name, family="小鳥遊", family_kana="タカナシ"))

    # The second 佐藤 健一 of 市民課 is moved; the first must not notice.
    namesakes = [one for one in later if str(one.name) == "佐藤　健一" and _sits(one, ("0301",), today)]
    changes: Sequence[tuple[Callable[[Staff], Staff], Callable[[Staff], bool]]] = (
        (transfer, lambda one: one is namesakes[-1]),
        (retirement, lambda one: _sits(one, ("05", "06", "07", "08"), today)),
        (leave, lambda one: one.woman and _sits(one, ("04", "05", "09", "10"), today)),
        (marriage, lambda one: one.woman and _sits(one, ("0", "1"), today)),
    )
    for change, fits in changes:
        found = next(number for number, one in enumerate(later) if fits(one))
        later[found] = change(later[found])
    hired = max((one for one in later if one.number < "9"), key=lambda one: one.number)
    post = replace(hired.appointments[0], valid_from=today, announce_from=None, unit=there)
    number = f"{int(hired.number) + 1:08}"
    name = replace(hired.name, given="希望", given_kana="ノゾミ")
    return [*later, replace(hired, number=number, name=name, email="", appointments=(post,))]


def outsourced(staff: Iterable[Staff], today: date) -> Iterator[Staff]:
    """The same people after kitchens and the library went to a company: LEAVING of them retired yesterday."""
    everybody = list(staff)
    terms = [one for one in everybody if one.appointments[0].category in (FULL_TIME, PART_TIME)]
    there = [one for title in _OUTSOURCED for one in terms if one.appointments[0].title == title]
    leaving = {one.number for one in [*there, *terms][:LEAVING]}
    for one in everybody:
        post = one.appointments[0]
        last = replace(post, kind=RETIRE, valid_from=today - DAY, valid_until=None)
        yield replace(one, appointments=(post, last)) if one.number in leaving else one


def _sits(one: Staff, codes: tuple[str, ...], today: date) -> bool:
    """Whether somebody has long held one post, no manager's, in the units of these codes, and nothing else."""
    post = one.appointments[0]
    plain = len(one.appointments) == 1 and post.category == REGULAR and post.title in ("主事", "主任", "主査")
    return plain and post.valid_from < today - DAY and post.unit is not None and post.unit.code.startswith(codes)


def write_feed(path: Path, staff: Iterable[Staff]) -> int:
    """The personnel file of `staff` at `path`, with its sidecar; how many rows it has."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    rows = 0
    for person in staff:
        for appointment in person.appointments:
            writer.writerow(map(in_cp932, feed_row(person, appointment)))
            rows += 1
    content = text.getvalue().encode("cp932")
    path.write_bytes(content)
    said = f"rows={rows}\r\nsha256={hashlib.sha256(content).hexdigest()}\r\n"
    path.with_name(path.name + SIDECAR).write_text(said, encoding="ascii", newline="")
    return rows


def feed_row(person: Staff, post: Appointment) -> Sequence[str]:
    """One row under HEADER.  Terms are typed by hand in the sections, so their dates and codes look different."""
    code = post.unit.code if post.unit else ""
    return (
        person.number,
        str(person.name),
        person.name.kana,
        "2" if person.woman else "1",
        f"{person.born:%Y%m%d}",
        post.category,
        code.translate(_WIDE) if post.category in (SECONDED, FIXED_TERM) else code,
        post.unit.name if post.unit else "",
        TITLES.get(post.title, ""),
        post.title,
        "" if post.category in (FULL_TIME, PART_TIME) else "行政職(一)",
        f"{int(person.number) % 6 + 1}-{int(person.number) % 97 + 1}",
        "2" if post.concurrent else "1",
        post.kind,
        _written(post.valid_from, post.category),
        _written(post.valid_until, post.category) if post.valid_until else OPEN,
        post.status,
        _slashed(post.announce_from) if post.announce_from else "",
        person.email,
        person.previous_number,
        HOME_BODY if post.category == SECONDED else "",
    )


def _written(day: date, category: str) -> str:
    if category in (FULL_TIME, PART_TIME):
        return f"R{day.year - _REIWA}.{day.month}.{day.day}"
    if category in (SECONDED, FIXED_TERM):
        return f"令和{day.year - _REIWA}年{day.month}月{day.day}日"
    return f"{day:%Y%m%d}"


def _slashed(day: date) -> str:
    return f"{day.year}/{day.month}/{day.day}"


def organisation_csv(city: City) -> str:
    """組織.csv: every unit for as long as its code means it."""
    lines = ["code,name,parent,valid_from,valid_until"]
    for unit in city.units:
        until = unit.valid_until.isoformat() if unit.valid_until else ""
        lines.append(f"{unit.code},{unit.name},{unit.parent},{unit.valid_from.isoformat()},{until}")
    return "\n".join(lines) + "\n"
